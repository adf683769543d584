"""The trace of the work under way (W3C Trace Context), carried into the events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SHAPE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str] = ContextVar("traceparent", default="")


def current() -> str:
    """The traceparent of the work under way, or an empty string."""
    return _current.get()


@contextmanager
def following(traceparent: str | None) -> Iterator[None]:
    """Work under this traceparent; what does not have its shape is left out."""
    valid = traceparent if traceparent and _SHAPE.fullmatch(traceparent) else ""
    token = _current.set(valid)
    try:
        yield
    finally:
        _current.reset(token)
