"""Partners' commands: stored and acknowledged, against merely consumed and acknowledged (P12)."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Sequence

import pika
from django.db import connections

from bench.ground import Ground, Row, compare, seconds
from integrations import topology
from integrations.inbox import batches, storing
from integrations.inbox.parsing import Arrival
from integrations.models import InboxMessage, Partner
from integrations.rabbitmq import administration
from integrations.rabbitmq.consumer import Consumer
from integrations.rabbitmq.parameters import parameters_from
from tests.integrations.samples import a_partner

COUNT, ROUNDS, BATCH, SLUG = 4000, 5, 100, "sender"
# Of those that are stored one by one fewer: each takes a commit.
ALONE = 200
QUEUE = topology.command_queue(SLUG)


def measure(ground: Ground) -> list[Row]:
    partner = a_partner(SLUG)
    administration.declare(ground.broker.admin_url, [SLUG])
    theirs = ground.broker.add_account(topology.permissions_of(SLUG))
    raw, stored, singly = [], [], []
    for _ in range(ROUNDS):
        _send(theirs)
        raw.append(seconds(lambda: _consume(ground.broker.url)))
        _send(theirs)
        stored.append(_store(ground.broker.url, partner))
        singly.append(_one_by_one(partner) * COUNT / ALONE)
    note = f"{COUNT / sorted(stored)[ROUNDS // 2]:.0f} messages/s"
    return [
        compare("commands stored / raw consume and ack", raw, stored,
                n=f"{ROUNDS} x {COUNT}", note=note, target=">= 0.25 (P12)"),
        compare("commands stored / one by one", singly, stored,
                n=f"{ROUNDS} x {ALONE}", note="without the broker", target=">= 6 (P12)"),
    ]  # fmt: skip


def _send(url: str) -> None:
    link = pika.BlockingConnection(parameters_from(url))
    channel = link.channel()
    channel.confirm_delivery()
    properties = pika.BasicProperties(
        content_type="application/cloudevents+json", user_id=SLUG, delivery_mode=2
    )
    for _ in range(COUNT):
        channel.basic_publish(topology.COMMANDS, f"{SLUG}.start_care", _command(), properties)
    link.close()


def _command() -> bytes:
    envelope = {
        "specversion": "1.0", "id": str(uuid.uuid4()), "source": "urn:sender",
        "type": "tandem.command.start_care.v1", "subject": str(uuid.uuid4()), "data": {},
    }  # fmt: skip
    filling = "x" * (1024 - len(json.dumps(envelope)) - 20)
    return json.dumps({**envelope, "data": {"filling": filling}}).encode()


def _consume(url: str) -> None:
    link = pika.BlockingConnection(parameters_from(url))
    channel = link.channel()
    channel.basic_qos(prefetch_count=4 * BATCH)
    for number, (method, _, _) in enumerate(channel.consume(QUEUE), start=1):
        if number % BATCH == 0:
            channel.basic_ack(method.delivery_tag, multiple=True)
        if number == COUNT:
            break
    channel.cancel()
    link.close()


def _store(url: str, partner: Partner) -> float:
    """Seconds from connecting to the last acknowledgement; the rows are taken away afterwards."""
    rows = InboxMessage.objects.filter(partner=partner)
    stop = threading.Event()
    kept = 0

    def store(_slug: str, arrivals: Sequence[Arrival]) -> bool:
        nonlocal kept
        batches.store_batch(arrivals, partner=partner)
        kept += len(arrivals)
        if kept >= COUNT:
            stop.set()
        return True

    consumer = Consumer(url, slugs=lambda: [SLUG], store=store, leave=connections.close_all)
    took = seconds(lambda: consumer.run(stop))
    if rows.count() != COUNT:
        raise SystemExit(f"void: {rows.count()} of {COUNT} commands were stored")
    rows.delete()
    return took


def _one_by_one(partner: Partner) -> float:
    arrivals = [_arrival() for _ in range(ALONE)]
    took = seconds(lambda: [storing.store(arrival, partner=partner) for arrival in arrivals])
    InboxMessage.objects.filter(partner=partner).delete()
    return took


def _arrival() -> Arrival:
    return Arrival(_command(), "application/cloudevents+json", SLUG, f"{SLUG}.start_care")
