"""How much waits, and for how long: what an operator is woken for."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from integrations import waiting
from integrations.models import Delivery, DeliveryStatus
from referrals.models import Mail, MailStatus

MAILS = (MailStatus.WAITING.value, MailStatus.REFUSED.value)


class BacklogCollector(Collector):
    """Read from the database at each scrape; all are 0 on a quiet day."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("tandem_database_up", "1 while the database answers")
        try:
            found = [*_deliveries(), *waiting.figures(), *_mails()]
        except DatabaseError:
            found = []
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
        yield up
        yield from found


def _deliveries() -> Iterator[GaugeMetricFamily]:
    rows = GaugeMetricFamily("tandem_deliveries", "Deliveries not sent", labels=["status"])
    for status in (DeliveryStatus.PENDING, DeliveryStatus.PARKED):
        # Each from its own index: those that were sent are very many.
        rows.add_metric([status.value], Delivery.objects.filter(status=status).count())
    yield rows
    oldest = Delivery.objects.filter(status=DeliveryStatus.PENDING).aggregate(Min("created_at"))
    since = oldest["created_at__min"]
    age = (timezone.now() - since).total_seconds() if since else 0
    yield GaugeMetricFamily(
        "tandem_oldest_delivery_seconds", "Age of the oldest delivery not sent", value=max(0, age)
    )


def _mails() -> Iterator[GaugeMetricFamily]:
    counts = dict(
        Mail.objects.filter(status__in=MAILS).values_list("status").annotate(Count("id")).order_by()
    )
    rows = GaugeMetricFamily("tandem_mails", "Mails not sent", labels=["status"])
    for status in MAILS:
        rows.add_metric([status], counts.get(status, 0))
    yield rows
    oldest = Mail.objects.filter(status=MailStatus.WAITING).aggregate(Min("created_at"))
    since = oldest["created_at__min"]
    age = (timezone.now() - since).total_seconds() if since else 0
    yield GaugeMetricFamily(
        "tandem_oldest_mail_seconds", "Age of the oldest mail not sent", value=max(0, age)
    )
