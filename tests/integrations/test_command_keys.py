"""A partner's public keys: what is taken, what never is, and how they come and go."""

from __future__ import annotations

import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc.jwk import OKPKey

from integrations import base64url, command_keys, public_jwk
from integrations.errors import NotPossible
from integrations.models import CommandKey
from integrations.public_jwk import KeyRefused, PrivateKeyGiven, PublicKey
from tests.integrations.samples import a_partner

X = base64url.encode(bytes(range(32)))
OTHER = base64url.encode(bytes(range(1, 33)))
THIRD = base64url.encode(bytes(range(2, 34)))
# The example of RFC 8037, A.1 and A.3.
RFC_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def jwk(**more):
    return {"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": X, **more}


def a_set(*keys):
    return {"keys": list(keys)}


def read(given):
    return public_jwk.read(given if isinstance(given, str) else json.dumps(given))


@pytest.mark.parametrize(
    "given",
    [
        jwk(), jwk(alg="EdDSA", use="sig"), jwk(alg="Ed25519", key_ops=["verify"]),
        a_set(jwk()), " \n" + json.dumps(jwk(), indent=4) + "\n",
    ],
)  # fmt: skip
def test_a_key_is_read_alone_and_in_a_set(given):
    assert read(given) == [PublicKey("k1", X)]


def test_a_set_has_several_and_libraries_write_what_is_read():
    assert read(a_set(jwk(), jwk(kid="k2", x=OTHER))) == [("k1", X), ("k2", OTHER)]
    made = OKPKey.generate_key("Ed25519", {"kid": "2026-11", "use": "sig"})
    assert read(made.as_dict(private=False))[0].kid == "2026-11"
    with pytest.raises(PrivateKeyGiven):
        read(made.as_dict(private=True))


@pytest.mark.parametrize(
    "given",
    [
        jwk(d="AAAA"), jwk(d=None), a_set(jwk(), jwk(kid="k2", x=OTHER, d=X)),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "k1"},
        {"kty": "RSA", "n": "AQ", "e": "AQ", "d": "AQ"},
        "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n",
    ],
)  # fmt: skip
def test_a_private_key_is_refused_with_the_reason_and_what_to_do(given):
    with pytest.raises(PrivateKeyGiven, match="can sign as the partner") as refused:
        read(given)
    assert "make a new pair" in str(refused.value) and "c2VjcmV0" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("no json", "not JSON"),
        ("-----BEGIN PUBLIC KEY-----", "not JSON"),
        ('{"kid": "a", "kid": "b"}', "not JSON"),
        ("[" * 10_000, "not JSON"),
        ("[]", "one JSON Web Key, or a set"),
        (a_set(), "one JSON Web Key, or a set"),
        (a_set(*[jwk()] * 11), "one JSON Web Key, or a set"),
        (a_set("k1"), "Ed25519"),
        ({"kty": "EC", "crv": "P-256", "kid": "k1"}, "Ed25519"),
        (jwk(crv="X25519"), "Ed25519"),
        (jwk(kid=None), "needs an id"),
        (jwk(kid="two words"), "needs an id"),
        (jwk(kid="k" * 65), "needs an id"),
        (jwk(use="enc"), "not for signatures"),
        (jwk(alg="ES256"), "not for signatures"),
        (jwk(x=None), "32 bytes"),
        (jwk(x=X[:-1]), "32 bytes"),
        (jwk(x=X + "="), "32 bytes"),
        (jwk(x=X[:-1] + "9"), "32 bytes"),  # another text for the same bytes
        (a_set(jwk(), jwk(x=OTHER)), "twice"),
        (a_set(jwk(), jwk(kid="k2")), "twice"),
        (" " * 20_001, "longer"),
    ],
)
def test_what_is_no_key_is_refused_in_words(given, words):
    with pytest.raises(KeyRefused, match=words) as refused:
        read(given)
    assert X not in str(refused.value)


P = 2**255 - 19
ORDER_8 = public_jwk._ORDER_8


