"""What was once written can be read for ever."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from integrations.contract.messages import Message, every_message
from integrations.inbox import parsing
from integrations.models import Partner
from portal import documents
from referrals.lifecycle import Action
from referrals.lifecycle.inputs import inputs_of
from referrals.strict import checked
from tests.cast import Cast
from tests.contract import golden

MESSAGES = {message.key: message for message in every_message()}
KEPT = golden.kept()


def name_of(path: Path) -> str:
    return str(path.relative_to(golden.FOLDER))


def validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=lambda m: m.key)
def test_each_message_has_its_fixture(
    cast: Cast, partner: Partner, settings: Any, message: Message
) -> None:
    """Writes the one that is missing, and fails, so that somebody looks at it and commits it."""
    if golden.place_of(message).exists():
        return
    settings.INSTALLATION, settings.BASE_URL = "golden", "https://tandem.example"
    Partner.objects.update(slug="ehr-golden")
    partner.refresh_from_db()
    golden.keep(message, golden.write(message, cast, partner))
    pytest.fail(f"kept {name_of(golden.place_of(message))}: look at it and commit it")


@pytest.mark.parametrize("path", KEPT, ids=name_of)
def test_a_fixture_is_as_it_was(path: Path) -> None:
    assert golden.sums()[name_of(path)] == golden.sum_of(path)


def test_no_fixture_was_taken_away() -> None:
    assert set(golden.sums()) == {name_of(path) for path in KEPT}
    assert len(KEPT) >= 40


@pytest.mark.parametrize("path", KEPT, ids=name_of)
def test_the_schema_of_its_own_version_reads_it(path: Path) -> None:
    schema = documents.schemas_on_file()[f"{path.stem}.{path.parent.name[1:]}.json"]
    validator(schema).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", KEPT, ids=name_of)
def test_todays_schema_reads_it(path: Path) -> None:
    schema = copy.deepcopy(dict(MESSAGES[path.stem].schema))
    # The name of the version is what differs by right.
    if "dataschema" in schema["properties"]:
        schema["properties"]["dataschema"] = {"type": "string"}
    validator(schema).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize(
    "path", [p for p in KEPT if MESSAGES[p.stem].direction == "received"], ids=name_of
)
def test_the_inbox_and_the_move_still_take_an_old_command(path: Path) -> None:
    command = parsing.read(path.read_bytes())
    data = {name: value for name, value in command.data.items() if name != "expected_version"}
    assert checked(inputs_of(Action(command.action))(data=data)) is not None


def test_a_schema_that_takes_away_no_longer_reads_them() -> None:
    """The control."""
    schema = copy.deepcopy(dict(MESSAGES["referral.declined"].schema))
    del schema["properties"]["data"]["properties"]["late"]
    event = json.loads((golden.FOLDER / "v1.0" / "referral.declined.json").read_bytes())
    assert not validator(schema).is_valid(event)


def test_a_fixture_is_never_written_over() -> None:
    message = MESSAGES["referral.declined"]
    with pytest.raises(FileExistsError):
        golden.keep(message, b"{}")
