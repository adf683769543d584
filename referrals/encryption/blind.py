"""Blind indexes: exact search on values that are stored sealed.

A blind index is HMAC-SHA-256 over the normalised parts under a key of its own for each
purpose, so that the indexes of two columns cannot be compared. Whoever holds the database
and not the key learns which rows share a value, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from django.conf import settings

from referrals.encryption.errors import KeyringError, Unsealable

APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʻ‛`´′＇"))  # noqa: RUF001
DASHES = dict.fromkeys(map(ord, "-‐‑‒–—―−﹣－"), " ")  # noqa: RUF001
SPACES = re.compile(r"\s+")


def blind_index(purpose: str, *parts: str) -> str:
    """The index (64 hex digits) of the parts, in their order, for one purpose.

    Parts are normalised first (see `normalise`). Dates go in as ISO text, telephone numbers
    as digits. Raises KeyringError without BLIND_INDEX_KEY, Unsealable for a lone surrogate.
    """
    message = b"".join(_framed(normalise(part)) for part in parts)
    return hmac.new(_key(purpose), message, hashlib.sha256).hexdigest()


def normalise(part: str) -> str:
    """The form in which two spellings of one name meet.

    NFKC and casefold; apostrophes and invisible format characters dropped (O'Brien meets
    OBrien); hyphens and dashes read as a space (Smith-Jones meets Smith Jones); space
    collapsed and trimmed. Accents stay: José and Jose are two names.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", part).casefold())
    kept = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return SPACES.sub(" ", kept.translate(APOSTROPHES).translate(DASHES)).strip()


def _key(purpose: str) -> bytes:
    if not settings.BLIND_INDEX_KEY:
        raise KeyringError("BLIND_INDEX_KEY is empty.")
    label = f"tandem blind index v1|{purpose}".encode()
    return hmac.new(settings.BLIND_INDEX_KEY.encode(), label, hashlib.sha256).digest()


def _framed(part: str) -> bytes:
    # The length in front keeps ("ab", "c") apart from ("a", "bc").
    try:
        encoded = part.encode()
    except UnicodeEncodeError:
        raise Unsealable("A text with a lone surrogate has no blind index.") from None
    return len(encoded).to_bytes(4, "big") + encoded
