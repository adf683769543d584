"""Read a partner's public keys: JSON Web Keys of the kind OKP on Ed25519 (RFC 7517, 8037)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from integrations import base64url, strict_json
from integrations.errors import IntegrationError

LONGEST = 20_000
MOST = 10
_KEY_ID = re.compile(r"[A-Za-z0-9._:~-]{1,64}")
# Members that only a private or a secret key has.
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_PEM = "PRIVATE KEY-----"

# The points of small order: under such a "key" anybody can make signatures (RFC 7748, 7).
_PRIME = 2**255 - 19
_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_WEAK = {0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8}

PRIVATE = (
    "This is a private key. Whoever has it can sign as the partner, so nothing of it was kept. It "
    "has been shown: ask the partner to make a new pair, and to send only the public half, "
    "without “d”."
)


class KeyRefused(IntegrationError):
    """What was given is no key that can be taken; says why and how to mend it, quotes no key."""


class PrivateKeyGiven(KeyRefused):
    """A private key came. Whoever shows the text again must not show this one."""


class PublicKey(NamedTuple):
    """`x` is the key itself, as a JSON Web Key writes it."""

    kid: str
    x: str


def read(text: str) -> list[PublicKey]:
    """The keys of one JSON Web Key or of a set. KeyRefused if one of them cannot be taken."""
    if len(text) > LONGEST:
        raise KeyRefused("This is longer than a few public keys are. Give the key or set alone.")
    if _PEM in text:
        raise PrivateKeyGiven(PRIVATE)
    given = _members(text)
    if any(isinstance(jwk, dict) and _PRIVATE & set(jwk) for jwk in given):
        raise PrivateKeyGiven(PRIVATE)
    keys = [_key(jwk) for jwk in given]
    for part in zip(*keys, strict=True):
        if len(set(part)) != len(keys):
            raise KeyRefused("A key or a key id (kid) stands twice in this set. Give each once.")
    return keys


def _members(text: str) -> list[Any]:
    try:
        found = strict_json.loads(text.encode())
    except (ValueError, RecursionError):
        raise KeyRefused(
            'This is not JSON. Give a JSON Web Key, as {"kty": "OKP", "crv": "Ed25519", '
            '"kid": "2026-11", "x": "…"}, or a set of them.'
        ) from None
    if isinstance(found, dict) and "keys" not in found:
        return [found]
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST:
        raise KeyRefused(f"Give one JSON Web Key, or a set of one to {MOST} under “keys”.")
    return keys


def _key(jwk: Any) -> PublicKey:
    if not isinstance(jwk, Mapping) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise KeyRefused('Each key has to be an Ed25519 key: "kty": "OKP", "crv": "Ed25519".')
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not _KEY_ID.fullmatch(kid):
        raise KeyRefused(
            'Each key needs an id, "kid": 1 to 64 letters, digits and . _ : ~ -. '
            "The partner names it in each signature."
        )
    if jwk.get("alg", "EdDSA") not in ("EdDSA", "Ed25519") or jwk.get("use", "sig") != "sig":
        raise KeyRefused(f'The key {kid} is not for signatures: "use": "sig", "alg": "EdDSA".')
    return PublicKey(kid, _point(kid, jwk.get("x")))


def _point(kid: str, x: Any) -> str:
    try:
        raw = base64url.decode(x) if isinstance(x, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise KeyRefused(f'The "x" of the key {kid} is not 32 bytes in base64url. Copy it whole.')
    if int.from_bytes(raw, "little") % 2**255 % _PRIME in _WEAK:
        raise KeyRefused(f"Anybody can sign under the key {kid}. Make a new pair.")
    return str(x)
