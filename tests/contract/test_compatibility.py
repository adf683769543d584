"""Every kind of breaking change is refused, and what only adds is not."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.contract import compatibility
from integrations.contract.messages import Direction, Message, every_message
from portal import documents

MESSAGES = {message.key: message for message in every_message()}
EVENT, COMMAND = "referral.declined", "command.schedule"
Schema = dict[str, Any]


def changed(message: Message, change: Callable[[Schema], Any], version: str) -> Message:
    schema = copy.deepcopy(dict(message.schema))
    change(schema)
    return dataclasses.replace(message, schema=schema, version=version)


def judged(key: str, change: Callable[[Schema], Any], version: str = "1.1") -> list[str]:
    message = MESSAGES[key]
    released = {message.file_name: message.schema}
    return compatibility.problems(released, [changed(message, change, version)])


def fields(schema: Schema) -> Schema:
    return schema["properties"]["data"]["properties"]


def required(schema: Schema) -> list[str]:
    return schema["properties"]["data"]["required"]


def rename(schema: Schema) -> None:
    fields(schema)["urgency"] = fields(schema).pop("priority")


def drop_nested(schema: Schema) -> None:
    del fields(schema)["referral"]["properties"]["reference"]


def no_longer_sure(schema: Schema) -> None:
    schema["properties"]["data"]["required"] = [n for n in required(schema) if n != "state"]


BREAKING_EVENTS: dict[str, tuple[Callable[[Schema], Any], str]] = {
    "a field is removed": (lambda s: fields(s).pop("late"), "/data/late was removed"),
    "a field of an object is removed": (drop_nested, "/data/referral/reference was removed"),
    "a field is renamed": (rename, "/data/priority was removed or renamed"),
    "an attribute is removed": (lambda s: s["properties"].pop("sequence"), "/sequence was removed"),
    "a field has another type": (
        lambda s: fields(s)["referral"]["properties"]["version"].update(type="string"),
        "version has another type",
    ),
    "a field may be null": (
        lambda s: fields(s)["clinic"].update(type=["string", "null"]), "/clinic has another type",
    ),
    "a field is no longer sure": (no_longer_sure, "/data/state is no longer always there"),
    "a value is new": (
        lambda s: fields(s)["priority"]["enum"].append("p4"), "may have further values",
    ),
    "any value goes": (lambda s: fields(s)["priority"].pop("enum"), "may have further values"),
    "a value is gone": (
        lambda s: fields(s)["priority"]["enum"].remove("p0"), "allows fewer values",
    ),
    "the type is another": (
        lambda s: s["properties"]["type"].update(const="tandem.referral.refused.v1"),
        "/type allows fewer values",
    ),
    "a pattern is another": (
        lambda s: fields(s)["clinic"].update(pattern="."), "/clinic has another pattern",
    ),
    "a format is given up": (
        lambda s: fields(s)["occurred_at"].pop("format"), "has another format",
    ),
    "the writer may add what it likes": (
        lambda s: s["properties"]["data"].update(additionalProperties=True), "was opened",
    ),
}  # fmt: skip
BREAKING_COMMANDS: dict[str, tuple[Callable[[Schema], Any], str]] = {
    "an input is removed": (lambda s: fields(s).pop("place"), "/data/place was removed"),
    "an input is newly required": (
        lambda s: required(s).append("place"), "/data/place is newly required",
    ),
    "a new input is required": (
        lambda s: (fields(s).update(room={"type": "string"}), required(s).append("room")),
        "/data/room is newly required",
    ),
    "an attribute is newly required": (
        lambda s: s["required"].append("data"), "/data is newly required",
    ),
    "an input has another type": (
        lambda s: fields(s)["time_zone"].update(type="integer"), "has another type",
    ),
    "null is refused": (
        lambda s: fields(s)["place"].update(type="string"), "/place has another type",
    ),
    "a value is refused": (
        lambda s: fields(s)["mode"]["enum"].remove("video"), "allows fewer values",
    ),
    "values are listed that were free": (
        lambda s: fields(s)["time_zone"].update(enum=["UTC"]), "allows fewer values",
    ),
    "a text has to be shorter": (
        lambda s: fields(s)["place"].update(maxLength=10), "tighter maxLength",
    ),
    "a text has to be longer": (
        lambda s: fields(s)["place"].update(minLength=2), "tighter minLength",
    ),
    "a pattern is new": (
        lambda s: fields(s)["time_zone"].update(pattern="^A"), "tighter pattern",
    ),
    "attributes of one's own are refused": (
        lambda s: s.update(additionalProperties=False), "was closed",
    ),
}  # fmt: skip
ADDITIVE: dict[str, tuple[str, Callable[[Schema], Any]]] = {
    "an event has a new field": (EVENT, lambda s: fields(s).update(ward={"type": "string"})),
    "an event always has a new field": (
        EVENT, lambda s: (fields(s).update(ward={"type": "string"}), required(s).append("ward")),
    ),
    "a field is always there from now on": (EVENT, lambda s: required(s).append("late")),
    "a command may say more": (COMMAND, lambda s: fields(s).update(room={"type": "string"})),
    "a command may leave something out": (COMMAND, lambda s: required(s).remove("time_zone")),
    "a command has a further value": (COMMAND, lambda s: fields(s)["mode"]["enum"].append("x")),
    "a text may be longer": (COMMAND, lambda s: fields(s)["place"].update(maxLength=900)),
    "a limit is lifted": (COMMAND, lambda s: fields(s)["place"].pop("maxLength")),
    "null is allowed": (COMMAND, lambda s: fields(s)["mode"].update(type=["string", "null"])),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKING_EVENTS)
def test_a_change_that_breaks_readers_is_refused(name: str) -> None:
    change, words = BREAKING_EVENTS[name]
    found = judged(EVENT, change)
    assert any(words in fault and "make it a new type" in fault for fault in found), found


@pytest.mark.parametrize("name", BREAKING_COMMANDS)
def test_a_change_that_breaks_writers_is_refused(name: str) -> None:
    change, words = BREAKING_COMMANDS[name]
    found = judged(COMMAND, change)
    assert any(words in fault and "make it a new type" in fault for fault in found), found


@pytest.mark.parametrize("name", ADDITIVE)
def test_what_only_adds_passes_as_a_new_minor_version_and_not_in_silence(name: str) -> None:
    key, change = ADDITIVE[name]
    assert judged(key, change) == []
    if name != "a field is always there from now on":
        (fault,) = judged(key, change, version="1.0")
        assert "give it version 1.1" in fault


def test_a_remark_is_no_change() -> None:
    assert judged(EVENT, lambda s: fields(s)["state"].update(description="x"), "1.0") == []


def test_a_type_that_is_gone_is_refused() -> None:
    message = MESSAGES[EVENT]
    (fault,) = compatibility.problems({message.file_name: message.schema}, [])
    assert fault == "referral.declined 1.0: the type is gone"


def test_a_version_does_not_go_back() -> None:
    message = MESSAGES[EVENT]
    later = {"referral.declined.1.3.json": message.schema}
    (fault,) = compatibility.problems(later, [message])
    assert "1.3 is released" in fault


def test_an_older_minor_version_binds_as_the_latest_does() -> None:
    """1.2 keeps 1.1 and breaks 1.0: it is 1.0 that says so."""
    message = MESSAGES[EVENT]
    without = changed(message, lambda s: fields(s).pop("late"), "1.2")
    released = {message.file_name: message.schema, "referral.declined.1.1.json": without.schema}
    (fault,) = compatibility.problems(released, [without])
    assert "breaks 1.0" in fault


def test_the_messages_keep_what_is_on_file() -> None:
    on_file = documents.schemas_on_file()
    assert compatibility.problems(on_file, every_message()) == []
    assert {message.file_name for message in every_message()} <= set(on_file)
    assert {m.direction for m in every_message()} == set(Direction)


def test_make_docs_refuses_to_write_over_a_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    one = changed(MESSAGES[EVENT], lambda s: fields(s).pop("late"), "1.0")
    others = [m for m in every_message() if m.key != EVENT]
    monkeypatch.setattr(documents, "every_message", lambda: [one, *others])
    monkeypatch.setattr(documents, "write", lambda: pytest.fail("it wrote"))
    for options in ({}, {"check": True}):
        with pytest.raises(CommandError, match="/data/late was removed"):
            call_command("generate_docs", **options)
