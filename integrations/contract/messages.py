"""Every type of message that crosses the border, from the registries, with its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from integrations import tombstones
from integrations.contract import envelopes
from integrations.inbox import answers
from integrations.registry import EventType, registered

_VERSION = re.compile(r"1\.[0-9]+")


class Direction(StrEnum):
    """Who writes it: which changes are harmless depends on it."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True)
class CommandType:
    """One command that partners may send. `schema` is JSON Schema 2020-12 of `data`.

    `version` is "1.<minor>": a second major version would be another action.
    """

    action: str
    version: str
    schema: Mapping[str, Any]
    since: str
    summary: str

    def __post_init__(self) -> None:
        if not _VERSION.fullmatch(self.version):
            raise ValueError(f"Not the version of a command: {self.version!r}")

    @property
    def type(self) -> str:
        """The CloudEvents type, `tandem.command.<action>.v1`."""
        return f"tandem.command.{self.action}.v1"


@dataclass(frozen=True)
class Message:
    """One type and version of a message. `schema` is that of the whole CloudEvent."""

    family: str
    name: str
    version: str
    type: str
    since: str
    summary: str
    direction: Direction
    schema: Mapping[str, Any]

    @property
    def key(self) -> str:
        """`<family>.<name>`, which no two types share."""
        return f"{self.family}.{self.name}"

    @property
    def file_name(self) -> str:
        return f"{self.key}.{self.version}.json"

    @property
    def routing_key(self) -> str:
        """With `{partner}` where the partner's slug stands."""
        tail = self.name if self.direction is Direction.RECEIVED else self.type[len("tandem.") :]
        return f"{{partner}}.{tail}"

    @property
    def data_schema(self) -> Mapping[str, Any]:
        return self.schema["properties"]["data"]

    @property
    def is_answer(self) -> bool:
        return self.family == "command" and self.direction is Direction.SENT


def commands() -> Mapping[str, CommandType]:
    """The commands of the domain by action, from settings.INTEGRATIONS_COMMAND_REGISTRY."""
    return import_string(settings.INTEGRATIONS_COMMAND_REGISTRY)


def every_message() -> list[Message]:
    """Events first, then commands, then the answers to them."""
    return [*_events(), *(_command(each) for each in commands().values()), *_answers()]


def _events() -> Iterator[Message]:
    for event in registered().values():
        yield _event(event)
    yield _event(tombstones.REGISTRY["referral.skipped"], "partitionkey", "causationid")


def _answers() -> Iterator[Message]:
    for event in answers.REGISTRY.values():
        yield _event(event, "partitionkey", "correlationid", "causationid")
    yield _event(tombstones.REGISTRY["command.skipped"], "partitionkey", "causationid")


def _event(event: EventType, *always: str) -> Message:
    body = envelopes.of_event(
        type_=event.type,
        dataschema=event.dataschema,
        data=event.schema,
        answers=event.family == "command",
        always=always,
    )
    schema = _titled(f"{event.family}:{event.name}", event.version, event.type, event.summary)
    return Message(
        event.family, event.name, event.version, event.type, event.since, event.summary,
        Direction.SENT, {**schema, **body},
    )  # fmt: skip


def _command(command: CommandType) -> Message:
    body = envelopes.of_command(type_=command.type, data=command.schema)
    name = f"command:{command.action}"
    schema = _titled(name, command.version, command.type, command.summary)
    return Message(
        "command", command.action, command.version, command.type, command.since,
        command.summary, Direction.RECEIVED, {**schema, **body},
    )  # fmt: skip


def _titled(name: str, version: str, title: str, summary: str) -> dict[str, Any]:
    return {
        "$schema": envelopes.DRAFT,
        "$id": f"urn:tandem:event:{name}:{version}",
        "title": title,
        "description": summary,
    }
