"""Read a partner's message: what it must be before anybody looks at its data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations import strict_json
from integrations.errors import IntegrationError
from integrations.inbox.reasons import Reason

LARGEST_BODY = 256 * 1024
CONTENT_TYPE = "application/cloudevents+json"

_TYPE = re.compile(r"tandem\.command\.([a-z][a-z_]{0,60})\.v1")
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_REQUIRED = ("id", "source", "type", "subject")


class Unreadable(IntegrationError):
    """The message cannot be read; `reason` says why, without its content."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Arrival:
    """One message as the broker handed it over; `signature` is None where it has no such header."""

    body: bytes
    content_type: str
    user_id: str
    routing_key: str
    signature: str | None = None


@dataclass(frozen=True)
class Command:
    """A readable command of a partner; `time` as it came, empty where there is none."""

    id: str
    source: str
    type: str
    action: str
    subject: UUID
    data: Mapping[str, Any]
    time: str = ""


def check_arrival(arrival: Arrival, *, account: str) -> None:
    """Size, kind and sender. The broker has checked that user_id is the sender's account."""
    if len(arrival.body) > LARGEST_BODY:
        raise Unreadable(Reason.TOO_LARGE)
    if arrival.user_id != account:
        raise Unreadable(Reason.WRONG_ACCOUNT)
    if arrival.content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise Unreadable(Reason.CONTENT_TYPE)


def read(body: bytes) -> Command:
    """The command in these bytes, or Unreadable."""
    envelope = _object(body)
    texts = [envelope.get(name) for name in _REQUIRED]
    sound = all(isinstance(text, str) and 0 < len(text) <= 255 for text in texts)
    if not sound or envelope.get("specversion") != "1.0":
        raise Unreadable(Reason.NOT_AN_EVENT)
    id_, source, type_, subject = map(str, texts)
    known = _TYPE.fullmatch(type_)
    data = envelope.get("data", {})
    if not known:
        raise Unreadable(Reason.UNKNOWN_TYPE)
    if not isinstance(data, dict) or not _ID.fullmatch(id_) or not source.isprintable():
        raise Unreadable(Reason.NOT_AN_EVENT)
    time = envelope.get("time")
    return Command(
        id_, source, type_, known[1], _subject(subject), data, time if isinstance(time, str) else ""
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        envelope = strict_json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable(Reason.NOT_JSON) from None
    if not isinstance(envelope, dict):
        raise Unreadable(Reason.NOT_AN_EVENT)
    return envelope


def _subject(text: str) -> UUID:
    try:
        subject = UUID(text)
    except ValueError:
        raise Unreadable(Reason.SUBJECT) from None
    if str(subject) != text.lower():
        raise Unreadable(Reason.SUBJECT)
    return subject
