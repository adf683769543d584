"""AES-256-GCM over bytes, bound to the place where they are kept.

The place goes in as associated data, so what is moved to another place does not open. Each
value takes a fresh random 96-bit nonce, which is safe for 2**32 values under one key (NIST
SP 800-38D, 8.3): rotate the key long before.

Stored forms: text `v1.<key id>.<base64url of nonce, ciphertext and tag>` for columns; bytes
`T1`, one byte with the length of the key id, key id, nonce, ciphertext and tag for files.
"""

from __future__ import annotations

import os
from typing import NoReturn

from cryptography.exceptions import InvalidTag

from integrations import base64url
from referrals.encryption import keyring
from referrals.encryption.errors import CannotOpen

NONCE_BYTES = 12
TAG_BYTES = 16
TEXT_VERSION = "v1"
BYTES_MAGIC = b"T1"


def place_of(table: str, column: str, row: str) -> str:
    """The place of a column's value; `row` is the primary key's canonical string."""
    return f"{table}|{column}|{row}"


def seal_text(place: str, data: bytes) -> str:
    """Seal for a text column."""
    key_id, sealed = _seal("field", place, data)
    return f"{TEXT_VERSION}.{key_id}.{base64url.encode(sealed)}"


def open_text(place: str, stored: str) -> bytes:
    """Open what seal_text made for this place; LostKey or CannotOpen otherwise."""
    version, _, rest = stored.partition(".")
    key_id, _, encoded = rest.partition(".")
    if version != TEXT_VERSION or not encoded:
        _refuse(place)
    try:
        sealed = base64url.decode(encoded)
    except ValueError:
        _refuse(place)
    return _open("field", place, key_id, sealed)


def key_id_of(stored: str) -> str:
    """The id of the key under which a column's text was sealed."""
    return stored.split(".", 2)[1] if stored.count(".") == 2 else ""


def seal_bytes(context: str, data: bytes) -> bytes:
    """Seal bytes for a place named by `context`, for instance `document|<uuid>`."""
    key_id, sealed = _seal("bytes", context, data)
    return BYTES_MAGIC + bytes([len(key_id)]) + key_id.encode() + sealed


def open_bytes(context: str, sealed: bytes) -> bytes:
    """Open what seal_bytes made for this context; LostKey or CannotOpen otherwise."""
    sealed = bytes(sealed)
    head = len(BYTES_MAGIC)
    if sealed[:head] != BYTES_MAGIC or len(sealed) <= head:
        _refuse(context)
    end = head + 1 + sealed[head]
    key_id = sealed[head + 1 : end].decode("ascii", errors="replace")
    return _open("bytes", context, key_id, sealed[end:])


def _seal(kind: str, place: str, data: bytes) -> tuple[str, bytes]:
    ring = keyring.current()
    nonce = os.urandom(NONCE_BYTES)
    associated = _associated(kind, ring.active, place)
    return ring.active, nonce + ring.cipher(ring.active).encrypt(nonce, data, associated)


def _open(kind: str, place: str, key_id: str, sealed: bytes) -> bytes:
    if len(sealed) < NONCE_BYTES + TAG_BYTES or not keyring.KEY_ID.fullmatch(key_id):
        _refuse(place)
    cipher = keyring.current().cipher(key_id)
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return cipher.decrypt(nonce, body, _associated(kind, key_id, place))
    except InvalidTag:
        _refuse(place)


def _associated(kind: str, key_id: str, place: str) -> bytes:
    # Column and file values under one key must not pass for one another.
    return f"{kind}|{key_id}|{place}".encode()


def _refuse(place: str) -> NoReturn:
    raise CannotOpen(f"The sealed value at {place} was altered or belongs elsewhere.") from None
