"""The named places at which a process is ended: before or after a function of the portal.

The portal has no such places of its own. A child process of the tests arms one, which puts a
wrapper around the function; the wrapper ends the process as a power cut would.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

STATUS = 70


@dataclass(frozen=True)
class Point:
    """`part` is the process that reaches it; `where` a function, or the commit after one."""

    name: str
    part: str
    where: str
    after: bool = True
    at_commit: bool = False


POINTS = tuple(
    Point(*each)
    for each in (
        ("claim key", "web", "referrals.api.idempotency._claim"),
        ("before the state", "web", "referrals.operations.transition._update", False),
        ("state update", "web", "referrals.operations.transition._update"),
        ("sequence", "web", "integrations.streams.allocate"),
        ("outbox insert", "web", "integrations.outbox._record"),
        ("delivery insert", "web", "integrations.outbox._owe"),
        ("timeline insert", "web", "referrals.operations.transition.write_entry"),
        ("audit insert", "web", "referrals.access.record"),
        ("kept answer", "web", "referrals.api.idempotency._keep"),
        ("before commit", "web", "referrals.api.idempotency._keep", False, True),
        ("after commit", "web", "referrals.api.idempotency._keep", True, True),
        ("before response", "web", "django.core.handlers.base.BaseHandler.get_response"),
        ("after response", "web", "tests.faults.crash.parts.answered"),
        ("select", "relay", "integrations.relay.selection.pending"),
        ("before publish", "relay", "tests.faults.crash.parts.FileBroker.submit", False),
        ("publish", "relay", "tests.faults.crash.parts.FileBroker.submit"),
        ("confirm", "relay", "tests.faults.crash.parts.FileBroker.poll_results"),
        ("before mark", "relay", "integrations.relay.recording.sent", False),
        ("mark", "relay", "integrations.relay.recording.sent"),
        ("receive", "consumer", "integrations.inbox.storing.store", False),
        ("store", "consumer", "tests.faults.crash.parts.storing_begins", False, True),
        ("before ack", "consumer", "tests.faults.crash.parts.acknowledge", False),
        ("ack", "consumer", "tests.faults.crash.parts.acknowledge"),
        ("start counted", "consumer", "integrations.inbox.processor._start_next"),
        ("effect", "consumer", "tests.faults.crash.parts.handler"),
        ("answer", "consumer", "integrations.inbox.processor.emit_answer"),
        ("before its commit", "consumer", "integrations.inbox.processor.emit_answer", False, True),
        ("after its commit", "consumer", "integrations.inbox.processor.emit_answer", True, True),
    )
)


def end() -> None:
    os._exit(STATUS)


def arm(point: Point) -> None:
    """From here on this process ends when it reaches the point."""
    owner, name = _owner(point.where)
    original = getattr(owner, name)

    def wrapped(*args: Any, **more: Any) -> Any:
        if not point.after and not point.at_commit:
            end()
        found = original(*args, **more)
        if point.at_commit:
            _arm_commit(point.after)
        elif point.after and found != []:
            end()
        return found

    setattr(owner, name, wrapped)


def _owner(where: str) -> tuple[Any, str]:
    """The module or class that has the function, and the function's name."""
    path, _, name = where.rpartition(".")
    try:
        return import_module(path), name
    except ModuleNotFoundError:
        module, _, cls = path.rpartition(".")
        return getattr(import_module(module), cls), name


def _arm_commit(after: bool) -> None:
    original: Callable[[Any], None] = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def commit(connection: Any) -> None:
        if after:
            original(connection)
        end()

    BaseDatabaseWrapper._commit = commit  # type: ignore[attr-defined]