def weak_points():
    numbers = [0, 1, P - 1, P, P + 1, ORDER_8, P - ORDER_8]
    return [(n | sign << 255).to_bytes(32, "little") for n in numbers for sign in (0, 1)]


@pytest.mark.parametrize("raw", weak_points(), ids=lambda raw: raw.hex()[:6])
def test_a_key_under_which_anybody_can_sign_is_refused(raw):
    with pytest.raises(KeyRefused, match="Anybody can sign"):
        read(jwk(x=base64url.encode(raw)))


def test_under_such_a_key_anybody_could_sign():
    """Without its private half: the point itself and the number zero are a signature."""
    identity = (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"anything")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(bytes(range(32))).verify(identity + bytes(32), b"x")


def test_the_thumbprint_is_that_of_the_standard():
    assert CommandKey(kid="k1", x=RFC_X).thumbprint == RFC_THUMBPRINT


# --- They come and go -----------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def add(partner, *keys):
    return command_keys.add(partner, keys=[PublicKey(kid, x) for kid, x in keys])


def test_the_next_key_comes_beside_the_first_and_what_is_there_is_left_alone():
    partner = a_partner()
    add(partner, ("k1", X))
    assert [row.kid for row in add(partner, ("k1", X), ("k2", OTHER))] == ["k2"]
    with pytest.raises(NotPossible, match="there already"):
        add(partner, ("k1", X))
    assert list(CommandKey.objects.values_list("kid", "retired_at")) == [("k1", None), ("k2", None)]


def test_an_id_stands_for_one_key_and_a_key_has_one_id():
    partner = a_partner()
    add(partner, ("k1", X))
    with pytest.raises(NotPossible, match="stands for one key for ever"):
        add(partner, ("k1", OTHER))
    with pytest.raises(NotPossible, match="as k1"):
        add(partner, ("k2", X))
    # One that cannot be taken takes the others with it.
    with pytest.raises(NotPossible):
        add(partner, ("k3", OTHER), ("k1", THIRD))
    assert CommandKey.objects.count() == 1
    add(a_partner("other"), ("k1", X))


def test_a_retired_key_does_not_come_back_under_any_name():
    partner = a_partner()
    (row,) = add(partner, ("k1", X))
    command_keys.retire(partner, row.pk)
    for kid, x, words in (("k1", X, "was retired"), ("k2", X, "was retired"),
                          ("k1", OTHER, "one key for ever")):  # fmt: skip
        with pytest.raises(NotPossible, match=words):
            add(partner, (kid, x))
    with pytest.raises(NotPossible, match="retired already"):
        command_keys.retire(partner, row.pk)


def test_a_partner_has_so_many_active_keys_and_no_more():
    partner = a_partner()
    keys = [(f"k{n}", base64url.encode(bytes([n]) * 32)) for n in range(2, 13)]
    rows = add(partner, *keys[:10])
    with pytest.raises(NotPossible, match="at most 10"):
        add(partner, keys[10])
    command_keys.retire(partner, rows[0].pk)
    add(partner, keys[10])


def test_signatures_are_required_only_where_there_is_a_key_to_check_with():
    partner = a_partner()
    with pytest.raises(NotPossible, match="Add its public key first"):
        command_keys.require_signatures(partner)
    (first,) = add(partner, ("k1", X))
    command_keys.require_signatures(partner)
    with pytest.raises(NotPossible, match="Add the partner's next key first, or stop requiring"):
        command_keys.retire(partner, first.pk)
    (second,) = add(partner, ("k2", OTHER))
    command_keys.retire(partner, first.pk)
    with pytest.raises(NotPossible, match="only key"):
        command_keys.retire(partner, second.pk)
    command_keys.accept_unsigned(partner)
    command_keys.retire(partner, second.pk)
    with pytest.raises(NotPossible, match="no active key"):
        command_keys.require_signatures(partner)
    partner.refresh_from_db()
    assert not partner.commands_signed


def test_the_key_of_another_partner_is_not_there():
    (row,) = add(a_partner(), ("k1", X))
    with pytest.raises(NotPossible, match="no such key"):
        command_keys.retire(a_partner("other"), row.pk)
