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
from referrals.lifecycle import EVENT_NAMES, State

if TYPE_CHECKING:
    from integrations.models import Event
    from referrals.models import Referral

REASON_CLASSES = ("information", "clinical", "capacity", "patient", "administrative")
ACTOR_KINDS = tuple(r.value for r in Role)

_UUID = {"type": "string", "format": "uuid"}
_STATE = {"type": "string", "enum": [s.value for s in State]}
_PROPERTIES: dict[str, Any] = {
    "referral": {
        "type": "object",
        "properties": {
            "id": _UUID,
            "reference": {"type": "string", "pattern": "^[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}$"},
            "version": {"type": "integer", "minimum": 1},
        },
        "required": ["id", "reference", "version"],
        "additionalProperties": False,
    },
    "clinic": {"type": "string", "pattern": "^[a-z0-9-]+$"},
    "practice": _UUID,
    "state": _STATE,
    "previous_state": _STATE,
    "priority": {"type": "string", "enum": ["p0", "p1", "p2", "p3"]},
    "actor_kind": {"type": "string", "enum": list(ACTOR_KINDS)},
    "reason_class": {"type": "string", "enum": list(REASON_CLASSES)},
    "occurred_at": {"type": "string", "format": "date-time"},
    "late": {"type": "boolean"},
    "again": {"type": "boolean"},
    "automatic": {"type": "boolean"},
    "replaces": _UUID,
    "links": {
        "type": "object",
        "properties": {"self": {"type": "string", "format": "uri"}},
        "required": ["self"],
        "additionalProperties": False,
    },
}
_REQUIRED = [
    "referral", "clinic", "practice", "state", "priority", "actor_kind", "occurred_at", "links",
]  # fmt: skip
_CHANGED = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[a-z0-9_.]+$", "maxLength": 80},
}


def _schema(name: str) -> dict[str, Any]:
    properties = dict(_PROPERTIES)
    if name == "amended":
        properties["changed"] = _CHANGED
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": _REQUIRED,
        "additionalProperties": False,
    }


REGISTRY: dict[str, EventType] = {
    name: EventType(name=name, version="1.0", schema=_schema(name), since="0.1.0")
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
) -> Event:
    """Write one event and its deliveries, and tell the people concerned.

    The caller holds the lock on the referral's row. `told_as` is another row of the table of
    notifications than the event's own.
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
        "actor_kind": role.value,
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
    notifications.of_event(told_as or name, referral, by=by, event_id=event.event_id)
    return event
