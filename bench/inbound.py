"""Partners' commands: stored and acknowledged, against merely consumed and acknowledged (P12)."""

from __future__ import annotations

import json
import threading
import time
import uuid

import pika
from django.conf import settings

from bench.ground import Ground, Row, compare, seconds
from integrations import topology
from integrations.inbox import service
from integrations.models import InboxMessage, Partner
from integrations.rabbitmq import administration
from integrations.rabbitmq.parameters import parameters_from
from tests.integrations.samples import a_partner

# Fewer than from where on a partner is held back, since nothing is applied here.
COUNT, ROUNDS, BATCH, SLUG = 1900, 3, 100, "sender"
QUEUE = topology.command_queue(SLUG)


def measure(ground: Ground) -> list[Row]:
    a_partner(SLUG)
    administration.declare(ground.broker.admin_url, [SLUG])
    theirs = ground.broker.add_account(topology.permissions_of(SLUG))
    settings.AMQP_URL = ground.broker.url
    raw, stored = [], []
    for _ in range(ROUNDS):
        _send(theirs)
        raw.append(seconds(lambda: _consume(ground.broker.url)))
        _send(theirs)
        stored.append(_store())
    note = f"{COUNT / sorted(stored)[ROUNDS // 2]:.0f} messages/s"
    return [
        compare("commands stored / raw consume and ack", raw, stored,
                n=f"{ROUNDS} x {COUNT}", note=note, target=">= 0.25 (P12)")
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


def _store() -> float:
    """Seconds until all are in the inbox; the rows are taken away afterwards."""
    partner = Partner.objects.get(slug=SLUG)
    rows = InboxMessage.objects.filter(partner=partner)
    stop = threading.Event()
    worker = threading.Thread(target=service._receive, args=[stop])
    began = time.perf_counter()
    worker.start()
    while rows.count() < COUNT:
        if time.perf_counter() - began > 60:
            raise SystemExit(f"void: {rows.count()} of {COUNT} commands were stored")
        time.sleep(0.02)
    took = time.perf_counter() - began
    stop.set()
    worker.join()
    rows.delete()
    return took
