"""The AsyncAPI document: fresh, right by the stock parser, and complete."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
import yaml
from django.test import Client
from jsonschema import Draft7Validator

from integrations import topology
from integrations.contract import asyncapi
from integrations.contract.messages import Direction, every_message
from portal.local import oracles
from tests.repository.files import ROOT

DOCUMENT: dict[str, Any] = asyncapi.document(every_message())
ERROR = 0
# What binding 0.3.0 has a field for; further ones are refused by it.
CHANNEL = {"is", "exchange", "queue", "bindingVersion"}
OPERATION = {
    "expiration", "userId", "cc", "priority", "deliveryMode", "mandatory", "bcc", "timestamp",
    "ack", "bindingVersion",
}  # fmt: skip


def parsed(text: str) -> dict[str, Any]:
    """What the stock parser, run by node, says of a document."""
    done = subprocess.run(
        [oracles.node(), "tests/oracles/asyncapi.mjs"], cwd=ROOT, input=text, text=True,
        capture_output=True, check=True, timeout=120,
        env={**os.environ, "ORACLES": str(oracles.TARGET)},
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def errors(told: dict[str, Any]) -> list[Any]:
    return [each for each in told["diagnostics"] if each["severity"] == ERROR]


def test_the_stock_parser_finds_no_error_and_sees_all_of_it() -> None:
    told = parsed((ROOT / "docs" / "asyncapi.yaml").read_text())
    assert errors(told) == []
    document = told["document"]
    assert document["version"] == "3.0.0"
    assert set(document["messages"]) == {message.type for message in every_message()}
    assert document["sends"] == ["sendEvent", "sendAnswer"]
    assert document["receives"] == document["replies"] == ["receiveCommand"]
    assert "{partner}.referral.{event}.v1" in document["channels"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("channels", "commands", "bindings", "amqp", "deliveryLimit"), 20),
        (("operations", "sendEvent", "channel", "$ref"), "#/channels/nothing"),
        (("asyncapi",), "3"),
    ],
)
def test_the_stock_parser_would_see_a_fault(path: tuple[str, ...], value: Any) -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert errors(parsed(json.dumps(broken)))


def test_bindings_have_fields_of_their_version_only() -> None:
    for channel in DOCUMENT["channels"].values():
        assert set(channel["bindings"]["amqp"]) <= CHANNEL
        assert channel["x-rabbitmq"]["arguments"]["x-queue-type"] == "quorum"
    for operation in DOCUMENT["operations"].values():
        assert set(operation["bindings"]["amqp"]) <= OPERATION
    for message in DOCUMENT["components"]["messages"].values():
        amqp = message.get("bindings", {}).get("amqp", {})
        assert set(amqp) <= {"contentEncoding", "messageType", "bindingVersion"}


def test_a_command_names_its_account_and_may_be_signed() -> None:
    receive = DOCUMENT["operations"]["receiveCommand"]
    assert receive["bindings"]["amqp"]["userId"] == "{partner}"
    # What the portal's own account is called is the installation's choice.
    assert "userId" not in DOCUMENT["operations"]["sendEvent"]["bindings"]["amqp"]
    for message in every_message():
        (trait,) = resolved(DOCUMENT["components"]["messages"][message.key]["traits"])
        headers = trait["headers"]["properties"]
        assert "jws" in headers
        assert (set(headers) == {"jws"}) is (message.direction is Direction.RECEIVED)


def test_the_channels_are_those_of_the_topology() -> None:
    events, _, commands, _ = topology.queues_of("{partner}")
    channels = DOCUMENT["channels"]
    told, asked = channels["referralEvents"], channels["commands"]
    assert told["bindings"]["amqp"]["exchange"]["name"] == events.exchange
    assert asked["bindings"]["amqp"]["exchange"]["name"] == commands.exchange
    assert told["x-rabbitmq"]["arguments"] == events.arguments
    assert channels["partnerQueue"]["address"] == "tandem.partner.{partner}"
    assert DOCUMENT["operations"]["receiveCommand"]["reply"]["channel"] == {
        "$ref": "#/channels/commandAnswers"
    }


def resolved(part: Any) -> Any:
    """The document's part with its references replaced by what they refer to."""
    if isinstance(part, list):
        return [resolved(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        found: Any = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return resolved(found)
    return {name: resolved(each) for name, each in part.items()}


@pytest.mark.parametrize("message", every_message(), ids=lambda m: m.key)
def test_a_payload_says_what_the_schema_says(message: Any) -> None:
    told = DOCUMENT["components"]["messages"][message.key]
    payload = resolved(told["payload"])
    assert payload == asyncapi._without_names(message.schema)
    Draft7Validator.check_schema(payload)
    Draft7Validator(payload).validate(told["examples"][0]["payload"])


def test_it_is_served_as_it_stands_on_file(client: Client) -> None:
    answer = client.get("/api/asyncapi.yaml")
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.content == (ROOT / "docs" / "asyncapi.yaml").read_bytes()
    assert yaml.safe_load(answer.content) == DOCUMENT
    assert client.post("/api/asyncapi.yaml").status_code == 405
