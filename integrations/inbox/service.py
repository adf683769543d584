"""The consumer on a thread of its own, the processor beside it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections
from django.db.models import Count
from django.utils import timezone

from integrations.inbox import batches
from integrations.inbox.parsing import Arrival
from integrations.inbox.processor import process_next
from integrations.models import InboxMessage, InboxStatus, Partner
from integrations.rabbitmq.consumer import Consumer, StoreAway

log = structlog.get_logger(__name__)

# A partner with so many commands that wait is sent no more of, until half of them are done:
# the rest is kept by its own queue, which has a length limit that the partner notices.
MOST_WAITING = 2000
# Seconds before it connects again after a failure of the store, or one that nobody foresaw.
AGAIN_AFTER = 2.0


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
    desk = Desk()
    consumer = Consumer(
        settings.AMQP_URL,
        slugs=desk.open_for,
        store=desk.store,
        dead_letters=desk.note_dead_letters,
        leave=connections.close_all,
    )
    while not stop.is_set():
        try:
            consumer.run(stop)
        except StoreAway:
            # Nothing was acknowledged: the broker keeps it until we are back.
            stop.wait(AGAIN_AFTER)
        except Exception:
            # Or the process would go on without its ears. What came is with the broker still.
            log.exception("consumer_failed")
            stop.wait(AGAIN_AFTER)


class Desk:
    """Whom messages are taken from now, and where they are put; StoreAway without a database."""

    def __init__(self) -> None:
        self._partners: dict[str, Partner] = {}
        self._behind: set[str] = set()
        self._waiting: dict[str, int] = {}

    def open_for(self) -> list[str]:
        """The active partners that are not far behind with their commands."""
        try:
            partners = {partner.slug: partner for partner in Partner.objects.active()}
            self._notice_behind()
        except (DatabaseError, InterfaceError) as error:
            raise _away(error) from error
        # Only together with the answer: what is on its way is still of who was open before.
        self._partners = partners
        return [slug for slug in self._partners if slug not in self._behind]

    def store(self, slug: str, arrivals: Sequence[Arrival]) -> bool:
        """Keep them; whether there is room for more."""
        try:
            batches.store_batch(arrivals, partner=self._partners[slug])
        except (DatabaseError, InterfaceError) as error:
            raise _away(error) from error
        self._waiting[slug] = self._waiting.get(slug, 0) + len(arrivals)
        return self._waiting[slug] < MOST_WAITING

    def note_dead_letters(self, counted: dict[str, int]) -> None:
        """Keep how many there are for the page and the metrics, which ask no broker."""
        try:
            for slug, count in counted.items():
                Partner.objects.filter(slug=slug).update(
                    dead_letters=count, dead_letters_at=timezone.now()
                )
        except (DatabaseError, InterfaceError) as error:
            raise _away(error) from error

    def _notice_behind(self) -> None:
        waiting = InboxMessage.objects.filter(status=InboxStatus.RECEIVED).order_by()
        self._waiting = dict(waiting.values_list("partner__slug").annotate(Count("pk")))
        for slug, count in self._waiting.items():
            if count >= MOST_WAITING and slug not in self._behind:
                log.warning("partner_held_back", partner=slug, waiting=count)
                self._behind.add(slug)
        half = MOST_WAITING // 2
        self._behind = {slug for slug in self._behind if self._waiting.get(slug, 0) > half}


def _away(error: Exception) -> StoreAway:
    log.error("database_away", exception=type(error).__name__)
    connection.close()
    return StoreAway()
