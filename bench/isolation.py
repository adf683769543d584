"""One of twenty partners is stuck, in each of five ways: what the others notice (P13)."""

from __future__ import annotations

import time

from django.utils import timezone

from bench import corpus
from bench.ground import Ground, Row, compare
from integrations import topology
from integrations.models import Delivery, DeliveryStatus
from integrations.rabbitmq import administration
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from tests.live.stuck import WAYS
from tests.live.test_broker_transport import wait_open

PARTNERS, EACH, ROUNDS = 20, 200, 3
SLUGS = [f"p{number:02}" for number in range(PARTNERS)]
STUCK = SLUGS[0]


def measure(ground: Ground) -> list[Row]:
    administration.declare(ground.broker.admin_url, SLUGS)
    corpus.fill(SLUGS, count=EACH, keys=EACH)
    healthy: list[float] = []
    took: dict[str, list[float]] = {way.__name__: [] for way in WAYS}
    for _ in range(ROUNDS):
        healthy.append(_others_drained(ground))
        for way in WAYS:
            with way(ground.broker, STUCK):
                took[way.__name__].append(_others_drained(ground))
    return [
        compare(
            f"19 partners beside one {name.replace('_', ' ')} / healthy", healthy, each,
            n=f"{ROUNDS} x {PARTNERS} x {EACH}", note="", target=">= 0.95 (P13)",
        )
        for name, each in took.items()
    ]  # fmt: skip


def _others_drained(ground: Ground) -> float:
    """Seconds until everything of the nineteen is confirmed, the twentieth having as much."""
    ours = Delivery.objects.filter(partner__slug__in=SLUGS)
    ours.update(status=DeliveryStatus.PENDING, confirmed_at=None, next_attempt_at=None, attempts=0)
    others = ours.exclude(partner__slug=STUCK).filter(status=DeliveryStatus.PENDING)
    relay = Relay(Publisher(ground.broker.url, exchange=topology.EVENTS))
    wait_open(relay.transport)
    began = time.perf_counter()
    # What is marked is counted in memory: a count in the table would be a load of its own.
    while relay.run_once(wait=0.05) or others.exists():
        if not relay.backlog.has_ready and not others.exists():
            break
    took = time.perf_counter() - began
    relay.close(1.0)
    ours.update(status=DeliveryStatus.SENT, confirmed_at=timezone.now(), next_attempt_at=None)
    _purge(ground)
    return took


def _purge(ground: Ground) -> None:
    with administration._channel(ground.broker.admin_url) as channel:
        for slug in SLUGS[1:]:
            channel.queue_purge(topology.partner_queue(slug))
