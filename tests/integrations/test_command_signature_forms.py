"""The forms of a signature that are refused: what attacks on JWS look like."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from integrations import base64url
from integrations.inbox import service, signatures
from tests.integrations.signed import (
    FOREIGN,
    KEY,
    NOW,
    OURS,
    handle_here,
    headed,
    outcome,
    segment,
    signing,
)
from tests.integrations.test_inbox import a_command, an_arrival

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def handled_here(settings, time_machine):
    handle_here(settings, time_machine)


BODY = json.dumps(a_command(time=NOW.isoformat())).encode()
HMAC = segment(**{**OURS, "alg": "HS256"})


def by_its_public_half():
    """The confusion of RFC 8725, 2.1: an HMAC with the public key as its secret."""
    secret = KEY.private.public_key().public_bytes_raw()
    value = hmac.new(secret, HMAC.encode() + b"." + BODY, hashlib.sha256).digest()
    return f"{HMAC}..{base64url.encode(value)}"


def attached():
    header, value = segment(alg="EdDSA", kid="k1"), base64url.encode(BODY)
    signed = KEY.private.sign(f"{header}.{value}".encode())
    return f"{header}.{value}.{base64url.encode(signed)}"


def payload_encoded():
    """Detached, and signed over the encoded payload, as without b64."""
    header = segment(alg="EdDSA", kid="k1")
    signed = KEY.private.sign(f"{header}.{base64url.encode(BODY)}".encode())
    return f"{header}..{base64url.encode(signed)}"


def with_payload():
    header, _, value = headed(BODY).split(".")
    return f"{header}.{base64url.encode(BODY)}.{value}"


def named_twice():
    header = base64url.encode(b'{"alg":"none","alg":"EdDSA","kid":"k1","b64":false,"crit":["b64"]}')
    return f"{header}..{base64url.encode(KEY.private.sign(header.encode() + b'.' + BODY))}"


ATTACKS = {
    "none": f"{segment(**{**OURS, 'alg': 'none'})}..",
    "none, in other letters": headed(BODY, alg="nOnE"),
    "no value": headed(BODY).rpartition(".")[0] + ".",
    "HMAC with the public key": by_its_public_half(),
    "another name of the algorithm": headed(BODY, alg="Ed25519"),
    "an algorithm of another kind": headed(BODY, alg="ES256"),
    "a list of algorithms": headed(BODY, alg=["EdDSA"]),
    "no algorithm": headed(BODY, alg=None),
    "the payload contained": attached(),
    "the payload contained and not encoded": with_payload(),
    "the payload encoded": payload_encoded(),
    "b64 true": headed(BODY, b64=True, crit=["b64"]),
    "b64 that is zero": headed(BODY, b64=0),
    "no b64": headed(BODY, b64=None),
    "no crit": headed(BODY, crit=None),
    "crit without entries": headed(BODY, crit=[]),
    "an unknown entry of crit": headed(BODY, crit=["b64", "exp"], exp=1),
    "b64 twice in crit": headed(BODY, crit=["b64", "b64"]),
    "crit that is a text": headed(BODY, crit="b64"),
    "a key in the header": headed(BODY, FOREIGN, jwk=FOREIGN.public_jwk()),
    "an address of keys": headed(BODY, FOREIGN, jku="https://attacker.example/keys"),
    "a certificate": headed(BODY, FOREIGN, x5c=["AAAA"]),
    "an embedded key of its own": headed(BODY, jwk=KEY.public_jwk()),
    "a member twice": named_twice(),
    "no kid": headed(BODY, kid=None),
    "a kid that is a path": headed(BODY, kid=["k1"]),
    "larger than it may be": headed(BODY, kid="k" * 1000),
    "padded": headed(BODY) + "==",
    "other letters": headed(BODY).replace(".", ".\n", 1),
    "four parts": headed(BODY) + ".",
    "in JSON": json.dumps({"protected": segment(**OURS), "signature": "AAAA"}),
    "empty": "",
    "no header": "..",
    "no JSON": "AAAA..AAAA",
    "beyond ASCII": "é..é",
    "deep": base64url.encode(b"[" * 700) + "..AAAA",
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("required", [True, False])
def test_another_form_is_refused(attack, required):
    arrival = an_arrival(BODY, signature=ATTACKS[attack])
    assert outcome(arrival, signing(KEY, required=required)) == ("parked", "signature_invalid")
    assert service.process_all() == 0


def test_the_forms_above_are_refused_for_what_was_changed_alone():
    assert outcome(an_arrival(BODY, signature=headed(BODY)), signing(KEY)) == ("received", "")
    assert len(headed(BODY, kid="k" * 64)) < signatures.LONGEST / 3


@pytest.mark.parametrize("kid", ["k9", "K1", "k1 ", "../k1", "", "' OR 1=1 --"])
def test_an_unknown_key_is_refused_as_such(kid):
    arrival = an_arrival(BODY, signature=headed(BODY, kid=kid))
    assert outcome(arrival, signing(KEY)) == ("parked", "signature_key_unknown")
