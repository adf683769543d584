"""The public keys of events' signatures, where partners find them."""

from __future__ import annotations

import base64
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from integrations.models import Partner
from tests.cast import Cast

ADDRESS = "/.well-known/tandem-event-keys.json"
RING = [f"{name}:{base64.b64encode(bytes(range(n, n + 32))).decode()}"
        for n, name in enumerate(("2026-11", "2026-05"))]  # fmt: skip


def test_the_public_halves_are_served_and_nothing_else(client: Client, settings) -> None:
    settings.EVENT_SIGNING_KEYS = RING
    answer = client.get(ADDRESS)
    assert answer["Content-Type"] == "application/jwk-set+json"
    assert answer["Cache-Control"] == "public, max-age=300"
    keys = answer.json()["keys"]
    assert [key.pop("kid") for key in keys] == ["2026-11", "2026-05"]
    for key in keys:
        assert len(key.pop("x")) == 43
        assert key == {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA"}


def test_without_keys_the_set_is_empty(client: Client, settings) -> None:
    settings.EVENT_SIGNING_KEYS = []
    assert client.get(ADDRESS).json() == {"keys": []}
    assert client.post(ADDRESS).status_code == 405


def test_a_partner_may_be_made_with_signatures(cast: Cast, settings) -> None:
    settings.EVENT_SIGNING_KEYS = RING
    call_command("create_partner", "ehr", clinic="apopka", signed=True, stdout=StringIO())
    call_command("create_partner", "plain", clinic="apopka", stdout=StringIO())
    assert dict(Partner.objects.values_list("slug", "signed")) == {"ehr": True, "plain": False}


def test_a_renewal_changes_signatures_only_when_it_is_told(cast: Cast, settings) -> None:
    settings.EVENT_SIGNING_KEYS = RING
    call_command("create_partner", "ehr", "--clinic=apopka", stdout=StringIO())
    for option, signed in (("--signed", True), ("", True), ("--no-signed", False)):
        arguments = ["ehr", "--renew", *([option] if option else [])]
        call_command("create_partner", *arguments, stdout=StringIO())
        assert Partner.objects.get().signed is signed, option


def test_signatures_without_a_key_are_refused(cast: Cast, settings) -> None:
    settings.EVENT_SIGNING_KEYS = []
    with pytest.raises(CommandError, match="EVENT_SIGNING_KEYS"):
        call_command("create_partner", "ehr", clinic="apopka", signed=True, stdout=StringIO())
    assert not Partner.objects.exists()
