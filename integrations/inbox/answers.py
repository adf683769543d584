"""The answer to a command: accepted, or rejected with the type of the problem."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils import timezone

from integrations import outbox
from integrations.inbox.parsing import Command
from integrations.models import Event, Partner
from integrations.registry import EventType


class CommandOutcome(NamedTuple):
    """What the domain made of a command; `problem_type` where it was not accepted."""

    accepted: bool
    problem_type: str | None = None


_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}


def _schema(**more: Any) -> dict[str, Any]:
    properties = {
        "command_id": {**_TEXT, "examples": ["cmd-0001"]},
        "action": {**_TEXT, "examples": ["schedule"]},
        **more,
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_PROBLEM = {
    "type": "object",
    "properties": {"type": {**_TEXT, "examples": ["stale-version"]}},
    "required": ["type"],
    "additionalProperties": False,
}
ACCEPTED = EventType(
    "accepted", "1.0", _schema(), "0.1.0", family="command",
    summary="Your command took effect.",
)  # fmt: skip
REJECTED = EventType(
    "rejected", "1.0", _schema(problem=_PROBLEM), "0.1.0", family="command",
    summary="Your command was refused and changed nothing; the type of the problem says why.",
)  # fmt: skip
REGISTRY = {"command.accepted": ACCEPTED, "command.rejected": REJECTED}


def emit_answer(outcome: CommandOutcome, *, command: Command, partner: Partner) -> Event:
    """Owe the partner its answer, in the transaction of the command's effect."""
    data: dict[str, Any] = {"command_id": command.id, "action": command.action}
    if not outcome.accepted:
        data["problem"] = {"type": outcome.problem_type or "about:blank"}
    return outbox.answer(
        event=ACCEPTED if outcome.accepted else REJECTED,
        partner=partner,
        subject=command.subject,
        data=data,
        correlation_id=command.id,
        occurred_at=timezone.now(),
    )
