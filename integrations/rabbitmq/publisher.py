"""Publish through one SelectConnection on a thread of its own, with pipelined confirms.

Only that thread touches pika: callers hand over work under a lock and take results from a
queue. A channel that the broker closes turns one message into REFUSED, and several into
SUSPECT, because the broker does not say which of them was guilty; suspects are tried on a
second channel, so that the first one is not closed again. A connection that ends turns all
that is under way into UNKNOWN. A channel on which nobody is answered ends the connection and
turns what waited on it into STALLED: one queue is enough to hold up a channel, and the broker
does not say which. Who was not answered gets a channel of its own, which may wait for long.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import deque
from collections.abc import Sequence

import pika
import structlog
from pika.exceptions import ChannelClosedByBroker

from integrations import metrics
from integrations.rabbitmq import endings
from integrations.rabbitmq.channel import ConfirmedChannel, Framed
from integrations.rabbitmq.early import Early
from integrations.rabbitmq.parameters import account_of, parameters_from
from integrations.relay.transport import (
    COMMON,
    SUSPECTS,
    Condition,
    Outcome,
    Publication,
    Result,
)

log = structlog.get_logger(__name__)

# Seconds: the longest wait between two attempts to connect; without any confirm while some
# are due; and for one confirm while others come, as from a queue that has no leader.
LONGEST_PAUSE = 15.0
CONFIRM_DEADLINE = 5.0
LONGEST_CONFIRM = 600.0
# Seconds for a peer to answer to our goodbye, before its socket is closed all the same.
CLOSE_WITHIN = 2.0

ALWAYS = (COMMON, SUSPECTS)


class Publisher:
    """The Transport over RabbitMQ. Connects at once, and again by itself until closed."""

    def __init__(
        self,
        url: str,
        *,
        exchange: str,
        confirms: bool = True,
        longest_pause: float = LONGEST_PAUSE,
        confirm_deadline: float = CONFIRM_DEADLINE,
    ) -> None:
        self._parameters = parameters_from(url)
        self._account = account_of(url)
        self._exchange = exchange
        self._confirms = confirms
        self._longest_pause = longest_pause
        self._confirm_deadline = confirm_deadline
        self._results: queue.SimpleQueue[list[Result]] = queue.SimpleQueue()
        self._handed_over: deque[tuple[ConfirmedChannel, list[Framed]]] = deque()
        self._lock = threading.Lock()
        self._connection: pika.SelectConnection | None = None
        # Those that are ready; without the two that are always there nothing can be submitted.
        self._channels: dict[str, ConfirmedChannel] = {}
        self._early = Early()
        self._condition = Condition.CONNECTING
        self._blocked = False
        self._end_reason: BaseException | None = None
        self._stalled: set[int] = set()
        self._failures = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    # --- Called from any thread ------------------------------------------------------------

    def submit(self, publications: Sequence[Publication]) -> None:
        """Publish in this order; without a connection all are UNKNOWN at once."""
        with self._lock:
            if self._connection is not None and self._is_complete():
                self._hand_over(publications)
                self._connection.ioloop.add_callback_threadsafe(self._publish_handed_over)
                return
        self._decide([p.token for p in publications], Outcome.UNKNOWN, "not connected")

    def poll_results(self, timeout: float) -> list[Result]:
        found: list[Result] = []
        try:
            if timeout > 0:
                found += self._results.get(timeout=timeout)
            while True:
                found += self._results.get_nowait()
        except queue.Empty:
            return found

    def state(self) -> Condition:
        return self._condition

    def close(self, timeout: float) -> None:
        self._ending.set()
        with self._lock:
            if self._connection is not None:
                self._connection.ioloop.add_callback_threadsafe(self._hang_up)
        self._thread.join(timeout)

    def _is_complete(self) -> bool:
        return all(name in self._channels for name in ALWAYS)

    def _hand_over(self, publications: Sequence[Publication]) -> None:
        """Under the lock."""
        by_channel: dict[str, list[Publication]] = {}
        for publication in publications:
            by_channel.setdefault(publication.apart, []).append(publication)
        for name, group in by_channel.items():
            if channel := self._channels.get(name):
                self._frame(channel, group)
            else:
                self._early.add(name, group)

    def _frame(self, channel: ConfirmedChannel, publications: Sequence[Publication]) -> None:
        """What cannot be put into frames is refused, alone."""
        framed = []
        for publication in publications:
            try:
                framed.append(channel.frame(publication))
            except ValueError as error:
                self._decide([publication.token], Outcome.REFUSED, str(error))
        if framed:
            self._handed_over.append((channel, framed))

    # --- Called from the connection's thread -------------------------------------------------

    def _run(self) -> None:
        while not self._ending.is_set():
            self._live_once()
            if not self._ending.is_set():
                self._pause()
        self._condition = Condition.CLOSED

    def _live_once(self) -> None:
        """From connecting to the end of the connection."""
        self._end_reason = None
        connection = pika.SelectConnection(
            self._parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_end,
            on_close_callback=self._on_end,
        )
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        with self._lock:
            self._connection = connection
        try:
            connection.ioloop.start()
        except Exception as error:
            # A fault of the client library must not end the thread: what it had under way is
            # unknown, and the next connection is a new one.
            log.exception("broker_connection_failed")
            self._end_reason = error
        finally:
            self._bury(connection)

    def _bury(self, connection: pika.SelectConnection) -> None:
        with self._lock:
            channels, self._channels = list(self._channels.values()), {}
            early = self._early.give_up_all()
            self._connection, self._blocked = None, False
            self._condition = Condition.CONNECTING
        endings.close_socket(connection)
        connection.ioloop.close()
        detail = endings.describe(self._end_reason)
        unknown = [token for channel in channels for token in channel.under_way()]
        self._nobody_knows(unknown, detail)
        self._give_up_handed_over(detail)
        self._decide(early, Outcome.UNKNOWN, detail)
        if any(channel.has_settled_any for channel in channels):
            self._failures = 0
        if not self._ending.is_set():
            metrics.RECONNECTS.labels(process="relay").inc()
            log.warning("broker_connection_ended", reason=detail, count=len(unknown))

    def _pause(self) -> None:
        """Back off with jitter, so that many relays do not knock at the same moment."""
        longest = min(self._longest_pause, 0.25 * 2 ** min(self._failures, 10))
        self._failures += 1
        # Spreads load, guards no secret.
        self._ending.wait(longest * random.uniform(0.5, 1))  # noqa: S311

    def _on_open(self, connection: pika.SelectConnection) -> None:
        if self._ending.is_set():
            connection.close()
            return
        self._watch(connection)
        for name in ALWAYS:
            self._open_channel(connection, name)

    def _open_channel(self, connection: pika.SelectConnection, name: str) -> None:
        connection.channel(on_open_callback=lambda channel: self._on_channel(channel, name))

    def _on_channel(self, channel: pika.channel.Channel, name: str) -> None:
        channel.add_on_close_callback(
            lambda channel, reason: self._on_channel_closed(channel, name, reason)
        )
        # Fail fast: without the exchange the first publish would take all others with it.
        channel.exchange_declare(
            self._exchange,
            passive=True,
            callback=lambda _: self._on_exchange(channel, name),
        )

    def _on_exchange(self, channel: pika.channel.Channel, name: str) -> None:
        ready = ConfirmedChannel(
            channel.connection,
            channel,
            exchange=self._exchange,
            account=self._account,
            decide=self._decide,
            confirms=self._confirms,
        )
        ready.start(lambda: self._on_ready(ready, name))

    def _on_ready(self, channel: ConfirmedChannel, name: str) -> None:
        with self._lock:
            self._channels[name] = channel
            self._frame(channel, self._early.ready(name))
        self._update_condition()
        if self._condition is Condition.OPEN and name in ALWAYS:
            log.info("broker_connected", exchange=self._exchange)
        self._publish_handed_over()

    def _update_condition(self) -> None:
        if not self._is_complete():
            self._condition = Condition.CONNECTING
        else:
            self._condition = Condition.BLOCKED if self._blocked else Condition.OPEN

    def _publish_handed_over(self) -> None:
        while self._handed_over:
            channel, framed = self._handed_over.popleft()
            if channel.is_open:
                channel.publish(framed)
            else:
                self._decide([each.token for each in framed], Outcome.UNKNOWN, "closed before")
        self._open_for_the_early()

    def _open_for_the_early(self) -> None:
        connection = self._connection
        if connection is None or not connection.is_open:
            return
        with self._lock:
            wanted = self._early.to_open()
        for name in wanted:
            self._open_channel(connection, name)

    def _give_up_handed_over(self, detail: str) -> None:
        while self._handed_over:
            _, framed = self._handed_over.popleft()
            self._decide([each.token for each in framed], Outcome.UNKNOWN, detail)

    def _watch(self, connection: pika.SelectConnection) -> None:
        """End a connection on which confirms are overdue: their outcome is unknown."""
        if not self._is_current(connection):
            return
        common = [channel for name, channel in self._channels.items() if name in ALWAYS]
        silent = [channel for channel in common if channel.silent() > self._confirm_deadline]
        waited = max((channel.waited() for channel in self._channels.values()), default=0.0)
        if (silent or waited > LONGEST_CONFIRM) and not self._blocked:
            log.warning("broker_confirm_overdue", oldest_seconds=waited)
            self._stalled = {token for channel in silent for token in channel.under_way()}
            self._abandon(connection)
            return
        pause = min(1.0, self._confirm_deadline / 3)
        connection.ioloop.call_later(pause, lambda: self._watch(connection))

    def _abandon(self, connection: pika.SelectConnection) -> None:
        """A peer that says nothing may not answer to a polite end either."""
        connection.close(320, "confirm overdue")
        connection.ioloop.call_later(CLOSE_WITHIN, lambda: endings.cut(connection))

    def _on_channel_closed(
        self, channel: pika.channel.Channel, name: str, reason: Exception
    ) -> None:
        with self._lock:
            closed = self._channels.pop(name, None)
        self._update_condition()
        connection, said = channel.connection, endings.describe(reason)
        refused = isinstance(reason, ChannelClosedByBroker)
        if closed and refused:
            tokens = closed.under_way()
            self._decide(tokens, endings.verdict(reason, len(tokens)), said)
            log.warning("broker_closed_a_channel", reason=said, count=len(tokens))
        elif closed:
            self._nobody_knows(closed.under_way(), said)
        if not self._is_current(connection):
            return
        if name not in ALWAYS:
            # Opened again when something is to be published on it.
            with self._lock:
                early = self._early.give_up(name)
            self._decide(early, Outcome.UNKNOWN, said)
            return
        if closed and refused and endings.code_of(reason) != endings.NO_EXCHANGE:
            connection.ioloop.call_later(0, lambda: self._open_again(connection, name))
            return
        # It was not even ready, or there is no exchange: begin again, after a pause.
        self._end_reason = self._end_reason or reason
        connection.close()

    def _open_again(self, connection: pika.SelectConnection, name: str) -> None:
        if self._is_current(connection):
            self._open_channel(connection, name)

    def _is_current(self, connection: pika.SelectConnection) -> bool:
        return bool(connection.is_open) and connection is self._connection

    def _on_end(self, connection: pika.SelectConnection, reason: BaseException | str) -> None:
        if self._end_reason is None:
            self._end_reason = reason if isinstance(reason, BaseException) else None
        connection.ioloop.stop()

    def _hang_up(self) -> None:
        connection = self._connection
        if connection is None:
            return
        if not (connection.is_closing or connection.is_closed):
            connection.close()
        # A peer that is frozen does not answer to it.
        connection.ioloop.call_later(CLOSE_WITHIN, lambda: endings.cut(connection))

    def _on_blocked(self, _connection: object, _frame: object) -> None:
        self._blocked = True
        self._update_condition()
        log.warning("broker_holds_publishers_back")

    def _on_unblocked(self, _connection: object, _frame: object) -> None:
        # What was held back is answered only from now on.
        for channel in self._channels.values():
            channel.settled_at = time.monotonic()
        self._blocked = False
        self._update_condition()

    def _nobody_knows(self, tokens: Sequence[int], detail: str) -> None:
        stalled = self._stalled.intersection(tokens)
        self._stalled -= stalled
        self._decide(list(stalled), Outcome.STALLED, detail)
        self._decide([t for t in tokens if t not in stalled], Outcome.UNKNOWN, detail)

    def _decide(self, tokens: Sequence[int], outcome: Outcome, detail: str = "") -> None:
        if tokens:
            self._results.put([Result(token, outcome, detail) for token in tokens])
