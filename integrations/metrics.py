"""Figures for Prometheus: ids and counts, never contents.

Counters and histograms are kept where the work is done. What the tables know is sampled by
`sample`, at most every five seconds, so that a scrape costs a few cheap queries.
"""

from __future__ import annotations

import threading
import time

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import Counter, Gauge, Histogram

from integrations.models import Delivery, DeliveryStatus, InboxMessage, InboxStatus, Partner

SAMPLE_SECONDS = 5.0

OLDEST_PENDING = Gauge(
    "outbox_oldest_pending_seconds",
    "Age of the oldest delivery that waits, by partner.",
    ["partner"],
    multiprocess_mode="mostrecent",
)
PENDING = Gauge(
    "outbox_pending",
    "Deliveries that wait, by partner.",
    ["partner"],
    multiprocess_mode="mostrecent",
)
PARKED = Gauge(
    "outbox_parked",
    "Deliveries that need a person, by partner.",
    ["partner"],
    multiprocess_mode="mostrecent",
)
DEAD_LETTERS = Gauge(
    "dead_letters",
    "Messages in a partner's dead-letter queues, as the consumer last counted them.",
    ["partner"],
    multiprocess_mode="mostrecent",
)
INBOX_PENDING = Gauge(
    "inbox_pending",
    "Commands that wait to be applied, by partner.",
    ["partner"],
    multiprocess_mode="mostrecent",
)
INBOX_LAG = Gauge(
    "inbox_lag_seconds",
    "Age of the oldest command that waits to be applied.",
    multiprocess_mode="mostrecent",
)
INBOX_PARKED = Gauge(
    "inbox_parked",
    "Messages of partners that need a person.",
    multiprocess_mode="mostrecent",
)
IN_FLIGHT = Gauge(
    "outbox_inflight", "Messages published and not decided.", multiprocess_mode="livesum"
)
LANES_OWNED = Gauge(
    "outbox_lanes_owned", "Lanes that this relay owns.", multiprocess_mode="livesum"
)
BREAKER_OPEN = Gauge(
    "outbox_breaker_open",
    "1 while the relay publishes nothing because the broker is away or holds back.",
    multiprocess_mode="livemax",
)
PUBLISHED = Counter("outbox_publish", "Outcomes of publishing.", ["result"])
CONFIRM_SECONDS = Histogram("outbox_confirm_seconds", "From publishing to the confirm.")
REPLAYED = Counter("outbox_replayed", "Deliveries that were marked to be sent again.")
INBOX_RECEIVED = Counter(
    "inbox_received", "Messages of partners, by what became of them.", ["result"]
)

_lock = threading.Lock()
_sampled_at = 0.0


def sample(*, every: float = SAMPLE_SECONDS) -> bool:
    """Bring the gauges up to date unless that was done a moment ago; whether it was done now."""
    global _sampled_at
    with _lock:
        if time.monotonic() - _sampled_at < every:
            return False
        _sampled_at = time.monotonic()
    _sample_outbox()
    _sample_inbox()
    return True


def _sample_outbox() -> None:
    now = timezone.now()
    pending = _by_partner(DeliveryStatus.PENDING)
    parked = _by_partner(DeliveryStatus.PARKED)
    for pk, slug, dead in Partner.objects.values_list("pk", "slug", "dead_letters"):
        DEAD_LETTERS.labels(partner=slug).set(dead)
        count, oldest = pending.get(pk, (0, None))
        PENDING.labels(partner=slug).set(count)
        age = (now - oldest).total_seconds() if oldest else 0.0
        OLDEST_PENDING.labels(partner=slug).set(max(age, 0.0))
        PARKED.labels(partner=slug).set(parked.get(pk, (0, None))[0])


def _by_partner(status: str) -> dict:
    rows = Delivery.objects.filter(status=status).values_list("partner").order_by("partner")
    return {
        pk: (n, since) for pk, n, since in rows.annotate(n=Count("pk"), since=Min("created_at"))
    }


def _sample_inbox() -> None:
    waiting = InboxMessage.objects.filter(status=InboxStatus.RECEIVED)
    counted = dict(waiting.order_by().values_list("partner").annotate(n=Count("pk")))
    for pk, slug in Partner.objects.values_list("pk", "slug"):
        INBOX_PENDING.labels(partner=slug).set(counted.get(pk, 0))
    oldest = waiting.aggregate(oldest=Min("received_at"))["oldest"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    INBOX_LAG.set(max(age, 0.0))
    stuck = [InboxStatus.PARKED, InboxStatus.QUARANTINED]
    INBOX_PARKED.set(InboxMessage.objects.filter(status__in=stuck).count())
