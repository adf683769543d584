"""The loop around the relay and the feed's sequencer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from integrations import feed, metrics, signing
from integrations.feed import sequencer
from integrations.models import Delivery, DeliveryStatus
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import hints
from integrations.relay.backoff import pause
from integrations.relay.relay import Relay
from integrations.relay.transport import Condition
from integrations.topology import EVENTS

log = structlog.get_logger(__name__)

# Seconds between two looks for events that have no place in the feed yet.
SEQUENCE_EVERY = 0.1
# Seconds between two looks for deliveries that wait for a key to sign with.
SIGN_EVERY = 60.0


def from_settings() -> Relay | None:
    """The relay to settings.AMQP_URL; None without a broker."""
    if not settings.AMQP_URL:
        return None
    return Relay(Publisher(settings.AMQP_URL, exchange=EVENTS))


def run(relay: Relay | None, *, stop: threading.Event, interval: float) -> None:
    """Work until `stop`, looking every `interval` seconds when idle; then end cleanly.

    A database that is away is waited for: what is under way stays known meanwhile.
    """
    hint = hints.of_database()
    place = _Every(SEQUENCE_EVERY, _place_events)
    sign = _Every(SIGN_EVERY, signing.sign_parked)
    failures = 0
    while not stop.is_set():
        try:
            busy = (relay.run_once(wait=0.05) if relay else 0) + place() + sign()
            _report(relay)
            failures = 0
        except (DatabaseError, InterfaceError) as error:
            failures += 1
            log.error("database_away", exception=type(error).__name__)
            _reconnect()
            stop.wait(pause(failures, base=0.5, longest=10.0))
            continue
        if busy or (relay and relay.backlog.under_way):
            continue
        if hint.wait(stop, interval) and relay:
            relay.look_now()
    hint.close()
    if relay:
        relay.close()


def drain(relay: Relay | None, *, timeout: float) -> int:
    """Place and publish what is there; the number of deliveries that wait or are parked."""
    signing.sign_parked()
    feed.sequencer.assign_all()
    if relay:
        _publish_until(relay, deadline=time.monotonic() + timeout)
        relay.close()
    unsent = [DeliveryStatus.PENDING, DeliveryStatus.PARKED]
    return Delivery.objects.filter(status__in=unsent).count()


def _publish_until(relay: Relay, *, deadline: float) -> None:
    while time.monotonic() < deadline:
        busy = relay.run_once(wait=0.1)
        if busy or relay.backlog.under_way:
            continue
        if not Delivery.objects.filter(status=DeliveryStatus.PENDING).exists():
            return
        time.sleep(0.05)


def keep_feed_in_order() -> None:
    """Give events their place and nothing more; a database that is away is left alone."""
    try:
        _place_events()
    except (DatabaseError, InterfaceError) as error:
        log.error("database_away", exception=type(error).__name__)
        _reconnect()


class _Every:
    """Call a function at most once in so many seconds; 0 in between."""

    def __init__(self, seconds: float, work: Callable[[], int]) -> None:
        self._seconds = seconds
        self._work = work
        self._next = 0.0

    def __call__(self) -> int:
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + self._seconds
        return self._work()


def _place_events() -> int:
    return sequencer.assign_positions() if sequencer.waiting() else 0


def _report(relay: Relay | None) -> None:
    if relay:
        metrics.BREAKER_OPEN.set(relay.transport.state() is not Condition.OPEN)


def _reconnect() -> None:
    """Give up a connection that failed; inside a test's transaction it is not ours."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
        close_old_connections()
