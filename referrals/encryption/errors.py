"""What can go wrong with sealed values. No message ever holds the value itself."""


class EncryptionError(Exception):
    """Base of all errors of sealing and opening."""


class KeyringError(EncryptionError):
    """The settings hold no usable key ring."""


class LostKey(EncryptionError):
    """A value was sealed under a key that the key ring no longer holds."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"No field encryption key with the id {key_id!r} is in FIELD_ENCRYPTION_KEYS. "
            "Put the key back; without it what it sealed cannot be opened."
        )
        self.key_id = key_id


class CannotOpen(EncryptionError):
    """A sealed value was altered, or stands in another row, column or table than its own."""


class Unsealable(EncryptionError, ValueError):
    """A value that has no faithful stored form, such as a lone surrogate or NaN."""


class PlaintextRefused(EncryptionError, TypeError):
    """Somebody tried to send an encrypted column a value past its model instance."""
