"""Take partners' messages from their queues: store, commit, then acknowledge, many at a time.

The connection's thread asks no database, so that heartbeats are answered and messages come in
while one is slow. While it is quick the thread waits for it: two that work at once take the
interpreter from one another, and together they are slower than one after the other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker

from integrations import metrics, topology
from integrations.inbox.parsing import Arrival
from integrations.rabbitmq import dead_letters
from integrations.rabbitmq.headers import signature_of
from integrations.rabbitmq.parameters import parameters_from
from integrations.rabbitmq.store_thread import StoreThread

log = structlog.get_logger(__name__)

BATCH = 200
# Two batches: one is stored while the broker sends the next.
PREFETCH = 2 * BATCH
# Seconds that the store has to itself before the connection is looked after beside it.
ALONE = 0.25
# Seconds between two looks for partners that are new, gone, or behind with their commands.
REFRESH = 1.0
# Seconds between two counts of the dead letters.
COUNT_EVERY = 30.0
# Seconds between two tries of a database that is away, and how long what came is held in
# memory meanwhile. Less than the half hour after which the broker closes a silent channel.
TRY_AGAIN, HOLD = 1.0, 600.0
# Seconds that an end waits for what is being stored, so that it is acknowledged.
LEAVE_WITHIN = 5.0

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
        self.last_tag = int(method.delivery_tag or 0)


@dataclass
class Consumer:
    """Consumes the command queue of each partner that `slugs` names, each on its own channel.

    A partner that `slugs` names no more is left alone, its messages with the broker.
    `store(slug, arrivals)` returns when all are committed, and whether the partner may send
    more; they are acknowledged together then. If it raises StoreAway they are held and tried
    again: the broker sends no more than the prefetch, and a database that is away rejects
    nothing. After ten minutes, or any other error, the connection is closed and the broker
    takes back untouched what was not acknowledged.

    `slugs`, `store` and `dead_letters` are called on one thread of their own, `leave` at its
    end.
    """

    url: str
    slugs: Slugs
    store: Store
    # Told now and then how many dead letters each partner has.
    dead_letters: DeadLetters | None = None
    leave: Callable[[], None] = lambda: None

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; connects again by itself after AMQP errors."""
        thread = StoreThread(leave=self.leave)
        try:
            while not stop.is_set():
                try:
                    self._consume(stop, thread)
                except (AMQPError, OSError) as error:
                    metrics.RECONNECTS.labels(process="consumer").inc()
                    log.warning("consumer_disconnected", exception=type(error).__name__)
                    stop.wait(2.0)
        finally:
            thread.end(LEAVE_WITHIN)

    def _consume(self, stop: threading.Event, thread: StoreThread) -> None:
        # Asked before the first message is taken: each one that is given back counts against
        # its delivery limit.
        thread.submit(self.slugs).result()
        connection = pika.BlockingConnection(parameters_from(self.url))
        try:
            session = _Session(self, connection, thread)
            while not stop.is_set():
                session.go_on()
                session.take()
            session.finish()
        finally:
            if connection.is_open:
                connection.close()


class _Session:
    """One connection with its lines. At most one piece of the database's work is under way."""

    def __init__(
        self, consumer: Consumer, connection: BlockingConnection, thread: StoreThread
    ) -> None:
        self._consumer, self._connection, self._thread = consumer, connection, thread
        self._lines: dict[str, _Line] = {}
        self._held = _Held()
        self._work: Future[Any] | None = None
        # What its result, or that there is none, means here.
        self._then: Callable[[Any], None] = lambda result: None
        self._undo: Callable[[], None] = lambda: None
        self._look_again = self._count_again = 0.0

    def take(self) -> None:
        """Read what comes; with nothing under way, until a batch is there or no more at once."""
        self._connection.process_data_events(time_limit=0.2)
        before = -1
        while self._work is None and before < (now := self._most_arrived()) < BATCH:
            before = now
            self._connection.process_data_events(time_limit=0)

    def go_on(self) -> None:
        """Learn what became of the work, and begin with the next."""
        self._learn()
        if self._work is None and self._held.may_try():
            self._begin()
            if self._work is not None:
                wait([self._work], ALONE)
                self._learn()

    def finish(self) -> None:
        """Wait for what is being stored, so that it is acknowledged and does not come again."""
        deadline = time.monotonic() + LEAVE_WITHIN
        while self._work is not None and time.monotonic() < deadline:
            self._connection.process_data_events(time_limit=0.2)
            self._learn()

    def _most_arrived(self) -> int:
        return max((len(line.arrivals) for line in self._lines.values()), default=0)

    def _begin(self) -> None:
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again = now + REFRESH
            self._start(self._consumer.slugs, then=self._tend)
        elif self._consumer.dead_letters and now >= self._count_again:
            self._count_again = now + COUNT_EVERY
            self._start(self._consumer.dead_letters, self._counted())
        elif line := self._next_line():
            self._store(line)

    def _next_line(self) -> _Line | None:
        """The partners take turns."""
        for slug, line in self._lines.items():
            if line.arrivals and line.channel.is_open:
                self._lines[slug] = self._lines.pop(slug)
                return line
        return None

    def _store(self, line: _Line) -> None:
        arrivals, line.arrivals = line.arrivals, []
        last_tag = line.last_tag

        def stored(more: bool) -> None:
            self._held.succeeded()
            if line.channel.is_open:
                line.channel.basic_ack(last_tag, multiple=True)
            if not more:
                self._look_again = 0.0

        def keep() -> None:
            line.arrivals = arrivals + line.arrivals

        self._start(self._consumer.store, line.slug, arrivals, then=stored, undo=keep)

    def _tend(self, wanted: Sequence[str]) -> None:
        """Open a line for each partner that is wanted, close those of the others."""
        lines = self._lines
        for slug in [slug for slug, line in lines.items() if not line.channel.is_open]:
            del lines[slug]
        for slug in lines.keys() - set(wanted):
            lines.pop(slug).channel.close()
        for slug in wanted:
            if slug not in lines and (line := _open(self._connection, slug)):
                lines[slug] = line
        if not self._most_arrived():
            self._held.succeeded()

    def _counted(self) -> dict[str, int]:
        found = {slug: dead_letters.count_over(self._connection, slug) for slug in self._lines}
        return {slug: count for slug, count in found.items() if count is not None}

    def _start(
        self,
        work: Callable[..., Any],
        *arguments: Any,
        then: Callable[[Any], None] = lambda result: None,
        undo: Callable[[], None] = lambda: None,
    ) -> None:
        self._then, self._undo = then, undo
        self._work = self._thread.submit(work, *arguments)
        self._work.add_done_callback(self._wake)

    def _wake(self, _: Future[Any]) -> None:
        """On the other thread: end the wait for what the broker sends."""
        with suppress(AMQPError):
            self._connection.add_callback_threadsafe(lambda: None)

    def _learn(self) -> None:
        if self._work is None or not self._work.done():
            return
        work, self._work = self._work, None
        try:
            result = work.result()
        except StoreAway:
            self._undo()
            self._held.failed()
        else:
            self._then(result)


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
        signature=signature_of(properties),
    )
