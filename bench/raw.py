"""pika alone: the baseline of the messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from time import perf_counter

import pika

from integrations import envelope, topology
from integrations.rabbitmq.parameters import account_of, parameters_from

WINDOW = 1000
Message = tuple[str, bytes, pika.BasicProperties]


def message_of(key: str, body: bytes, url: str) -> Message:
    """What the relay publishes, with the same properties, made before the clock starts."""
    attributes = envelope.attributes_of(body)
    return key, body, pika.BasicProperties(
        content_type=envelope.CONTENT_TYPE, delivery_mode=2, message_id=attributes["id"],
        type=attributes["type"], app_id="tandem", user_id=account_of(url),
        timestamp=int(datetime.fromisoformat(attributes["time"]).timestamp()),
        headers={**envelope.headers_of(attributes), "x-portal-attempt": "1"},
    )  # fmt: skip


class Raw:
    """pika's SelectConnection with confirms, `mandatory` and a window, and nothing else."""

    def __init__(self, url: str, messages: Sequence[Message]) -> None:
        self.messages = messages
        self.next = 0
        self.confirmed = 0
        self.open: set[int] = set()
        self.connection = pika.SelectConnection(parameters_from(url), self._opened)

    def run(self) -> float:
        """Seconds from the first publish to the last confirm."""
        self.began = self.ended = 0.0
        self.connection.ioloop.start()
        return self.ended - self.began

    def _opened(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._ready)

    def _ready(self, channel: pika.channel.Channel) -> None:
        self.channel = channel
        channel.confirm_delivery(self._confirm, callback=lambda _: self._begin())

    def _begin(self) -> None:
        self.began = perf_counter()
        self._publish()

    def _publish(self) -> None:
        while self.next < len(self.messages) and self.next - self.confirmed < WINDOW:
            key, body, properties = self.messages[self.next]
            self.next += 1
            self.open.add(self.next)
            self.channel.basic_publish(topology.EVENTS, key, body, properties, mandatory=True)

    def _confirm(self, frame: pika.frame.Method) -> None:
        tag = frame.method.delivery_tag
        covered = range(min(self.open), tag + 1) if frame.method.multiple else [tag]
        self.open.difference_update(covered)
        self.confirmed = self.next - len(self.open)
        if self.confirmed == len(self.messages):
            self.ended = perf_counter()
            self.connection.add_on_close_callback(lambda *_: self.connection.ioloop.stop())
            self.connection.close()
            return
        self._publish()
