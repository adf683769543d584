"""The numbers of one organization between two days, in a constant number of queries.

A referral belongs to the days on which it was sent. Entered in error counts nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Aggregate, Avg, Count, Field, Q, QuerySet

from referrals import clock
from referrals.actors import Actor, Role
from referrals.errors import Forbidden
from referrals.lifecycle import OPEN_STATES, State
from referrals.models import Milestones, Organisation, Referral, StateSpan

READERS = {
    "clinic": frozenset({Role.CO, Role.CL, Role.CA}),
    "practice": frozenset({Role.RC, Role.RD, Role.PA}),
}
LENGTHS = ("to_look", "to_decision", "to_booking", "to_outcome", "to_closed")
MOST_PARTNERS = 25
OPEN_NOW = sorted(OPEN_STATES - {State.DRAFT})
AGES = ((1, "Up to 1 day"), (3, "1 to 3 days"), (7, "3 to 7 days"), (14, "1 to 2 weeks"),
        (30, "2 to 4 weeks"), (None, "Over 30 days"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Length:
    """How long a step took: the middle one and the ninth of ten, in seconds."""

    count: int
    median: int | None
    ninth: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """`funnel` counts by milestone; `partners` are the other side's organizations."""

    sent: int
    left: int
    funnel: dict[str, int]
    lengths: dict[str, Length]
    decisions: dict[str, int]
    classes: list[tuple[str, int]]
    partners: list[tuple[str, int, int, int]]
    stays: list[tuple[str, int, float]]
    ages: dict[str, list[int]]


def figures(organisation: Organisation, *, by: Actor, first: datetime, last: datetime) -> Figures:
    """The numbers for what was sent from `first` until before `last`."""
    side = str(organisation.kind)
    if not by.roles_at(organisation.pk) & READERS[side]:
        raise Forbidden()
    own = {f"{side}_id": organisation.pk, "void": False}
    sent = Milestones.objects.filter(**own, sent_at__gte=first, sent_at__lt=last)
    counts = sent.aggregate(**_counts(), **_places())
    return Figures(
        sent=counts["sent"],
        left=Milestones.objects.filter(**own, out_at__gte=first, out_at__lt=last).count(),
        funnel={name: counts[name] for name in FUNNEL},
        lengths={name: _length(sent, name, counts) for name in LENGTHS},
        decisions={name: counts[name] for name in ("accept", "decline", "redirect", "late")},
        classes=_classes(sent),
        partners=_partners(sent, "practice" if side == "clinic" else "clinic"),
        stays=_stays(side, organisation.pk, first, last),
        ages=_ages(side, organisation.pk),
    )


FUNNEL = ("sent", "looked", "decided", "accepted", "booked", "outcome", "closed")


def _counts() -> dict[str, Count]:
    """Everything that is counted over the same rows: one query."""
    when: dict[str, Q] = {
        "sent": Q(),
        "looked": Q(looked_at__isnull=False),
        "decided": Q(decided_at__isnull=False),
        "accepted": Q(decision="accept"),
        "booked": Q(decision="accept", booked_at__isnull=False),
        "outcome": Q(decision="accept", outcome_at__isnull=False),
        "closed": Q(decision="accept", outcome_at__isnull=False, closed_at__isnull=False),
        "accept": Q(decision="accept"),
        "decline": Q(decision="decline"),
        "redirect": Q(decision="redirect"),
        "late": Q(decision="accept", declined=True),
        **{f"n_{name}": Q(**{f"{name}__isnull": False}) for name in LENGTHS},
    }
    return {name: Count("pk", filter=test) for name, test in when.items()}


class Places(Aggregate):
    """The middle value and the ninth of ten, by position: whole rows, no estimate."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = Field()  # an array, which the driver reads


def _places() -> dict[str, Places]:
    """In the same pass where the database can; `_length` looks them up where it cannot."""
    able = connection.vendor == "postgresql"
    return {f"p_{name}": Places(name) for name in LENGTHS} if able else {}


def _length(rows: QuerySet[Milestones], name: str, counts: dict[str, Any]) -> Length:
    count = counts[f"n_{name}"]
    if not count:
        return Length(0, None, None)
    if f"p_{name}" in counts:
        return Length(count, *counts[f"p_{name}"])
    ordered = rows.filter(**{f"{name}__isnull": False}).order_by(name).values_list(name, flat=True)
    return Length(count, _at(ordered, (count - 1) // 2), _at(ordered, (count * 9 + 9) // 10 - 1))


def _at(ordered: Any, place: int) -> int:
    return ordered[place : place + 1].get()


def _classes(rows: QuerySet[Milestones]) -> list[tuple[str, int]]:
    found = rows.filter(declined=True).values_list("reason_class").annotate(n=Count("pk"))
    return [(name, n) for name, n in found.order_by("-n", "reason_class")]


def _partners(rows: QuerySet[Milestones], other: str) -> list[tuple[str, int, int, int]]:
    """(name, sent, accepted, declined) of those who sent or received most."""
    found = rows.values_list(f"{other}_id").annotate(
        n=Count("pk"), yes=Count("pk", filter=Q(decision="accept")),
        no=Count("pk", filter=Q(decision="decline")),
    )  # fmt: skip
    most = list(found.order_by("-n", f"{other}_id")[:MOST_PARTNERS])
    names = dict(
        Organisation.objects.filter(pk__in=[row[0] for row in most]).values_list("pk", "name")
    )
    return [(names[pk], n, yes, no) for pk, n, yes, no in most]


def _stays(side: str, pk: UUID, first: datetime, last: datetime) -> list[tuple[str, int, float]]:
    """(state, how many stays ended in these days, their mean length in seconds)."""
    found = (
        StateSpan.objects.filter(**{f"{side}_id": pk}, left_at__gte=first, left_at__lt=last)
        .order_by()
        .values_list("state")
        .annotate(n=Count("state"), mean=Avg("seconds"))
    )
    order = list(State)
    return sorted(((s, n, float(mean)) for s, n, mean in found), key=lambda r: order.index(r[0]))


def _ages(side: str, pk: UUID) -> dict[str, list[int]]:
    """How long what is open now has been in its state: counts for each of `AGES`."""
    since = clock.now()
    edges = [since - timedelta(days=days) if days else None for days, _ in AGES]
    newest: list[datetime | None] = [None, *edges[:-1]]
    found = (
        Referral.objects.filter(**{f"{side}_id": pk}, state__in=OPEN_NOW)
        .order_by()
        .values_list("state")
        .annotate(**{
            f"age_{n}": Count("pk", filter=_between(newest[n], edges[n])) for n in range(len(AGES))
        })
    )  # fmt: skip
    return {row[0]: list(row[1:]) for row in found}


def _between(newest: datetime | None, oldest: datetime | None) -> Q:
    """In the state since a moment that is older than `newest` and not older than `oldest`."""
    test = Q()
    if newest is not None:
        test &= Q(state_since__lt=newest)
    if oldest is not None:
        test &= Q(state_since__gte=oldest)
    return test
