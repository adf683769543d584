"""The catalogue of events: names, schemas, and how the data of one is made.

An event says that something happened and where to read it. It holds ids, states and coarse
classes: no name, no birth date, no diagnosis, no free text, no file name, no reason code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from integrations import outbox
from integrations.registry import EventType
from referrals import notifications
from referrals.actors import Actor, ActorKind, Role
from referrals.event_words import SUMMARIES
from referrals.lifecycle import ALL_MOVES, EVENT_NAMES, State

if TYPE_CHECKING:
    from integrations.models import Event
    from referrals.models import Referral

REASON_CLASSES = ("information", "clinical", "capacity", "patient", "administrative")
# To the outside an invited clinician is a referring clinician: who else would write there?
SAID_AS = {Role.IC: Role.RC}
ACTOR_KINDS = tuple(r.value for r in Role if r not in SAID_AS)

_UUID = {"type": "string", "format": "uuid"}
_STATE = {"type": "string", "enum": [s.value for s in State]}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


_PROPERTIES: dict[str, Any] = {
    "referral": {
        "type": "object",
        "properties": {
            "id": {**_UUID, "examples": ["6f0d0b0e-6a38-4bb1-b1d3-6a4f6d1c2b3a"]},
            "reference": {
                "type": "string",
                "description": "How people name the referral.",
                "pattern": "^[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}$",
                "examples": ["7KD-4MX-9TR"],
            },
            "version": {
                "type": "integer",
                "description": "The version from now on, as in its ETag.",
                "minimum": 1,
                "examples": [7],
            },
        },
        "required": ["id", "reference", "version"],
        "additionalProperties": False,
    },
    "clinic": {
        "type": "string", "description": "The clinic's slug.", "pattern": "^[a-z0-9-]+$",
        "examples": ["apopka"],
    },
    "practice": {
        **_UUID, "description": "The practice's id.",
        "examples": ["5d0c5b7e-2f7a-4d3f-9a53-0d6d8a3f1c11"],
    },
    "state": {**_STATE, "description": "The state from now on."},
    "previous_state": {
        **_STATE, "description": "The state before. Left out where nothing moved.",
    },
    "priority": {
        "type": "string", "description": "From p0, at once, to p3.",
        "enum": ["p0", "p1", "p2", "p3"], "examples": ["p2"],
    },
    "actor_kind": {
        "type": "string", "description": "The role in which somebody acted.",
        "enum": list(ACTOR_KINDS), "examples": ["co"],
    },
    "reason_class": {
        "type": "string", "enum": list(REASON_CLASSES),
        "description": "The coarse class of the reason. The reason itself is read by the link.",
    },
    "occurred_at": {
        "type": "string", "description": "When it happened.", "format": "date-time",
        "examples": ["2026-11-23T19:05:00+00:00"],
    },
    "late": _flag("Declined after it had been accepted."),
    "again": _flag("It happened before and was undone since."),
    "automatic": _flag("Done by a clock, not by a person."),
    "replaces": {**_UUID, "description": "The referral in whose place this one stands."},
    "links": {
        "type": "object",
        "properties": {
            "self": {
                "type": "string",
                "format": "uri",
                "description": "The referral in the API.",
                "examples": [
                    "https://tandem.example/api/v1/referrals/6f0d0b0e-6a38-4bb1-b1d3-6a4f6d1c2b3a/"
                ],
            }
        },
        "required": ["self"],
        "additionalProperties": False,
    },
}  # fmt: skip
_REQUIRED = [
    "referral", "clinic", "practice", "state", "priority", "actor_kind", "occurred_at", "links",
]  # fmt: skip
_CHANGED = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[a-z0-9_.]+$", "maxLength": 80},
    "description": "The names of the fields that changed.",
    "examples": [["pain.onset"]],
}


def _usual_state(name: str) -> str:
    """For the example: where the first move with this event leads."""
    targets = [m.target for m in ALL_MOVES if m.event == name and isinstance(m.target, State)]
    return targets[0].value if targets else State.IN_REVIEW.value


def _schema(name: str) -> dict[str, Any]:
    properties = {
        **_PROPERTIES,
        "state": {**_PROPERTIES["state"], "examples": [_usual_state(name)]},
    }
    if name == "amended":
        properties["changed"] = _CHANGED
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": _REQUIRED,
        "additionalProperties": False,
    }


# Where the data of an event have grown since: name: "1.<minor>".
VERSIONS: dict[str, str] = {}
REGISTRY: dict[str, EventType] = {
    name: EventType(
        name=name,
        version=VERSIONS.get(name, "1.0"),
        schema=_schema(name),
        since="0.1.0",
        summary=SUMMARIES[name],
    )
    for name in EVENT_NAMES
}


def tell(
    name: str,
    referral: Referral,
    *,
    by: Actor,
    role: Role,
    occurred_at: datetime,
    previous_state: str | None = None,
    reason_class: str = "",
    changed: list[str] | None = None,
    late: bool = False,
    again: bool = False,
    replaces: UUID | None = None,
    told_as: str | None = None,
    told_key: str = "",
) -> Event:
    """Write one event and its deliveries, and tell the people concerned.

    The caller holds the lock on the referral's row. `told_as` is another row of the table of
    notifications than the event's own, `told_key` another occasion than the event.
    """
    assert referral.clinic is not None  # nothing is told of a draft
    data: dict[str, Any] = {
        "referral": {
            "id": str(referral.pk),
            "reference": referral.reference,
            "version": referral.version,
        },
        "clinic": referral.clinic.slug,
        "practice": str(referral.practice_id),
        "state": str(referral.state),
        "priority": str(referral.priority),
        "actor_kind": SAID_AS.get(role, role).value,
        "occurred_at": occurred_at.astimezone(UTC).isoformat(),
        "links": {"self": f"{settings.BASE_URL}/api/v1/referrals/{referral.pk}/"},
    }
    optional: dict[str, Any] = {
        "previous_state": previous_state and str(previous_state),
        "reason_class": reason_class,
        "changed": changed,
        "late": late,
        "again": again,
        "automatic": by.kind is ActorKind.SYSTEM,
        "replaces": replaces and str(replaces),
    }
    data.update({key: value for key, value in optional.items() if value})
    event = outbox.emit(
        event=REGISTRY[name],
        subject=referral.pk,
        data=data,
        audience=referral.clinic_id,
        occurred_at=occurred_at,
    )
    key = told_key or str(event.event_id)
    notifications.of_event(told_as or name, referral, by=by, key=key)
    return event
