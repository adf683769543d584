"""The human reference: what both sides quote on the phone.

Nine characters in three groups, e.g. `7KM-4XQ-9RH`. The alphabet leaves out what looks or
sounds alike (0/O, 1/I, 8/B, S/F, N/M, the vowels), so no reference spells a word. Eight
characters are random (19**8, about 1.7e10), the ninth is a check character over weights
1..8 modulo 19: it catches each single wrong character and each swap of two neighbors.
It is drawn at random, so it tells nothing about volume or order.
"""

from __future__ import annotations

import secrets

ALPHABET = "2345679FHJKLMPQRWXY"
_VALUE = {c: i for i, c in enumerate(ALPHABET)}


def draw() -> str:
    """A new reference; uniqueness is the database's business."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return _grouped(body + _check(body))


def normalize(typed: str) -> str | None:
    """The canonical form of what somebody typed, or None if it cannot be a reference."""
    plain = "".join(c for c in typed.upper() if c.isalnum())
    if len(plain) != 9 or any(c not in _VALUE for c in plain):
        return None
    return _grouped(plain) if _check(plain[:8]) == plain[8] else None


def _check(body: str) -> str:
    total = sum(weight * _VALUE[c] for weight, c in enumerate(body, start=1))
    return ALPHABET[total % len(ALPHABET)]


def _grouped(plain: str) -> str:
    return f"{plain[:3]}-{plain[3:6]}-{plain[6:]}"
