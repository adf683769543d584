"""The keys that sign events: a ring in the settings, its public halves for partners.

The first key signs; the public halves of all are published, so that what was signed before a
rotation can still be verified. Detached JWS (RFC 7515, 7797) with Ed25519 (RFC 8037).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from integrations import base64url
from integrations.errors import IntegrationError

_KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SigningKeysError(IntegrationError):
    """EVENT_SIGNING_KEYS cannot be used; the message never quotes a key."""


@dataclass(frozen=True, repr=False)
class SigningKey:
    """One Ed25519 key with its id."""

    id: str
    private: Ed25519PrivateKey

    def sign(self, body: bytes) -> str:
        """The detached signature over `body`: `<protected header>..<signature>`."""
        header = _protected_header(self.id)
        signature = self.private.sign(header + b"." + body)
        return f"{header.decode()}..{base64url.encode(signature)}"

    def public_jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key."""
        x = base64url.encode(self.private.public_key().public_bytes_raw())
        return {
            "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "use": "sig", "alg": "EdDSA",
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"<SigningKey {self.id}>"


def keyring() -> Mapping[str, SigningKey]:
    """The keys of the settings by id, the one that signs first. SigningKeysError if unusable."""
    return parse(tuple(settings.EVENT_SIGNING_KEYS))


@lru_cache(maxsize=8)
def parse(entries: tuple[str, ...]) -> Mapping[str, SigningKey]:
    """Read entries of the form "id:base64 of 32 bytes"."""
    found: dict[str, SigningKey] = {}
    for position, entry in enumerate(entries, start=1):
        key = _entry(entry, position)
        if key.id in found:
            raise SigningKeysError(f"names the key id {key.id!r} twice")
        found[key.id] = key
    return found


def public_keys() -> dict[str, list[dict[str, str]]]:
    """The JSON Web Key Set that partners verify with."""
    return {"keys": [key.public_jwk() for key in keyring().values()]}


def _entry(entry: str, position: int) -> SigningKey:
    key_id, colon, encoded = entry.strip().partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise SigningKeysError(f"has an entry, number {position}, that is not id:base64")
    try:
        seed = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != _KEY_BYTES:
        raise SigningKeysError(f"has a key, {key_id!r}, that is not the base64 of 32 bytes")
    return SigningKey(key_id, Ed25519PrivateKey.from_private_bytes(seed))


@lru_cache(maxsize=8)
def _protected_header(key_id: str) -> bytes:
    header = {"alg": "EdDSA", "kid": key_id, "b64": False, "crit": ["b64"]}
    return base64url.encode(json.dumps(header, separators=(",", ":")).encode()).encode()
