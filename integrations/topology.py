"""Exchanges, queues, bindings, policies and rights: one table, printed, checked and declared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

EVENTS = "tandem.events"
COMMANDS = "tandem.commands"
DEAD = "tandem.dead"
EXCHANGES = (EVENTS, COMMANDS, DEAD)

DELIVERY_LIMIT = 20
MAX_LENGTH = 100_000

# What the portal's own account may do: publish, read partners' commands, and read dead letters.
# It declares nothing and reads no partner's queue.
PORTAL_RIGHTS = {
    "configure": "^$",
    "write": r"^tandem\.(events|commands|dead)$",
    "read": r"^tandem\.(commands(\..+)?|partner\.[a-z0-9-]+\.dead)$",
}
_WORKING = r"^tandem\.(partner|commands)\.[a-z0-9-]+$"
_DEAD = r"^tandem\.(partner|commands)\.[a-z0-9-]+\.dead$"


@dataclass(frozen=True)
class Queue:
    """A durable quorum queue with its one binding."""

    name: str
    exchange: str
    binding: str
    arguments: dict[str, Any] = field(default_factory=dict)


def partner_queue(slug: str) -> str:
    return f"tandem.partner.{slug}"


def command_queue(slug: str) -> str:
    return f"tandem.commands.{slug}"


def queues_of(slug: str) -> tuple[Queue, ...]:
    """What one partner has: its events, its commands, and the dead letters of both."""
    events, commands = partner_queue(slug), command_queue(slug)
    return (
        Queue(events, EVENTS, f"{slug}.#", _working(f"partner.{slug}")),
        Queue(f"{events}.dead", DEAD, f"partner.{slug}", _dead()),
        Queue(commands, COMMANDS, f"{slug}.#", _in_order(_working(f"commands.{slug}"))),
        Queue(f"{commands}.dead", DEAD, f"commands.{slug}", _dead()),
    )


def queues(slugs: Iterable[str]) -> list[Queue]:
    return [queue for slug in slugs for queue in queues_of(slug)]


def permissions_of(slug: str) -> dict[str, Any]:
    """The least rights of a partner's account: read its queue, publish its commands."""
    own = re.escape(slug).replace("\\-", "-")
    return {
        "permissions": {
            "user": slug,
            "configure": "^$",
            "write": r"^tandem\.commands$",
            "read": rf"^tandem\.partner\.{own}$",
        },
        "topic_permissions": {
            "user": slug,
            "exchange": COMMANDS,
            "write": rf"^{own}\..+$",
            "read": "^$",
        },
    }


def policies(vhost: str = "/") -> list[dict[str, Any]]:
    """The limits once more, where an operator can make them smaller without a new queue.

    Of an argument and a policy the broker takes the smaller limit, so that a policy that is
    lost or too generous changes nothing: the arguments stand.
    """
    return [
        _policy("tandem-working", _WORKING, vhost, **{"delivery-limit": DELIVERY_LIMIT}),
        # A full one refuses, and the dead letter stays where it was.
        _policy("tandem-dead", _DEAD, vhost),
    ]


def definitions(slugs: Iterable[str], *, vhost: str = "/") -> dict[str, Any]:
    """RabbitMQ definitions for `rabbitmqctl import_definitions`; accounts are the operator's."""
    slugs = list(slugs)
    found = queues(slugs)
    rights = [permissions_of(slug) for slug in slugs]
    return {
        "exchanges": [_exchange(name, vhost) for name in EXCHANGES],
        "queues": [
            {
                "name": queue.name,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": queue.arguments,
            }
            for queue in found
        ],
        "bindings": [
            {
                "source": queue.exchange,
                "vhost": vhost,
                "destination": queue.name,
                "destination_type": "queue",
                "routing_key": queue.binding,
                "arguments": {},
            }
            for queue in found
        ],
        "policies": policies(vhost),
        "permissions": [{"vhost": vhost, **each["permissions"]} for each in rights],
        "topic_permissions": [{"vhost": vhost, **each["topic_permissions"]} for each in rights],
    }


def _policy(name: str, pattern: str, vhost: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": vhost,
        "pattern": pattern,
        "apply-to": "queues",
        "priority": 10,
        "definition": {"max-length": MAX_LENGTH, "overflow": "reject-publish", **more},
    }


def _exchange(name: str, vhost: str) -> dict[str, Any]:
    # No alternate exchange: it would take in what is unroutable, and a publisher with
    # `mandatory` would never hear of it.
    return {
        "name": name,
        "vhost": vhost,
        "type": "topic",
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _quorum() -> dict[str, Any]:
    return {"x-queue-type": "quorum"}


def _dead() -> dict[str, Any]:
    # Looking through dead letters gives each back; the limit that newer brokers have by
    # default would drop what was looked at often.
    return {**_quorum(), "x-delivery-limit": 1_000_000}


def _in_order(arguments: dict[str, Any]) -> dict[str, Any]:
    """Of several consumers one takes, the next when it is gone: two would mix the order."""
    return {**arguments, "x-single-active-consumer": True}


def _working(dead_letter_key: str) -> dict[str, Any]:
    return {
        **_quorum(),
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-max-length": MAX_LENGTH,
        # Refuse at the door, so that the publisher knows; at-least-once dead letters need it.
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": dead_letter_key,
        "x-dead-letter-strategy": "at-least-once",
    }
