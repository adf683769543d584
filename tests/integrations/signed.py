"""Partners that sign, and what they send: keys, signatures and commands for the tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrations import base64url, command_keys
from integrations.inbox import storing
from integrations.public_jwk import PublicKey
from integrations.signing_keys import SigningKey
from tests.integrations import test_inbox as domain
from tests.integrations.samples import a_partner
from tests.integrations.test_inbox import a_command, an_arrival

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def handle_here(settings, time_machine):
    """At NOW, by the handler of the inbox's tests."""
    time_machine.move_to(NOW, tick=False)
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    domain.calls.clear()
    domain.behaviour["outcome"] = (True, None)


def a_key(kid="k1"):
    return SigningKey(kid, Ed25519PrivateKey.generate())


KEY, NEXT, FOREIGN = a_key("k1"), a_key("k2"), a_key("k1")


def public(key):
    return PublicKey(key.id, key.public_jwk()["x"])


def signing(*keys, required=True, slug="ehr", **more):
    """A partner that signs with these keys."""
    partner = a_partner(slug, commands_signed=required, **more)
    if keys:
        command_keys.add(partner, keys=[public(key) for key in keys])
    return partner


def a_signed(key=KEY, command=None, **more):
    made = {"time": NOW.isoformat(), **(command or {})}
    body = json.dumps(a_command(**{name: part for name, part in made.items() if part})).encode()
    return an_arrival(body, signature=key.sign(body), **more)


def outcome(arrival, partner):
    row = storing.store(arrival, partner=partner)
    return row.status, row.reason


def segment(**members):
    return base64url.encode(json.dumps(members).encode())


OURS = {"alg": "EdDSA", "kid": "k1", "b64": False, "crit": ["b64"]}


def headed(body, key=KEY, **changed):
    """Signed as RFC 7797 says, under a header of any kind; None takes a member away."""
    told = {name: part for name, part in {**OURS, **changed}.items() if part is not None}
    header = segment(**told)
    return f"{header}..{base64url.encode(key.private.sign(header.encode() + b'.' + body))}"
