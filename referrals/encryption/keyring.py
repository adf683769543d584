"""The key ring: the first key seals, every key opens."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from referrals.encryption.errors import KeyringError, LostKey

KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, repr=False)
class Keyring:
    """AES-256 keys by id; `active` is the id of the one that seals."""

    active: str
    ciphers: dict[str, AESGCM]

    def cipher(self, key_id: str) -> AESGCM:
        """The cipher of a key, or LostKey with the key's id."""
        try:
            return self.ciphers[key_id]
        except KeyError:
            raise LostKey(key_id) from None

    def __repr__(self) -> str:
        return f"<Keyring {', '.join(self.ciphers)}>"


def current() -> Keyring:
    """The key ring of settings.FIELD_ENCRYPTION_KEYS ("id:base64 of 32 bytes", newest first)."""
    return parse(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=8)
def parse(entries: tuple[str, ...]) -> Keyring:
    """Read a key ring; raise KeyringError, which never quotes a key, if it is unusable."""
    if not entries:
        raise KeyringError("FIELD_ENCRYPTION_KEYS holds no key.")
    ciphers: dict[str, AESGCM] = {}
    for position, entry in enumerate(entries, start=1):
        key_id, key = _entry(entry, position)
        if key_id in ciphers:
            raise KeyringError(f"FIELD_ENCRYPTION_KEYS names the key id {key_id!r} twice.")
        ciphers[key_id] = AESGCM(key)
    return Keyring(active=next(iter(ciphers)), ciphers=ciphers)


def _entry(entry: str, position: int) -> tuple[str, bytes]:
    key_id, colon, encoded = entry.strip().partition(":")
    if not colon or not KEY_ID.fullmatch(key_id):
        raise KeyringError(f"Entry {position} of FIELD_ENCRYPTION_KEYS is not 'id:base64'.")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise KeyringError(f"The key {key_id!r} of FIELD_ENCRYPTION_KEYS is not base64.") from None
    if len(key) != KEY_BYTES:
        raise KeyringError(f"The key {key_id!r} has {len(key)} bytes; it needs {KEY_BYTES}.")
    return key_id, key
