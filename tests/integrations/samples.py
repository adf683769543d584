"""A small domain of its own: event types, partners and events for the tests of messages."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from integrations import outbox
from integrations.models import Event, Partner
from integrations.registry import EventType

AUDIENCE = uuid.UUID("11111111-1111-4111-8111-111111111111")
OTHER_AUDIENCE = uuid.UUID("22222222-2222-4222-8222-222222222222")
MOMENT = datetime(2026, 3, 4, 15, 16, 17, tzinfo=UTC)

SCHEMA = {
    "type": "object",
    "properties": {
        "state": {"enum": ["submitted", "accepted"]},
        "version": {"type": "integer", "minimum": 1},
        "occurred_at": {"type": "string", "format": "date-time"},
        "actor_kind": {"enum": ["person", "partner", "system"]},
    },
    "required": ["state", "version", "occurred_at"],
    "additionalProperties": False,
}
SUBMITTED = EventType("submitted", "1.0", SCHEMA, "0.1")
ACCEPTED = EventType("accepted", "1.0", SCHEMA, "0.1")
REGISTRY = {"submitted": SUBMITTED, "accepted": ACCEPTED}


def a_partner(slug: str = "ehr", *, audience: uuid.UUID = AUDIENCE, **more: Any) -> Partner:
    return Partner.objects.create(
        slug=slug, name=slug, scope_key=audience, client_id=f"client-{slug}", **more
    )


def payload(version: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "state": "submitted",
        "version": version,
        "occurred_at": "2026-03-04T15:16:17Z",
        **more,
    }


def an_event(
    subject: uuid.UUID | None = None,
    *,
    event: EventType = SUBMITTED,
    audience: uuid.UUID | None = AUDIENCE,
    version: int = 1,
    **more: Any,
) -> Event:
    with transaction.atomic():
        return outbox.emit(
            event=event,
            subject=subject or uuid.uuid4(),
            data=payload(version),
            audience=audience,
            occurred_at=MOMENT,
            **more,
        )
