"""The consumer on a thread of its own, the processor beside it."""

from __future__ import annotations

import threading

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from integrations.inbox import storing
from integrations.inbox.parsing import Arrival
from integrations.inbox.processor import process_next
from integrations.models import Partner
from integrations.rabbitmq.consumer import Consumer

log = structlog.get_logger(__name__)


def run(*, stop: threading.Event, interval: float) -> None:
    """Until `stop`. Without AMQP_URL nothing can arrive; what is stored is still applied."""
    thread = threading.Thread(target=_receive, args=[stop], name="consumer", daemon=True)
    if settings.AMQP_URL:
        thread.start()
    while not stop.is_set():
        try:
            busy = process_next()
        except (DatabaseError, InterfaceError) as error:
            log.error("database_away", exception=type(error).__name__)
            close_old_connections()
            busy = False
        if not busy:
            stop.wait(interval)
    if settings.AMQP_URL:
        thread.join(10)


def process_all() -> int:
    """Apply what is due; the number of commands started."""
    started = 0
    while process_next():
        started += 1
    return started


def _receive(stop: threading.Event) -> None:
    consumer = Consumer(settings.AMQP_URL, slugs=_active_slugs, store=_store)
    while not stop.is_set():
        try:
            consumer.run(stop)
        except (DatabaseError, InterfaceError) as error:
            # Nothing was acknowledged: the broker keeps it until we are back.
            log.error("database_away", exception=type(error).__name__)
            connection.close()
            stop.wait(2.0)
    connection.close()


def _active_slugs() -> list[str]:
    return list(Partner.objects.active().values_list("slug", flat=True))


def _store(slug: str, arrival: Arrival) -> None:
    storing.store(arrival, partner=Partner.objects.get(slug=slug))
