"""Rules for passwords: long, not known to everybody, and nothing else.

No composition and no rotation rules (NIST SP 800-63B 5.1.1.2, OWASP ASVS 6.2).
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

LONGEST = 128
CONTEXT_WORDS = (
    "tandem", "referral", "password", "passwort", "ketamine", "chronicpain", "trauma",
    "therapist", "physician", "coordinator", "clinic", "portal", "welcome", "letmein",
    "qwerty", "iloveyou", "123456",
)  # fmt: skip
# A context word may be part of a good password; it may not be most of it.
MUST_REMAIN = 8


class MaximumLengthValidator:
    """Longer ones only cost the hasher; nothing is ever cut off in silence."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                f"This password is too long. Use at most {LONGEST} characters.",
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return f"Your password can have up to {LONGEST} characters, of any kind."


class CommonPasswordValidator(password_validation.CommonPasswordValidator):
    """Django's list of 20,000, also where digits or signs were put around an entry."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = _folded(password)
        core = plain.strip("0123456789!?.,-_*#$@+ ")
        if {plain.strip(), core, _unrepeated(plain)} & set(self.passwords):
            raise ValidationError(
                "This password is one that attackers try first. Use several words instead.",
                code="password_too_common",
            )


class ContextWordsValidator:
    """Refuses what anybody would guess of this portal, this person or this address."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = _folded(password).replace(" ", "")
        for word in (*CONTEXT_WORDS, *_own_words(user)):
            rest = rest.replace(word, "")
        if len(set(rest)) < MUST_REMAIN - 3 or len(rest) < MUST_REMAIN:
            raise ValidationError(
                "This password is easy to guess here. Use several words that have nothing to "
                "do with you, your work or this portal.",
                code="password_in_context",
            )

    def get_help_text(self) -> str:
        return "Several words that have nothing to do with you or your work are a good password."


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _unrepeated(text: str) -> str:
    """`abcabcabc` as `abc`: the shortest part that repeats to the whole."""
    for size in range(1, len(text) // 2 + 1):
        if len(text) % size == 0 and text[:size] * (len(text) // size) == text:
            return text[:size]
    return text


def _own_words(user: Any) -> list[str]:
    words = f"{getattr(user, 'full_name', '')} {getattr(user, 'email', '')}"
    parts = _folded(words).replace("@", " ").replace(".", " ").replace("-", " ").split()
    return sorted((p for p in parts if len(p) >= 4), key=len, reverse=True)
