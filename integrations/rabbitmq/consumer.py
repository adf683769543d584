"""Take partners' messages from their queues: store, commit, then acknowledge."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker

from integrations import topology
from integrations.inbox.parsing import Arrival
from integrations.rabbitmq.parameters import parameters_from

log = structlog.get_logger(__name__)

PREFETCH = 100
# Seconds between two looks for partners that are new.
REFRESH = 10.0

Store = Callable[[str, Arrival], None]
Slugs = Callable[[], list[str]]


@dataclass
class Consumer:
    """Consumes the command queue of each partner, each on a channel of its own.

    `store(slug, arrival)` returns when the message is committed. If it raises, the connection
    is closed and the broker takes back untouched what was not acknowledged: a database that
    is away rejects nothing.
    """

    url: str
    slugs: Slugs
    store: Store

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; connects again by itself after AMQP errors."""
        while not stop.is_set():
            try:
                self._consume(stop)
            except (AMQPError, OSError) as error:
                log.warning("consumer_disconnected", exception=type(error).__name__)
                stop.wait(2.0)

    def _consume(self, stop: threading.Event) -> None:
        connection = pika.BlockingConnection(parameters_from(self.url))
        channels: dict[str, BlockingChannel] = {}
        look_again = 0.0
        try:
            while not stop.is_set():
                if time.monotonic() >= look_again:
                    self._open_missing(connection, channels)
                    look_again = time.monotonic() + REFRESH
                connection.process_data_events(time_limit=0.2)
        finally:
            if connection.is_open:
                connection.close()

    def _open_missing(
        self, connection: BlockingConnection, channels: dict[str, BlockingChannel]
    ) -> None:
        for slug in self.slugs():
            if slug not in channels or not channels[slug].is_open:
                channel = self._open(connection, slug)
                if channel is not None:
                    channels[slug] = channel

    def _open(self, connection: BlockingConnection, slug: str) -> BlockingChannel | None:
        """A channel that consumes, or None where the queue is missing or closed to us."""
        queue = topology.command_queue(slug)
        channel = connection.channel()
        try:
            channel.basic_qos(prefetch_count=PREFETCH)
            channel.basic_consume(queue, self._on_message(slug))
        except ChannelClosedByBroker as closed:
            log.error("command_queue_missing", queue=queue, reason=str(closed.reply_code))
            return None
        return channel

    def _on_message(self, slug: str) -> Callable[..., None]:
        def take(
            channel: BlockingChannel,
            method: pika.spec.Basic.Deliver,
            properties: pika.BasicProperties,
            body: bytes,
        ) -> None:
            self.store(slug, _arrival(method, properties, body))
            channel.basic_ack(method.delivery_tag)

        return take


def _arrival(
    method: pika.spec.Basic.Deliver, properties: pika.BasicProperties, body: bytes
) -> Arrival:
    return Arrival(
        body=body,
        content_type=str(properties.content_type or ""),
        user_id=str(properties.user_id or ""),
        routing_key=str(method.routing_key or ""),
    )
