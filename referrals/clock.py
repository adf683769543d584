"""The time, asked in one place, so that demo data and tests can live on other days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_at: ContextVar[datetime | None] = ContextVar("clock_at", default=None)


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _at.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the domain believe that it is `moment` (aware)."""
    token = _at.set(moment)
    try:
        yield
    finally:
        _at.reset(token)
