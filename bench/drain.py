"""The relay against pika itself: same broker, queue, bytes, properties and window."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from time import perf_counter

import pika
from django.utils import timezone

from bench.ground import Ground, Row, compare, seconds
from integrations import envelope, topology
from integrations.models import Delivery
from integrations.rabbitmq import administration
from integrations.rabbitmq.parameters import parameters_from
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from tests.integrations.samples import a_partner, an_event
from tests.live.oracle import take_all
from tests.live.test_broker_transport import wait_open

ROUNDS, MESSAGES, WINDOW = 3, 3000, 1000
Message = tuple[str, bytes, pika.BasicProperties]


def measure(ground: Ground) -> list[Row]:
    a_partner("bench")
    administration.declare(ground.broker.admin_url, ["bench"])
    for _ in range(MESSAGES):
        an_event(uuid.uuid4())
    owed = Delivery.objects.filter(partner__slug="bench")
    messages = [_message(key, bytes(body)) for key, body in owed.values_list("routing_key", "body")]
    raw, relay = [], []
    for _ in range(ROUNDS):
        raw.append(Raw(ground.broker.url, messages).run())
        _must_hold(ground, MESSAGES)
        relay.append(_drain(ground))
        _must_hold(ground, MESSAGES)
    rate = MESSAGES / min(relay)
    # Rates, so that more is better: the ratio of the times, turned round.
    return [
        compare("relay drain / raw pipelined pika", raw, relay, n=f"{ROUNDS} x {MESSAGES}",
                note=f"{rate:.0f} messages/s", target=">= 0.75 (P1)")
    ]  # fmt: skip


def _message(key: str, body: bytes) -> Message:
    attributes = envelope.attributes_of(body)
    return key, body, pika.BasicProperties(
        content_type=envelope.CONTENT_TYPE, delivery_mode=2, message_id=attributes["id"],
        headers=envelope.headers_of(attributes),
    )  # fmt: skip


def _drain(ground: Ground) -> float:
    Delivery.objects.update(status="pending", confirmed_at=None, next_attempt_at=timezone.now())
    relay = Relay(Publisher(ground.broker.url, exchange=topology.EVENTS))
    wait_open(relay.transport)
    try:
        return seconds(lambda: _until_sent(relay))
    finally:
        relay.close()


def _until_sent(relay: Relay) -> None:
    while relay.run_once(wait=0.05) or Delivery.objects.filter(status="pending").exists():
        pass


def _must_hold(ground: Ground, count: int) -> None:
    """A result counts only where the queue holds each message once."""
    queue = topology.partner_queue("bench")
    bodies = take_all(ground.broker.admin_url, queue)
    # A connection that ends right after its acks takes most of them back (RabbitMQ 3.10).
    with administration._channel(ground.broker.admin_url) as channel:
        while channel.queue_purge(queue).method.message_count:
            pass
    if len(bodies) != count or len(set(bodies)) != count:
        raise SystemExit(f"void: {len(bodies)} messages arrived, {len(set(bodies))} distinct")


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
