"""Send again what was delivered: the same ids, numbers and bytes, in the same order.

For a partner that lost what it had, and for a broker whose disk is gone. A row is only marked
as waiting again; the relay does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Min, QuerySet, Sum

from integrations import envelope, metrics
from integrations.errors import NotPossible
from integrations.models import Delivery, DeliveryStatus, Partner, Stream
from integrations.tombstones import SKIPPED

# Keys whose deliveries are marked in one statement, so that a key goes out in one piece.
KEYS = 200
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Selection:
    """What of one partner: everything, one subject, a range of time or of feed positions.

    The bounds are included. `since` and `until` are when the event was recorded.
    """

    partner: Partner
    subject: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    first: int | None = None
    last: int | None = None

    def sent(self) -> QuerySet[Delivery]:
        return self._rows().filter(status=DeliveryStatus.SENT)

    def _rows(self) -> QuerySet[Delivery]:
        rows = Delivery.objects.filter(partner=self.partner)
        bounds = {
            "event__subject": self.subject,
            "event__recorded_at__gte": self.since,
            "event__recorded_at__lte": self.until,
            "event__position__gte": self.first,
            "event__position__lte": self.last,
        }
        return rows.filter(**{name: value for name, value in bounds.items() if value is not None})


def count(selection: Selection) -> int:
    """How many would be sent again. NotPossible as for `replay`."""
    _refuse_gone(selection)
    return selection.sent().count()


def replay(selection: Selection, *, progress: Progress | None = None) -> int:
    """Mark what was sent as waiting again; the number of deliveries.

    What waits already goes out anyway; what is parked, skipped or cancelled stays so.
    NotPossible where some of it is past retention and no more there.
    """
    total = count(selection)
    done = 0
    for keys in _keys(selection):
        done += (
            selection.sent()
            .filter(ordering_key__in=keys)
            .update(
                status=DeliveryStatus.PENDING, confirmed_at=None, attempts=0, next_attempt_at=None
            )
        )
        if progress:
            progress(done, total)
    metrics.REPLAYED.inc(done)
    return done


def _keys(selection: Selection) -> Iterator[list[str]]:
    """The keys of the selection in slices, in the order of their names."""
    after = ""
    while True:
        rows = selection.sent().filter(ordering_key__gt=after).order_by("ordering_key")
        keys = list(rows.values_list("ordering_key", flat=True).distinct()[:KEYS])
        if not keys:
            return
        yield keys
        after = keys[-1]


def _refuse_gone(selection: Selection) -> None:
    """A replay with a hole at its beginning would look whole to the partner."""
    kept = selection.partner.delivery_set.exclude(ordering_key__endswith=SKIPPED)
    streams = _streams(selection)
    if selection.subject:
        kept = kept.filter(event__subject=selection.subject)
    gone = (streams.aggregate(n=Sum("last_sequence"))["n"] or 0) - kept.count()
    if gone <= 0:
        return
    oldest = kept.aggregate(at=Min("event__recorded_at"), position=Min("event__position"))
    if selection.since and oldest["at"] and selection.since >= oldest["at"]:
        return
    if selection.first and oldest["position"] and selection.first >= oldest["position"]:
        return
    kept_since = f" The oldest kept is of {oldest['at'].isoformat()}." if oldest["at"] else ""
    raise NotPossible(
        f"{gone} deliveries of this are past retention and cannot be sent again.{kept_since} "
        "Ask for what is kept with a range that begins there."
    )


def _streams(selection: Selection) -> QuerySet[Stream]:
    slug = selection.partner.slug
    if selection.subject:
        return Stream.objects.filter(source=envelope.partner_source_of(selection.subject, slug))
    return Stream.objects.filter(source__endswith=f":partner:{slug}")
