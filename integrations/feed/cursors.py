"""Opaque cursors of the feed: a position with a check, so that a slip is seen."""

from __future__ import annotations

import re

from django.utils.crypto import constant_time_compare, salted_hmac

from integrations import base64url
from integrations.errors import IntegrationError

_SALT = "integrations.feed.cursor"
_SHAPE = re.compile(r"(\d{1,19})\.([0-9a-f]{16})")


class BadCursor(IntegrationError):
    """The cursor was not given out by this feed, or was altered."""


def encode(position: int) -> str:
    """The cursor that means: everything after this position."""
    return base64url.encode(f"{position}.{_check(position)}".encode())


def decode(cursor: str) -> int:
    """The position of a cursor; empty means the beginning. BadCursor otherwise."""
    if not cursor:
        return 0
    try:
        text = base64url.decode(cursor).decode("ascii")
    except ValueError:
        raise BadCursor("This cursor was not given out by the feed.") from None
    match = _SHAPE.fullmatch(text)
    # One position has one spelling, and its check is part of it.
    if not match or not constant_time_compare(encode(int(match[1])), cursor):
        raise BadCursor("This cursor was not given out by the feed.")
    return int(match[1])


def _check(position: int) -> str:
    return salted_hmac(_SALT, str(position), algorithm="sha256").hexdigest()[:16]
