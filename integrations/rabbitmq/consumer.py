"""Take partners' messages from their queues: store, commit, then acknowledge, many at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker

from integrations import metrics, topology
from integrations.inbox.parsing import Arrival
from integrations.rabbitmq import dead_letters
from integrations.rabbitmq.parameters import parameters_from

log = structlog.get_logger(__name__)

BATCH = 200
# Two batches: one is stored while the broker sends the next.
PREFETCH = 2 * BATCH
# Seconds between two looks for partners that are new, gone, or behind with their commands.
REFRESH = 1.0
# Seconds between two counts of the dead letters.
COUNT_EVERY = 30.0
# Seconds between two tries of a database that is away, and how long what came is held in
# memory meanwhile. Less than the half hour after which the broker closes a silent channel.
TRY_AGAIN, HOLD = 1.0, 600.0

Store = Callable[[str, Sequence[Arrival]], bool]
Slugs = Callable[[], Sequence[str]]
DeadLetters = Callable[[dict[str, int]], None]


class StoreAway(Exception):
    """What came cannot be stored now. Nothing is wrong with it."""


@dataclass
class _Line:
    """The channel of one partner, and what came over it and is not stored yet."""

    slug: str
    channel: BlockingChannel
    arrivals: list[Arrival] = field(default_factory=list)
    last_tag: int = 0

    def take(
        self,
        _channel: BlockingChannel,
        method: pika.spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        self.arrivals.append(_arrival(method, properties, body))
        self.last_tag = method.delivery_tag


@dataclass
class Consumer:
    """Consumes the command queue of each partner that `slugs` names, each on its own channel.

    A partner that `slugs` names no more is left alone, its messages with the broker.
    `store(slug, arrivals)` returns when all are committed, and whether the partner may send
    more; they are acknowledged together then. If it raises StoreAway they are held and tried
    again: the broker sends no more than the prefetch, and a database that is away rejects
    nothing. After ten minutes, or any other error, the connection is closed and the broker
    takes back untouched what was not acknowledged.
    """

    url: str
    slugs: Slugs
    store: Store
    # Told now and then how many dead letters each partner has.
    dead_letters: DeadLetters | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; connects again by itself after AMQP errors."""
        while not stop.is_set():
            try:
                self._consume(stop)
            except (AMQPError, OSError) as error:
                metrics.RECONNECTS.labels(process="consumer").inc()
                log.warning("consumer_disconnected", exception=type(error).__name__)
                stop.wait(2.0)

    def _consume(self, stop: threading.Event) -> None:
        # Asked before the first message is taken: each one that is given back counts against
        # its delivery limit.
        self.slugs()
        connection = pika.BlockingConnection(parameters_from(self.url))
        lines: dict[str, _Line] = {}
        look_again, count_again, held = 0.0, 0.0, _Held()
        try:
            while not stop.is_set():
                if held.may_try() and time.monotonic() >= look_again:
                    self._tend(connection, lines, held)
                    look_again = time.monotonic() + REFRESH
                    if time.monotonic() >= count_again:
                        self._count(connection, lines, held)
                        count_again = time.monotonic() + COUNT_EVERY
                self._take(connection, lines)
                if held.may_try() and not self._store(lines, held):
                    look_again = 0.0
        finally:
            if connection.is_open:
                connection.close()

    def _tend(self, connection: BlockingConnection, lines: dict[str, _Line], held: _Held) -> None:
        """Open a line for each partner that is wanted, close those of the others."""
        try:
            wanted = self.slugs()
        except StoreAway:
            held.failed()
            return
        for slug in [slug for slug, line in lines.items() if not line.channel.is_open]:
            del lines[slug]
        for slug in lines.keys() - set(wanted):
            lines.pop(slug).channel.close()
        for slug in wanted:
            if slug not in lines and (line := _open(connection, slug)):
                lines[slug] = line

    def _count(self, connection: BlockingConnection, lines: dict[str, _Line], held: _Held) -> None:
        if self.dead_letters is None:
            return
        counted = {slug: dead_letters.count_over(connection, slug) for slug in lines}
        try:
            self.dead_letters({slug: n for slug, n in counted.items() if n is not None})
        except StoreAway:
            held.failed()

    @staticmethod
    def _take(connection: BlockingConnection, lines: dict[str, _Line]) -> None:
        """Read until a batch is there or nothing more comes at once."""
        connection.process_data_events(time_limit=0.2)
        waiting = -1
        while waiting < (now := max((len(line.arrivals) for line in lines.values()), default=0)):
            if now >= BATCH:
                return
            waiting = now
            connection.process_data_events(time_limit=0)

    def _store(self, lines: dict[str, _Line], held: _Held) -> bool:
        """Store and acknowledge what came; whether all partners may send more."""
        more = True
        try:
            for line in lines.values():
                if line.arrivals and line.channel.is_open:
                    more &= self.store(line.slug, line.arrivals)
                    line.channel.basic_ack(line.last_tag, multiple=True)
                line.arrivals = []
        except StoreAway:
            held.failed()
        else:
            held.succeeded()
        return more


class _Held:
    """Since when the store is away, and when it is asked again."""

    def __init__(self) -> None:
        self.since = 0.0
        self._try_at = 0.0

    def may_try(self) -> bool:
        return time.monotonic() >= self._try_at

    def failed(self) -> None:
        now = time.monotonic()
        self.since = self.since or now
        self._try_at = now + TRY_AGAIN
        if now - self.since > HOLD:
            raise StoreAway

    def succeeded(self) -> None:
        self.since = self._try_at = 0.0


def _open(connection: BlockingConnection, slug: str) -> _Line | None:
    """A line that consumes, or None where the queue is missing or closed to us."""
    queue = topology.command_queue(slug)
    line = _Line(slug, connection.channel())
    try:
        line.channel.basic_qos(prefetch_count=PREFETCH)
        line.channel.basic_consume(queue, line.take)
    except ChannelClosedByBroker as closed:
        log.error("command_queue_missing", queue=queue, reason=str(closed.reply_code))
        return None
    return line


def _arrival(
    method: pika.spec.Basic.Deliver, properties: pika.BasicProperties, body: bytes
) -> Arrival:
    return Arrival(
        body=body,
        content_type=str(properties.content_type or ""),
        user_id=str(properties.user_id or ""),
        routing_key=str(method.routing_key or ""),
    )
