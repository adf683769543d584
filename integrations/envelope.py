"""CloudEvents 1.0 in structured JSON, as they are stored and sent (cloudevents.io/spec/v1.0)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
HEADER_PREFIX = "cloudEvents_"
# How often a message was tried, from 1.
ATTEMPT_HEADER = "x-portal-attempt"

# Ids of partners come back to them: any printable ASCII, no spaces, as AMQP can carry it.
_TOKEN = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Facts:
    """What all copies of one event have in common. Empty optional attributes are left out."""

    id: UUID
    type: str
    subject: UUID
    time: datetime
    recorded_at: datetime
    dataschema: str
    data: Mapping[str, Any]
    correlationid: str = ""
    causationid: str = ""
    traceparent: str = ""

    def __post_init__(self) -> None:
        for name in ("correlationid", "causationid"):
            value = getattr(self, name)
            if value and not _TOKEN.fullmatch(value):
                raise ValueError(f"{name} must be an id of at most 255 characters")


def source_of(subject: UUID, family: str = "referral") -> str:
    """The source of a subject's events in a person's feed."""
    return f"urn:tandem:{settings.INSTALLATION}:{family}:{subject}"


def partner_source_of(subject: UUID, slug: str, family: str = "referral") -> str:
    """The source of a subject's events as one partner sees them."""
    return f"{source_of(subject, family)}:partner:{slug}"


def answers_source_of(slug: str) -> str:
    """The source of the answers to one partner's commands."""
    return f"urn:tandem:{settings.INSTALLATION}:commands:partner:{slug}"


def sequence_text(number: int) -> str:
    """Ten digits, so that the text sorts like the number (CloudEvents sequence extension)."""
    return f"{number:010d}"


def render(facts: Facts, *, source: str, sequence: int, partitionkey: str = "") -> bytes:
    """The exact bytes of one copy."""
    attributes = {
        "specversion": "1.0",
        "id": str(facts.id),
        "type": facts.type,
        "source": source,
        "subject": str(facts.subject),
        "time": instant(facts.time),
        "recordedtime": instant(facts.recorded_at),
        "datacontenttype": "application/json",
        "dataschema": facts.dataschema,
        "sequence": sequence_text(sequence),
        "partitionkey": partitionkey,
        "traceparent": facts.traceparent,
        "correlationid": facts.correlationid,
        "causationid": facts.causationid,
    }
    envelope: dict[str, Any] = {name: value for name, value in attributes.items() if value}
    envelope["data"] = facts.data
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def attributes_of(body: bytes) -> dict[str, str]:
    """The context attributes of a rendered event."""
    envelope = json.loads(body)
    return {name: value for name, value in envelope.items() if name != "data"}


def headers_of(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes as AMQP headers, all strings (the binding's underscore form)."""
    return {HEADER_PREFIX + name: str(value) for name, value in attributes.items()}


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    if moment.tzinfo is None:
        raise ValueError("The time of an event must know its offset")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
