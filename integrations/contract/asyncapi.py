"""The messages as an AsyncAPI 3.0.0 document, from the registries and the topology.

Seen from the portal: it sends events and answers and receives commands. AMQP bindings 0.3.0 know
exchanges and routing keys; what they have no field for stands under `x-rabbitmq`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from integrations import envelope, signing, topology
from integrations.contract.envelopes import SHARED
from integrations.contract.examples import example
from integrations.contract.messages import Direction, Message, every_message
from integrations.contract.sharing import Shared
from integrations.inbox import signatures

BINDING = "0.3.0"
PARTNER = "{partner}"
EVENTS, COMMANDS, ANSWERS, QUEUE = "referralEvents", "commands", "commandAnswers", "partnerQueue"

_INTRODUCTION = """\
What Tandem tells a clinic's partner systems, and what they may ask of it, over RabbitMQ
(AMQP 0-9-1). Every message is a CloudEvent 1.0 in structured JSON and holds ids, states and coarse
classes, nothing of a patient. Delivery is at least once: drop repeated ids. Order is kept for each
`source`: `sequence` counts from 1 without a gap. docs/partner-guide.md is the guide."""
_PARAMETERS = {
    "partner": {
        "description": "The slug of the partner: the name of its account and of its queues.",
        "examples": ["ehr-demo"],
    }
}


def render() -> str:
    """The document as YAML."""
    return yaml.dump(
        document(every_message()), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100
    )


def document(messages: Iterable[Message]) -> dict[str, Any]:
    """The whole document, of these messages."""
    found = list(messages)
    shared = Shared(_without_names(message.schema) for message in found)
    components = {message.key: _message(message, shared) for message in found}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tandem messages",
            "version": "1.0.0",
            "description": _INTRODUCTION,
        },
        "defaultContentType": envelope.CONTENT_TYPE,
        "servers": {"broker": _server()},
        "channels": _channels(found),
        "operations": _operations(found),
        "components": {
            "messages": components,
            "messageTraits": {
                "cloudEventHeaders": _headers(shared),
                "commandHeaders": _command_headers(),
            },
            "schemas": shared.components(),
            "securitySchemes": {
                "account": {
                    "type": "userPassword",
                    "description": "The broker's account of the partner, named as its slug.",
                }
            },
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "broker.tandem.example",
        "protocol": "amqps",
        "protocolVersion": "0.9.1",
        "description": "The installation's broker. The clinic gives you its address.",
        "security": [{"$ref": "#/components/securitySchemes/account"}],
    }


# --- Channels --------------------------------------------------------------------------------


def _channels(messages: list[Message]) -> dict[str, Any]:
    own, _, commands, _ = topology.queues_of(PARTNER)
    events, answers, asked = _of_events(messages), _of_answers(messages), _of_commands(messages)
    return {
        EVENTS: _channel(
            f"{PARTNER}.referral.{{event}}.v1", "What happened to the clinic's referrals.",
            events, own, event=events,
        ),
        ANSWERS: _channel(
            f"{PARTNER}.command.{{answer}}.v1", "The answers to a partner's commands.",
            answers, own, answer=answers,
        ),
        COMMANDS: _channel(
            f"{PARTNER}.{{action}}", "What a partner asks for.", asked, commands, action=asked
        ),
        QUEUE: _queue_channel(own, [*events, *answers]),
    }  # fmt: skip


def _channel(
    address: str, description: str, messages: list[Message], queue: topology.Queue,
    **parameter: list[Message],
) -> dict[str, Any]:  # fmt: skip
    named = {
        name: {"description": f"The {name}.", "enum": [each.name for each in values]}
        for name, values in parameter.items()
    }
    exchange = {
        "name": queue.exchange, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/",
    }  # fmt: skip
    return {
        "address": address,
        "description": f"{description} The address is the routing key.",
        "messages": _references(messages),
        "parameters": {**_PARAMETERS, **named},
        "bindings": _amqp(**{"is": "routingKey"}, exchange=exchange),
        "x-rabbitmq": _rabbitmq(queue),
    }


def _queue_channel(queue: topology.Queue, messages: list[Message]) -> dict[str, Any]:
    shape = {
        "name": queue.name, "durable": True, "exclusive": False, "autoDelete": False, "vhost": "/",
    }  # fmt: skip
    return {
        "address": queue.name,
        "description": "Where a partner reads: its events and its answers, in one queue.",
        "messages": _references(messages),
        "parameters": dict(_PARAMETERS),
        "bindings": _amqp(**{"is": "queue"}, queue=shape),
        "x-rabbitmq": _rabbitmq(queue),
    }


def _rabbitmq(queue: topology.Queue) -> dict[str, Any]:
    return {
        "queue": queue.name,
        "binding": queue.binding,
        "arguments": dict(queue.arguments),
        "deadLetters": f"{queue.name}.dead",
    }


# --- Operations ------------------------------------------------------------------------------


def _operations(messages: list[Message]) -> dict[str, Any]:
    sending = _amqp(deliveryMode=2, mandatory=True, timestamp=True)
    return {
        "sendEvent": _operation(
            "send", EVENTS, _of_events(messages), sending,
            "One message for each partner that is entitled and chose the event.",
        ),
        "sendAnswer": _operation(
            "send", ANSWERS, _of_answers(messages), sending,
            "The answer to one command, for the partner that sent it.",
        ),
        "receiveCommand": {
            **_operation(
                "receive", COMMANDS, _of_commands(messages),
                _amqp(userId=PARTNER, deliveryMode=2, ack=True),
                "Stored, acknowledged, and applied once in effect. The `user_id` property of the "
                "message is the partner's account, which the broker checks. Where the clinic "
                f"requires it, the header `{signing.HEADER}` has the partner's signature.",
            ),
            "reply": {
                "channel": {"$ref": f"#/channels/{ANSWERS}"},
                "messages": _listed(ANSWERS, _of_answers(messages)),
            },
        },
    }  # fmt: skip


def _operation(
    action: str, channel: str, messages: list[Message], bindings: dict[str, Any], summary: str
) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": _listed(channel, messages),
        "bindings": bindings,
    }


# --- Messages --------------------------------------------------------------------------------


def _message(message: Message, shared: Shared) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": message.type,
        "title": f"{message.key} {message.version}",
        "summary": message.summary,
        "contentType": envelope.CONTENT_TYPE,
        "payload": shared.refer(_without_names(message.schema)),
        "examples": [{"name": "example", "payload": example(message.schema)}],
    }
    if message.direction is Direction.RECEIVED:
        correlation = "$message.payload#/id"
        found["traits"] = [{"$ref": "#/components/messageTraits/commandHeaders"}]
    else:
        correlation = f"$message.header#/{envelope.HEADER_PREFIX}correlationid"
        found["traits"] = [{"$ref": "#/components/messageTraits/cloudEventHeaders"}]
        found["bindings"] = _amqp(messageType=message.type)
    if message.family == "command":
        found["correlationId"] = {"location": correlation}
    return found


def _headers(shared: Shared) -> dict[str, Any]:
    """The attributes again, for whoever routes without reading the body; and the signature."""
    names = [*SHARED, "type", "source", "dataschema"]
    text = {"type": "string"}
    properties = {
        envelope.HEADER_PREFIX + name: shared.reference(name, SHARED.get(name, text))
        for name in names
    }
    properties[envelope.ATTEMPT_HEADER] = {
        "type": "string",
        "description": "How often it was tried, from 1; what is repeated may have the same number.",
    }
    properties[signing.HEADER] = {
        "type": "string",
        "description": "Where the partner asked for it: a detached JWS (EdDSA, RFC 7797) over the "
        "exact bytes of the body; keys at /.well-known/tandem-event-keys.json.",
    }
    return {"headers": {"type": "object", "properties": properties}}


def _command_headers() -> dict[str, Any]:
    signature = {
        "type": "string",
        "maxLength": signatures.LONGEST,
        "description": "The partner's detached JWS (EdDSA on Ed25519, RFC 7797: alg, kid, b64 "
        "false, crit [b64] and nothing else) over the exact bytes of the body, under a key that "
        "the clinic has. It can be required; one that is there has to be good, and the command "
        "then needs a time.",
    }
    return {"headers": {"type": "object", "properties": {signing.HEADER: signature}}}


def _without_names(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without `$schema` and `$id`, which would change how references are resolved."""
    found = {name: part for name, part in schema.items() if not name.startswith("$")}
    if "properties" in found:
        found["properties"] = {
            name: _without_names(part) for name, part in found["properties"].items()
        }
    return found


def _of_events(messages: list[Message]) -> list[Message]:
    return [each for each in messages if each.family == "referral"]


def _of_answers(messages: list[Message]) -> list[Message]:
    return [each for each in messages if each.is_answer]


def _of_commands(messages: list[Message]) -> list[Message]:
    return [each for each in messages if each.direction is Direction.RECEIVED]


def _references(messages: list[Message]) -> dict[str, Any]:
    return {each.key: {"$ref": f"#/components/messages/{each.key}"} for each in messages}


def _listed(channel: str, messages: list[Message]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{channel}/messages/{each.key}"} for each in messages]


def _amqp(**fields: Any) -> dict[str, Any]:
    return {"amqp": {**fields, "bindingVersion": BINDING}}


class _Plain(yaml.SafeDumper):
    """YAML without anchors: what is written twice is shared under components."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
