"""One of twenty partners is stuck, in each of five ways: what the others notice (P13)."""

from __future__ import annotations

import time

from django.db import connection
from django.db.models import QuerySet
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

PARTNERS, EACH, ROUNDS = 20, 500, 9
SLUGS = [f"p{number:02}" for number in range(PARTNERS)]
STUCK = SLUGS[0]


def measure(ground: Ground) -> list[Row]:
    administration.declare(ground.broker.admin_url, SLUGS)
    corpus.fill(SLUGS, count=EACH, keys=EACH)
    healthy: list[float] = []
    took: dict[str, list[float]] = {way.__name__: [] for way in WAYS}
    noticed: dict[str, float] = dict.fromkeys(took, 0.0)
    for _ in range(ROUNDS):
        _, then = _others_drained(ground)
        healthy.append(then)
        for way in WAYS:
            with way(ground.broker, STUCK):
                first, then = _others_drained(ground)
            took[way.__name__].append(then)
            noticed[way.__name__] = max(noticed[way.__name__], first)
    return [
        compare(
            f"19 partners beside one {name.replace('_', ' ')} / healthy", healthy, each,
            n=f"{ROUNDS} x {PARTNERS} x {EACH}", target=">= 0.95 (P13)",
            note=f"until it was noticed {noticed[name]:.1f} s at most, once",
        )
        for name, each in took.items()
    ]  # fmt: skip


def _others_drained(ground: Ground) -> tuple[float, float]:
    """Seconds until all of the nineteen is confirmed, the twentieth having as much.

    The first time, in which the relay learns what is stuck, and the second, in which it knows.
    """
    relay = Relay(Publisher(ground.broker.url, exchange=topology.EVENTS))
    wait_open(relay.transport)
    try:
        return _drain(relay, ground), _drain(relay, ground)
    finally:
        relay.close(1.0)
        _ours().update(
            status=DeliveryStatus.SENT, confirmed_at=timezone.now(), next_attempt_at=None
        )


def _drain(relay: Relay, ground: Ground) -> float:
    _ours().update(
        status=DeliveryStatus.PENDING, confirmed_at=None, next_attempt_at=None, attempts=0
    )
    with connection.cursor() as cursor:
        # Or the rows of every round before lie between those of this one.
        cursor.execute("VACUUM ANALYZE integrations_delivery")
    others = _ours().exclude(partner__slug=STUCK).filter(status=DeliveryStatus.PENDING)
    relay.look_now()
    began = time.perf_counter()
    # What is marked is counted in memory: a count in the table would be a load of its own.
    while relay.run_once(wait=0.05) or others.exists():
        if not relay.backlog.has_ready and not others.exists():
            break
    took = time.perf_counter() - began
    _purge(ground)
    return took


def _ours() -> QuerySet[Delivery]:
    return Delivery.objects.filter(partner__slug__in=SLUGS)


def _purge(ground: Ground) -> None:
    with administration._channel(ground.broker.admin_url) as channel:
        for slug in SLUGS[1:]:
            channel.queue_purge(topology.partner_queue(slug))
