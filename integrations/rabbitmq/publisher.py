"""Publish through one SelectConnection on a thread of its own, with pipelined confirms.

Only that thread touches pika: callers hand over work under a lock and take results from a
queue. A connection that ends turns all that is under way into UNKNOWN. A channel that the
broker closes turns one message into REFUSED, and several into SUSPECT, because the broker does
not say which of them was guilty.
"""

from __future__ import annotations

import queue
import random
import threading
from collections import deque
from collections.abc import Sequence

import pika
import structlog
from pika.exceptions import ChannelClosedByBroker

from integrations.rabbitmq.channel import ConfirmedChannel
from integrations.rabbitmq.parameters import account_of, parameters_from
from integrations.relay.transport import Condition, Outcome, Publication, Result

log = structlog.get_logger(__name__)

# Seconds: the longest wait between two attempts to connect, and for one confirm.
LONGEST_PAUSE = 15.0
CONFIRM_DEADLINE = 30.0


class Publisher:
    """The Transport over RabbitMQ. Connects at once, and again by itself until closed."""

    def __init__(
        self,
        url: str,
        *,
        exchange: str,
        confirms: bool = True,
        longest_pause: float = LONGEST_PAUSE,
    ) -> None:
        self._parameters = parameters_from(url)
        self._account = account_of(url)
        self._exchange = exchange
        self._confirms = confirms
        self._longest_pause = longest_pause
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._handed_over: deque[Publication] = deque()
        self._lock = threading.Lock()
        self._connection: pika.SelectConnection | None = None
        self._channel: ConfirmedChannel | None = None
        self._condition = Condition.CONNECTING
        self._end_reason: BaseException | None = None
        self._failures = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    # --- Called from any thread ------------------------------------------------------------

    def submit(self, publications: Sequence[Publication]) -> None:
        """Publish in this order; without a connection all are UNKNOWN at once."""
        with self._lock:
            if self._connection is not None and self._channel is not None:
                self._handed_over.extend(publications)
                self._connection.ioloop.add_callback_threadsafe(self._publish_handed_over)
                return
        self._decide([p.token for p in publications], Outcome.UNKNOWN, "not connected")

    def poll_results(self, timeout: float) -> list[Result]:
        found: list[Result] = []
        try:
            if timeout > 0:
                found.append(self._results.get(timeout=timeout))
            while True:
                found.append(self._results.get_nowait())
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
            channel, self._channel, self._connection = self._channel, None, None
            self._condition = Condition.CONNECTING
            unsent = [p.token for p in self._handed_over]
            self._handed_over.clear()
        connection.ioloop.close()
        reason = self._end_reason
        under_way = channel.under_way() if channel else []
        if channel and channel.confirmed_any:
            self._failures = 0
        detail = _describe(reason)
        self._decide(under_way, _verdict(reason, len(under_way)), detail)
        self._decide(unsent, Outcome.UNKNOWN, detail)
        if not self._ending.is_set():
            log.warning("broker_connection_ended", reason=detail, count=len(under_way))

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
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: pika.channel.Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        # Fail fast: without the exchange the first publish would take all others with it.
        channel.exchange_declare(
            self._exchange,
            passive=True,
            callback=lambda _: self._on_exchange(channel),
        )

    def _on_exchange(self, channel: pika.channel.Channel) -> None:
        ready = ConfirmedChannel(
            channel,
            exchange=self._exchange,
            account=self._account,
            decide=self._decide,
            confirms=self._confirms,
        )
        ready.start(lambda: self._on_ready(ready))

    def _on_ready(self, channel: ConfirmedChannel) -> None:
        with self._lock:
            self._channel = channel
        self._condition = Condition.OPEN
        self._watch()
        log.info("broker_connected", exchange=self._exchange)

    def _publish_handed_over(self) -> None:
        channel = self._channel
        while channel is not None and channel.is_open:
            with self._lock:
                if not self._handed_over:
                    return
                publication = self._handed_over.popleft()
                channel.expect(publication)
            channel.publish(publication)

    def _watch(self) -> None:
        """End a connection on which a confirm is overdue: its outcome is unknown."""
        connection, channel = self._connection, self._channel
        if connection is None or channel is None or not connection.is_open:
            return
        if channel.waited() > CONFIRM_DEADLINE and self._condition is Condition.OPEN:
            log.warning("broker_confirm_overdue", oldest_seconds=channel.waited())
            connection.close(320, "confirm overdue")
            return
        connection.ioloop.call_later(1.0, self._watch)

    def _on_channel_closed(self, channel: pika.channel.Channel, reason: Exception) -> None:
        if self._end_reason is None:
            self._end_reason = reason
        connection = self._connection
        if connection is not None and connection.is_open:
            connection.close()

    def _on_end(self, connection: pika.SelectConnection, reason: BaseException | str) -> None:
        if self._end_reason is None:
            self._end_reason = reason if isinstance(reason, BaseException) else None
        connection.ioloop.stop()

    def _hang_up(self) -> None:
        connection = self._connection
        if connection is None:
            return
        if connection.is_open:
            connection.close()
        elif not connection.is_closing:
            connection.ioloop.stop()

    def _on_blocked(self, _connection: object, _frame: object) -> None:
        self._condition = Condition.BLOCKED
        log.warning("broker_holds_publishers_back")

    def _on_unblocked(self, _connection: object, _frame: object) -> None:
        self._condition = Condition.OPEN

    def _decide(self, tokens: Sequence[int], outcome: Outcome, detail: str = "") -> None:
        for token in tokens:
            self._results.put(Result(token, outcome, detail))


def _verdict(reason: BaseException | None, under_way: int) -> Outcome:
    if not isinstance(reason, ChannelClosedByBroker):
        return Outcome.UNKNOWN
    return Outcome.REFUSED if under_way == 1 else Outcome.SUSPECT


def _describe(reason: BaseException | None) -> str:
    """The kind of the end and the broker's code; its text may repeat a routing key, no more."""
    if reason is None:
        return "closed"
    code = getattr(reason, "reply_code", "")
    return f"{type(reason).__name__} {code}".strip()
