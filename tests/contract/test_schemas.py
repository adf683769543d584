"""The schemas describe what is really written and read, and nothing more."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from integrations.contract.examples import example
from integrations.contract.messages import CommandType, Direction, Message, every_message
from integrations.models import Delivery, Event
from referrals import commands
from referrals.errors import Invalid
from referrals.event_words import GROUPS, SUMMARIES
from referrals.events import REGISTRY
from referrals.inbound import ACTIONS
from referrals.lifecycle import Action, State
from referrals.lifecycle.input_schemas import schema_of
from referrals.lifecycle.inputs import INPUTS, inputs_of
from referrals.strict import checked
from tests.cast import Cast
from tests.walks import inputs, referral_at

MESSAGES = every_message()
COMMANDS = [message for message in MESSAGES if message.direction is Direction.RECEIVED]


def fits(schema: Any, value: Any) -> bool:
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(schema, format_checker=checker).is_valid(value)


def validators() -> dict[str, Draft202012Validator]:
    checker = Draft202012Validator.FORMAT_CHECKER
    return {m.type: Draft202012Validator(m.schema, format_checker=checker) for m in MESSAGES}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.key)
def test_a_schema_is_one_and_its_own_example_fits(message: Message) -> None:
    Draft202012Validator.check_schema(dict(message.schema))
    made = example(message.schema)
    assert fits(message.schema, made)
    assert message.summary.endswith(".") and message.since
    made.pop("subject")
    assert not fits(message.schema, made)


def test_every_type_has_its_message() -> None:
    assert {m.name for m in COMMANDS} == ACTIONS == set(commands.REGISTRY)
    assert set(REGISTRY) == set(SUMMARIES)
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(REGISTRY)
    assert {m.name for m in MESSAGES if m.family == "referral"} == {*REGISTRY, "skipped"}
    assert {m.name for m in MESSAGES if m.is_answer} == {"accepted", "rejected", "skipped"}


@pytest.mark.parametrize("state", [State.CLOSED, State.DECLINED, State.REDIRECTED])
def test_what_is_written_fits_for_partners_and_for_people(cast: Cast, partner, state) -> None:
    referral_at(state, cast)
    schemas = validators()
    rows = [*Event.objects.values_list("body", flat=True),
            *Delivery.objects.values_list("body", flat=True)]  # fmt: skip
    assert len(rows) > 5
    for body in rows:
        event = json.loads(bytes(body))
        schemas[event["type"]].validate(event)


def spoiled(schema: dict[str, Any], good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Copies with one fault each: a field missing, unknown, of another type, too long."""
    for name in schema.get("required", ()):
        yield {key: value for key, value in good.items() if key != name}
    yield {**good, "unheard_of": 1}
    for name, part in schema["properties"].items():
        yield {**good, name: {"of": "another type"} if part["type"] != "object" else "text"}
        if "maxLength" in part:
            yield {**good, name: "x" * (part["maxLength"] + 1)}
        if "enum" in part:
            yield {**good, name: "no such value"}
        if part["type"] == "string":
            yield {**good, name: None}


def accepts(action: Action, data: Any) -> bool:
    try:
        checked(inputs_of(action)(data=data))
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("action", sorted(INPUTS), ids=lambda a: a.value)
def test_a_schema_of_inputs_agrees_with_the_serializer(cast: Cast, action: Action) -> None:
    schema = schema_of(inputs_of(action)())
    good = {
        name: value
        for name, value in (inputs(action, cast) or example(schema)).items()
        if value is not None
    }
    if accepts(action, good):
        assert fits(schema, good)
    for bad in spoiled(schema, good):
        assert not fits(schema, bad), bad
        assert not accepts(action, bad), bad


@pytest.mark.parametrize("message", COMMANDS, ids=lambda m: m.name)
def test_a_commands_schema_takes_what_the_move_takes(cast: Cast, message: Message) -> None:
    data = {"expected_version": 3, **inputs(Action(message.name), cast)}
    command = {**example(message.schema), "data": data}
    assert fits(message.schema, command)
    assert fits(message.schema, {**command, "time": "2026-11-23T19:05:00Z", "mine": "x"})
    assert not fits(message.schema, {**command, "data": {**data, "unheard_of": 1}})
    assert not fits(message.schema, {**command, "data": {**data, "expected_version": "3"}})
    assert not fits(message.schema, {**command, "id": "two words"})


def test_a_kind_of_field_without_a_translation_is_refused() -> None:
    from rest_framework import serializers

    class Odd(serializers.Serializer):
        when = serializers.DurationField()

    with pytest.raises(TypeError, match="DurationField"):
        schema_of(Odd())


def test_a_second_major_version_of_a_command_is_another_action() -> None:
    with pytest.raises(ValueError, match="version"):
        CommandType("schedule", "2.0", {}, "0.2.0", "x")


def test_a_writer_that_adds_something_is_seen() -> None:
    """The control: closed at every depth."""
    chance = random.Random(1)
    for message in chance.sample([m for m in MESSAGES if m.family == "referral"], 5):
        made = example(message.schema)
        for path in ((), ("data",), ("data", "referral"), ("data", "links")):
            wrong = copy.deepcopy(made)
            place = wrong
            for step in path:
                place = place[step]
            place["patient"] = "Somebody"
            assert not fits(message.schema, wrong), path
