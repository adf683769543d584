"""Encryption by field: AES-256-GCM bound to table, column and row, and blind indexes."""

from referrals.encryption.blind import blind_index
from referrals.encryption.errors import (
    CannotOpen,
    EncryptionError,
    KeyringError,
    LostKey,
    PlaintextRefused,
    Unsealable,
)
from referrals.encryption.fields import EncryptedJSONField, EncryptedTextField
from referrals.encryption.sealing import open_bytes, seal_bytes

__all__ = [
    "CannotOpen",
    "EncryptedJSONField",
    "EncryptedTextField",
    "EncryptionError",
    "KeyringError",
    "LostKey",
    "PlaintextRefused",
    "Unsealable",
    "blind_index",
    "open_bytes",
    "seal_bytes",
]
