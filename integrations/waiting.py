"""Figures for Prometheus that the tables know: what waits and what is stuck, by partner.

Read at each scrape, by whichever process answers it: a relay or a consumer that has ended is
what they are to show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from integrations.inbox.parked import STUCK
from integrations.models import Delivery, DeliveryStatus, InboxMessage, InboxStatus, Partner

Counted = Mapping[UUID, tuple[int, datetime]]


def figures() -> Iterator[GaugeMetricFamily]:
    """One family after the other, in a number of statements that no number of partners changes."""
    partners = list(Partner.objects.order_by("slug").values_list("pk", "slug", "dead_letters"))
    slugs = {pk: slug for pk, slug, _ in partners}
    pending = _deliveries(DeliveryStatus.PENDING)
    yield _ages(
        "outbox_oldest_pending_seconds", "Age of the oldest delivery that waits, by partner.",
        slugs, pending,
    )  # fmt: skip
    yield _counts("outbox_pending", "Deliveries that wait, by partner.", slugs, pending)
    yield _counts(
        "outbox_parked", "Deliveries that need a person, by partner.",
        slugs, _deliveries(DeliveryStatus.PARKED),
    )  # fmt: skip
    dead = GaugeMetricFamily(
        "dead_letters", "Messages in a partner's dead-letter queues, as the consumer last counted.",
        labels=["partner"],
    )  # fmt: skip
    for _, slug, count in partners:
        dead.add_metric([slug], count)
    yield dead
    commands = _commands()
    yield _counts("inbox_pending", "Commands that wait to be applied, by partner.", slugs, commands)
    oldest = min((since for _, since in commands.values()), default=None)
    yield GaugeMetricFamily(
        "inbox_lag_seconds", "Age of the oldest command that waits to be applied.",
        value=_age(oldest),
    )  # fmt: skip
    stuck = InboxMessage.objects.filter(status__in=STUCK).count()
    yield GaugeMetricFamily("inbox_parked", "Messages of partners that need a person.", value=stuck)


def _deliveries(status: DeliveryStatus) -> Counted:
    rows = Delivery.objects.filter(status=status).order_by().values_list("partner")
    found = rows.annotate(n=Count("pk"), since=Min("created_at"))
    return {pk: (count, since) for pk, count, since in found}


def _commands() -> Counted:
    rows = InboxMessage.objects.filter(status=InboxStatus.RECEIVED).order_by()
    found = rows.values_list("partner").annotate(n=Count("pk"), since=Min("received_at"))
    return {pk: (count, since) for pk, count, since in found}


def _counts(
    name: str, words: str, slugs: Mapping[UUID, str], counted: Counted
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["partner"])
    for pk, slug in slugs.items():
        family.add_metric([slug], counted[pk][0] if pk in counted else 0)
    return family


def _ages(name: str, words: str, slugs: Mapping[UUID, str], counted: Counted) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["partner"])
    for pk, slug in slugs.items():
        family.add_metric([slug], _age(counted[pk][1] if pk in counted else None))
    return family


def _age(since: datetime | None) -> float:
    """Seconds; 0 where nothing waits."""
    return max((timezone.now() - since).total_seconds(), 0.0) if since else 0.0
