"""JSON Schemas of whole CloudEvents: the attributes of the envelope, by who writes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SLUG = r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?"
_ANY_ID = r"^[\x21-\x7e]{1,255}$"
_MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
_ID = "019a6b1e-5a3c-7b1e-9c55-2f1d3a6b7c8d"
_SUBJECT = "6f0d0b0e-6a38-4bb1-b1d3-6a4f6d1c2b3a"


def _text(description: str, pattern: str, example: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "string", "description": description, "pattern": pattern, "examples": [example],
        **more,
    }  # fmt: skip


def _constant(value: str) -> dict[str, Any]:
    return {"type": "string", "const": value}


# What every event of ours has, by attribute.
SHARED: dict[str, dict[str, Any]] = {
    "specversion": _constant("1.0"),
    "id": _text(
        "The same event has the same id for every partner and at every resend (UUIDv7).",
        f"^{_UUID}$", _ID,
    ),
    "subject": _text("The referral's id.", f"^{_UUID}$", _SUBJECT),
    "time": _text("When it happened.", _MOMENT, "2026-11-23T19:05:00.000000Z",
                  format="date-time"),
    "recordedtime": _text("When it was written down.", _MOMENT, "2026-11-23T19:05:00.004210Z",
                          format="date-time"),
    "datacontenttype": _constant("application/json"),
    "sequence": _text("Counts from 1 without a gap for each source.", r"^\d{10}$", "0000000006"),
    "partitionkey": _text(
        "Whose order is kept: your slug and the referral, or your slug and `commands`. "
        "Left out where a person reads the feed.",
        rf"^{_SLUG}:(?:commands|{_UUID})$", f"ehr-demo:{_SUBJECT}",
    ),
    "traceparent": _text(
        "The trace of the request that caused it (W3C Trace Context).",
        r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    "correlationid": _text("Of an answer: the id of the command.", _ANY_ID, "cmd-0001"),
    "causationid": _text("The id of what caused it.", _ANY_ID, "cmd-0001"),
}  # fmt: skip
_OPTIONAL = ("partitionkey", "traceparent", "correlationid", "causationid")
# Of an event that no command caused: possible, and not in its example.
_UNCOMMON = {
    name: {key: value for key, value in SHARED[name].items() if key != "examples"}
    for name in ("traceparent", "correlationid", "causationid")
}
_EVENT_SOURCE = _text(
    "The referral, as its reader sees it: the same for all of a referral's events.",
    rf"^urn:tandem:[^:\s]+:referral:{_UUID}(?::partner:{_SLUG})?$",
    f"urn:tandem:demo:referral:{_SUBJECT}:partner:ehr-demo",
)
_ANSWER_SOURCE = _text(
    "The answers to your commands.",
    rf"^urn:tandem:[^:\s]+:commands:partner:{_SLUG}$", "urn:tandem:demo:commands:partner:ehr-demo",
)  # fmt: skip
_ORDER = (
    "specversion", "id", "type", "source", "subject", "time", "recordedtime", "datacontenttype",
    "dataschema", "sequence", "partitionkey", "traceparent", "correlationid", "causationid",
)  # fmt: skip


def of_event(
    *, type_: str, dataschema: str, data: Mapping[str, Any], answers: bool, always: Collection[str]
) -> dict:
    """The schema of an event that we write: closed, and every attribute in its exact form.

    `answers`: its source is that of a partner's answers, not a referral. `always` are the
    attributes that every event of this type has, though others may lack them.
    """
    own = {
        "type": _constant(type_),
        "source": _ANSWER_SOURCE if answers else _EVENT_SOURCE,
        "dataschema": _constant(dataschema),
    }
    uncommon = {name: part for name, part in _UNCOMMON.items() if name not in always}
    shared = {**SHARED, **uncommon}
    properties = {name: shared.get(name) or own[name] for name in _ORDER}
    required = [name for name in _ORDER if name not in _OPTIONAL or name in always]
    return {
        "type": "object",
        "properties": {**properties, "data": {"$id": dataschema, **_bare(data)}},
        "required": [*required, "data"],
        "additionalProperties": False,
    }


def of_command(*, type_: str, data: Mapping[str, Any]) -> dict:
    """The schema of a command that a partner writes: attributes of its own are its affair."""
    return {
        "type": "object",
        "properties": {
            "specversion": _constant("1.0"),
            "id": _text(
                "Yours. The same id with the same bytes takes effect once.", _ANY_ID, "cmd-0001"
            ),
            "type": _constant(type_),
            "source": _text("Names your system.", r"^.{1,255}$", "urn:example:ehr"),
            "subject": _text("The referral's id.", f"^{_UUID}$", _SUBJECT),
            "data": _bare(data),
        },
        "required": ["specversion", "id", "type", "source", "subject"],
    }


def _bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in schema.items() if name != "$schema"}
