"""Which command of a partner is being applied: what follows from it says so to that partner.

To that partner alone: the id is of its own making, and nobody else's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_current: ContextVar[tuple[UUID, str] | None] = ContextVar("cause", default=None)


@contextmanager
def caused_by(partner_id: UUID, command_id: str) -> Iterator[None]:
    """Events that are written meanwhile follow from this command."""
    token = _current.set((partner_id, command_id))
    try:
        yield
    finally:
        _current.reset(token)


def known_to(partner_id: UUID) -> str:
    """The id of the command as its sender knows it; empty for everybody else."""
    cause = _current.get()
    return cause[1] if cause and cause[0] == partner_id else ""
