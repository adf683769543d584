"""Look through a dead-letter queue, and take messages out of it once they are dealt with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker

from integrations import topology
from integrations.inbox.parsing import Arrival
from integrations.rabbitmq.administration import connected
from integrations.rabbitmq.headers import signature_of

KINDS = ("events", "commands")
# At most so many are looked at in one go: each is held until the end.
MOST = 10_000


@dataclass(frozen=True)
class DeadLetter:
    """One message as it died.

    `id` is the message's own, else the begin of its SHA-256; `why` is the broker's word:
    rejected, expired, delivery_limit.
    """

    id: str
    type: str
    why: str
    times: int
    died_at: str
    arrival: Arrival


def queue_of(slug: str, kind: str) -> str:
    """The dead-letter queue of a partner's events or commands."""
    working = topology.partner_queue(slug) if kind == "events" else topology.command_queue(slug)
    return f"{working}.dead"


def counted(url: str, slug: str, kind: str) -> int:
    """How many there are."""
    with connected(url) as connection:
        return _count(connection.channel(), queue_of(slug, kind))


def count_over(connection: BlockingConnection, slug: str) -> int | None:
    """How many a partner has in both queues; None where one is missing or closed to us."""
    total = 0
    for kind in KINDS:
        channel = connection.channel()
        try:
            total += _count(channel, queue_of(slug, kind))
        except ChannelClosedByBroker:
            return None
        channel.close()
    return total


def look(url: str, slug: str, kind: str) -> list[DeadLetter]:
    """All of them, oldest first; they stay where they are."""
    return through(url, slug, kind, lambda letter: False)


def through(
    url: str, slug: str, kind: str, take_out: Callable[[DeadLetter], bool]
) -> list[DeadLetter]:
    """Look at each, oldest first, and take out those for which `take_out` says so.

    It is asked once it has dealt with the message for good; the rest is given back in its
    place. Returns what was looked at.
    """
    seen: list[DeadLetter] = []
    with connected(url) as connection:
        channel = connection.channel()
        for tag, letter in _each(channel, queue_of(slug, kind)):
            seen.append(letter)
            if take_out(letter):
                channel.basic_ack(tag)
        # What was not acknowledged goes back when the channel closes.
        channel.close()
    return seen


def _count(channel: BlockingChannel, queue: str) -> int:
    count: int = channel.queue_declare(queue, passive=True).method.message_count
    return count


def _each(channel: BlockingChannel, queue: str) -> Iterator[tuple[int, DeadLetter]]:
    for _ in range(min(_count(channel, queue), MOST)):
        method, properties, body = channel.basic_get(queue)
        if method is None or properties is None:
            return
        yield method.delivery_tag, _letter(properties, body or b"")


def _letter(properties: pika.BasicProperties, body: bytes) -> DeadLetter:
    died: dict[str, Any] = next(iter((properties.headers or {}).get("x-death") or [{}]))
    keys = died.get("routing-keys") or [""]
    return DeadLetter(
        id=str(properties.message_id or hashlib.sha256(body).hexdigest()[:16]),
        type=str(properties.type or ""),
        why=str(died.get("reason") or "unknown"),
        times=int(died.get("count") or 1),
        died_at=str(died.get("time") or ""),
        arrival=Arrival(
            body=body,
            content_type=str(properties.content_type or ""),
            user_id=str(properties.user_id or ""),
            routing_key=str(keys[0]),
            signature=signature_of(properties),
        ),
    )
