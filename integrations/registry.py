"""Event types: name, version and the JSON Schema of the data, from one registry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from jsonschema import Draft202012Validator

from integrations.errors import PayloadRefused, UnknownEvent

_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
_VERSION = re.compile(r"[1-9][0-9]*\.[0-9]+")


@dataclass(frozen=True)
class EventType:
    """One type of event.

    `version` is "<major>.<minor>": the major is part of the type and the routing key, the
    minor of the schema's name only. `schema` is JSON Schema 2020-12 of `data`; every object
    in it must forbid additional properties. `since` names the release that brought it;
    `summary` says in one sentence what happened.
    """

    name: str
    version: str
    schema: Mapping[str, Any] = field(hash=False, compare=False)
    since: str
    family: str = "referral"
    summary: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or not _VERSION.fullmatch(self.version):
            raise ValueError(f"Not an event's name and version: {self.name!r} {self.version!r}")
        Draft202012Validator.check_schema(self.schema)
        if not all(_closed(part) for part in _objects(self.schema)):
            raise ValueError(f"The schema of {self.name} leaves an object open")

    @property
    def major(self) -> str:
        return self.version.split(".", maxsplit=1)[0]

    @property
    def type(self) -> str:
        """The CloudEvents type, `tandem.referral.<name>.v1`."""
        return f"tandem.{self.topic}"

    @property
    def topic(self) -> str:
        """The routing key without the partner: `referral.<name>.v1`."""
        return f"{self.family}.{self.name}.v{self.major}"

    @property
    def dataschema(self) -> str:
        return f"urn:tandem:schema:{self.family}:{self.name}:{self.version}"

    def check(self, data: Mapping[str, Any]) -> None:
        """Raise PayloadRefused, naming the fields and rules but no value."""
        faults = [
            f"{'/'.join(map(str, fault.absolute_path)) or '(top)'}: {fault.validator}"
            for fault in self._validator.iter_errors(dict(data))
        ]
        if faults:
            raise PayloadRefused(f"{self.type}: " + "; ".join(sorted(faults)))

    @cached_property
    def _validator(self) -> Draft202012Validator:
        checker = Draft202012Validator.FORMAT_CHECKER
        return Draft202012Validator(self.schema, format_checker=checker)


def registered() -> Mapping[str, EventType]:
    """The domain's event types by name, from settings.INTEGRATIONS_EVENT_REGISTRY."""
    return import_string(settings.INTEGRATIONS_EVENT_REGISTRY)


def find(name: str) -> EventType:
    """The registered type of this name, or UnknownEvent."""
    try:
        return registered()[name]
    except KeyError:
        raise UnknownEvent(name) from None


def _objects(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        if "properties" in schema or _may_be_object(schema.get("type")):
            yield schema
        for key, part in schema.items():
            if key not in ("enum", "const", "examples", "default"):
                yield from _objects(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from _objects(part)


def _may_be_object(type_: Any) -> bool:
    return type_ == "object" or (isinstance(type_, list | tuple) and "object" in type_)


def _closed(schema: Mapping[str, Any]) -> bool:
    return schema.get("additionalProperties") is False
