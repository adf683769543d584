"""Count what a queue holds against what was owed: lost, repeated, unexpected, out of order."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from integrations import topology
from integrations.rabbitmq import administration

# Messages from which on a queue is consumed first, rather than asked for each.
MANY = 500
# Seconds without a message after which a queue that cannot be asked counts as empty.
SILENCE = 1.0
# Messages of a long queue that are acknowledged together.
STEP = 100


class OutOfOrder(Exception):
    """A reader gave something back, so that the order of what it reads says nothing."""


@dataclass(frozen=True)
class Account:
    """Figures of one run, all in messages."""

    owed: int
    arrived: int
    lost: int
    repeated: int
    unexpected: int
    out_of_order: int
    # Distinct messages that came again: stored, though their confirm was never learned.
    recovered: int = 0

    @property
    def sound(self) -> bool:
        return self.lost == self.unexpected == self.out_of_order == 0


def fresh_queues(admin_url: str, *slugs: str) -> None:
    """The queues of these partners, empty.

    Deleted rather than drained: what another test took may come back when its connection ends.
    """
    with administration._channel(admin_url) as channel:
        for queue in topology.queues(slugs):
            channel.queue_delete(queue.name)
    administration.declare(admin_url, slugs)


def take_all(url: str, queue: str, *, patience: float = 30.0) -> list[bytes]:
    """All messages of a queue, in its order; waits for the queue to be there again."""
    deadline = time.monotonic() + patience
    bodies: list[bytes] = []
    while True:
        try:
            with administration._channel(url) as channel:
                if _has_one_consumer_at_a_time(queue):
                    _consume_each(channel, queue, bodies)
                    return bodies
                _read_ahead(channel, queue, bodies)
                _ask_for_each(channel, queue, bodies)
                return bodies
        except (pika.exceptions.AMQPError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _has_one_consumer_at_a_time(queue: str) -> bool:
    return "x-single-active-consumer" in next(
        (each.arguments for each in topology.queues([_slug(queue)]) if each.name == queue), {}
    )


def _slug(queue: str) -> str:
    return queue.removesuffix(".dead").rpartition(".")[2]


def _consume_each(channel: BlockingChannel, queue: str, bodies: list[bytes]) -> None:
    """Such a queue refuses to be asked. One at a time, so that nothing is given back."""
    channel.basic_qos(prefetch_count=1)
    for method, _, body in channel.consume(queue, inactivity_timeout=SILENCE):
        if method is None:
            break
        bodies.append(body)
        channel.basic_ack(method.delivery_tag)
    channel.cancel()


def _ask_for_each(channel: BlockingChannel, queue: str, bodies: list[bytes]) -> None:
    """Each is acknowledged before the next is asked for.

    Of many at once RabbitMQ passes on some thirty and keeps the others for later: a connection
    that ends meanwhile gives those back to the queue.
    """
    while True:
        method, _, body = channel.basic_get(queue)
        if method is None:
            return
        bodies.append(body)
        channel.basic_ack(method.delivery_tag)


def _read_ahead(channel: BlockingChannel, queue: str, bodies: list[bytes]) -> None:
    """The most of a long queue: asking for each message would take a round trip each.

    Until no more comes, rather than as many as are counted: a broker that has just started
    counts fewer than it hands out, and what is given back comes in another order.
    """
    if channel.queue_declare(queue, passive=True).method.message_count <= MANY:
        return
    channel.basic_qos(prefetch_count=2 * STEP)
    tag = None
    for number, (method, _, body) in enumerate(channel.consume(queue, inactivity_timeout=SILENCE)):
        if method is None:
            break
        bodies.append(body)
        tag = method.delivery_tag
        # All of one consumer are passed on as one.
        if number % STEP == 0:
            channel.basic_ack(tag, multiple=True)
    if tag is not None:
        channel.basic_ack(tag, multiple=True)
    if channel.cancel():
        raise OutOfOrder(queue)


def account(owed: Iterable[bytes], arrived: Iterable[bytes]) -> Account:
    """Bytes decide what is the same; order is judged within a key, without repetitions."""
    owed, arrived = set(map(bytes, owed)), list(arrived)
    times = Counter(arrived)
    distinct = list(times)
    return Account(
        owed=len(owed),
        arrived=len(arrived),
        lost=len(owed - set(distinct)),
        repeated=len(arrived) - len(distinct),
        unexpected=len(set(distinct) - owed),
        out_of_order=_out_of_order(map(json.loads, distinct)),
        recovered=sum(count > 1 for count in times.values()),
    )


def _out_of_order(events: Iterable[dict[str, Any]]) -> int:
    last: dict[str, int] = {}
    wrong = 0
    for event in events:
        number, key = int(event["sequence"]), event["partitionkey"]
        wrong += number <= last.get(key, 0)
        last[key] = max(number, last.get(key, 0))
    return wrong
