"""Read the feed: as a person, by the subjects that are visible, or as a partner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from integrations.feed import cursors, sequencer
from integrations.models import Delivery, Event, Partner
from integrations.tombstones import SKIPPED_TYPES

MAX_LIMIT = 1000


@dataclass(frozen=True)
class FeedPage:
    """`results` are the exact bytes of the events; `next_after` is never empty."""

    results: Sequence[bytes]
    next_after: str


def read(
    *, after: str, limit: int, subjects: QuerySet[Any] | None, partner: Partner | None
) -> FeedPage:
    """One page of what comes after the cursor, oldest first. BadCursor if it is not ours.

    Give either `subjects`, a queryset of the visible subjects' ids (one column), or
    `partner`, whose own deliveries are read; anything else is a ValueError. `limit` below 1
    counts as 1, above 1000 as 1000. The number of statements does not grow with the page.
    """
    start = cursors.decode(after)
    size = min(max(limit, 1), MAX_LIMIT)
    rows = _rows(start, subjects, partner)[:size]
    if sequencer.waiting():
        sequencer.assign_all()
    found = list(rows)
    last = found[-1][0] if found else start
    return FeedPage([bytes(body) for _, body in found], cursors.encode(last))


def _rows(
    start: int, subjects: QuerySet[Any] | None, partner: Partner | None
) -> QuerySet[Any, Any]:
    if partner is not None and subjects is None:
        return _owed_to(partner, start)
    if subjects is not None and partner is None:
        return _seen_by_person(subjects, start)
    raise ValueError("A feed is read either by subjects or by a partner")


def _seen_by_person(subjects: QuerySet[Any], start: int) -> QuerySet[Any, Any]:
    visible = Event.objects.filter(
        position__gt=start, private_to__isnull=True, subject__in=subjects
    )
    return visible.order_by("position").values_list("position", "body")


def _owed_to(partner: Partner, start: int) -> QuerySet[Any, Any]:
    owed = Delivery.objects.filter(partner=partner, event__position__gt=start)
    # What was skipped in the queue is still read here; the tombstone in its place is not.
    owed = owed.exclude(type__in=SKIPPED_TYPES)
    return owed.order_by("event__position").values_list("event__position", "body")
