"""Our side as a contestant: the relay on the database of the settings, and pika alone."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import django
import pika

logging.disable(logging.CRITICAL)
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Q  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import corpus  # noqa: E402
from bench.conversation import answer  # noqa: E402
from bench.ground import seconds  # noqa: E402
from bench.raw import Raw, message_of  # noqa: E402
from integrations import topology  # noqa: E402
from integrations.models import Delivery, DeliveryStatus  # noqa: E402
from integrations.rabbitmq.parameters import parameters_from  # noqa: E402
from integrations.rabbitmq.publisher import Publisher  # noqa: E402
from integrations.relay import Relay, service  # noqa: E402
from integrations.relay.backlog import Backlog  # noqa: E402
from tests.integrations.samples import an_event  # noqa: E402
from tests.live.test_broker_transport import wait_open  # noqa: E402

URL = os.environ["AMQP_URL"]
# Between two commits, in looks of the relay: by the golden section, any number of commits is
# spread evenly over the time between two looks.
PAUSE = 1.618


class Unordered(Backlog):
    """The same without order: every message is a key of its own."""

    def add(self, items: Any) -> None:
        super().add(item._replace(ordering_key=str(item.id)) for item in items)


def prepare(slug: str, count: int, keys: int) -> int:
    call_command("migrate", verbosity=0, interactive=False)
    corpus.fill([slug], count=count, keys=keys)
    return Delivery.objects.filter(partner__slug=slug).count()


def waiting(slug: str) -> None:
    """All of one partner's deliveries wait again, nobody else's."""
    now, theirs = timezone.now(), Q(partner__slug=slug)
    Delivery.objects.filter(theirs).update(status=DeliveryStatus.PENDING, confirmed_at=None)
    others = Delivery.objects.filter(~theirs, status=DeliveryStatus.PENDING)
    others.update(status=DeliveryStatus.SENT, confirmed_at=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def drain(slug: str, ordered: bool = True) -> float:
    """Seconds until everything is confirmed and marked."""
    waiting(slug)
    relay = Relay(Publisher(URL, exchange=topology.EVENTS))
    if not ordered:
        relay.backlog = Unordered()
    wait_open(relay.transport)
    # As with the connection: what is done once for the life of a relay is not counted.
    relay.lanes.keep()
    try:
        return seconds(lambda: _until_sent(relay))
    finally:
        relay.close()


def _until_sent(relay: Relay) -> None:
    while relay.run_once(wait=0.05) or Delivery.objects.filter(status="pending").exists():
        pass


def raw(slug: str) -> float:
    """Seconds for the same messages through pika alone, from the first to the last confirm."""
    owed = Delivery.objects.filter(partner__slug=slug).order_by("id")
    rows = owed.values_list("routing_key", "body")
    return Raw(URL, [message_of(key, bytes(body), URL) for key, body in rows]).run()


def latency(slug: str, count: int, interval: float, notify: bool) -> list[float]:
    """Seconds from each commit to its confirm, with an idle relay beside."""
    settings.OUTBOX_NOTIFY = notify
    relay = Relay(Publisher(URL, exchange=topology.EVENTS))
    wait_open(relay.transport)
    stop = threading.Event()
    worker = threading.Thread(target=_serve, args=[relay, stop, interval])
    worker.start()
    committed = dict(_commits(count, interval))
    stop.set()
    worker.join()
    rows = Delivery.objects.filter(partner__slug=slug, event__event_id__in=committed)
    found = rows.values_list("event__event_id", "confirmed_at")
    return sorted((at - committed[event]).total_seconds() for event, at in found)


def _serve(relay: Relay, stop: threading.Event, interval: float) -> None:
    try:
        service.run(relay, stop=stop, interval=interval)
    finally:
        connection.close()


def _commits(count: int, interval: float) -> Iterator[tuple[Any, Any]]:
    for _ in range(count):
        time.sleep(PAUSE * interval)
        event = an_event()
        yield event.event_id, timezone.now()
    time.sleep(2 * interval + 0.2)


def round_trip(slug: str, count: int, interval: float) -> list[float]:
    """Seconds of one publish and its confirm through pika's blocking connection.

    With the pauses of `latency`: a broker that nobody used for a moment answers twice as late.
    """
    link = pika.BlockingConnection(parameters_from(URL))
    channel = link.channel()
    channel.confirm_delivery()
    key, body, properties = message_of(*_one_of(slug), URL)
    found = []
    for _ in range(count):
        time.sleep(PAUSE * interval)
        found.append(
            seconds(lambda: channel.basic_publish(topology.EVENTS, key, body, properties, True))
        )
    link.close()
    return sorted(found)


def _one_of(slug: str) -> tuple[str, bytes]:
    owed = Delivery.objects.filter(partner__slug=slug).values_list("routing_key", "body")
    key, body = owed[0]
    return key, bytes(body)


if __name__ == "__main__":
    answer(
        {
            "prepare": prepare, "drain": drain, "raw": raw, "latency": latency,
            "round_trip": round_trip,
        }
    )  # fmt: skip
