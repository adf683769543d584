"""The catalogue of messages in rows and words, for its two pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations.contract.examples import example
from integrations.contract.messages import Direction, Message

TITLE = "Messages for partner systems"
SECTIONS = (
    ("events", "Events", "What happened. Published to the queue of each partner that is entitled."),
    ("commands", "Commands", "What a partner system may ask for, published by the partner."),
    ("answers", "Answers", "What became of a command, in the queue of the partner that sent it."),
)


@dataclass(frozen=True)
class Field:
    """One field of a message; `name` is its path, with dots."""

    name: str
    kind: str
    always: bool
    words: SafeString
    values: tuple[str, ...]


def section_of(message: Message) -> str:
    if message.direction is Direction.RECEIVED:
        return "commands"
    return "answers" if message.is_answer else "events"


def sections(messages: list[Message]) -> list[dict[str, Any]]:
    """The three tables of the catalogue."""
    return [
        {
            "id": id_,
            "title": title,
            "words": words,
            "rows": [_row(each) for each in messages if section_of(each) == id_],
        }
        for id_, title, words in SECTIONS
    ]


def _row(message: Message) -> dict[str, Any]:
    return {
        "message": message,
        "summary": in_html(message.summary),
        "url": reverse("event-type", args=[message.key]),
    }


def in_html(words: str) -> SafeString:
    """Words of the contract for a page: what stands between backticks is code."""
    plain, *rest = words.split("`")
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return format_html("{}{}", plain, format_html_join("", "<code>{}</code>{}", pairs))


def details(message: Message) -> dict[str, Any]:
    """What the page of one message shows."""
    envelope = {name: part for name, part in message.schema["properties"].items() if name != "data"}
    return {
        "message": message,
        "summary": in_html(message.summary),
        "crumbs": [{"label": TITLE, "url": reverse("event-catalogue")}],
        "attributes": list(_fields({**message.schema, "properties": envelope})),
        "fields": list(_fields(message.data_schema)),
        "example": json.dumps(example(message.schema), indent=2, ensure_ascii=False),
        "schema_url": reverse("event-schema", args=[message.file_name]),
    }


def _fields(schema: Mapping[str, Any], prefix: str = "") -> Iterator[Field]:
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        yield _field(prefix + name, part, always=name in required)
        yield from _fields(part, f"{prefix}{name}.")


def _field(name: str, part: Mapping[str, Any], *, always: bool) -> Field:
    values = [part["const"]] if "const" in part else part.get("enum", ())
    shown = tuple(str(value) for value in values if value is not None)
    return Field(name, _kind(part), always, in_html(part.get("description", "")), shown)


def _kind(part: Mapping[str, Any]) -> str:
    named = part.get("type", "any")
    words = " or ".join([named] if isinstance(named, str) else named)
    found = f"{words} of {_kind(part['items'])}s" if "items" in part else words
    limits = [f"{part['format']}"] if "format" in part else []
    limits += [f"at most {part['maxLength']} characters"] if "maxLength" in part else []
    return ", ".join([found, *limits])
