"""What the timers do with clocks that run: warn once, breach once, escalate once.

Each mark is a conditional update under the referral's lock, so that two hosts at the same
moment ring a clock once. A clock that ended or was moved in the meantime does not ring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from referrals import clock, events, notifications
from referrals.actors import SYSTEM, Role
from referrals.clocks.wanted import ClockKind
from referrals.models import Referral, ReferralClock
from referrals.operations import transition
from referrals.operations.transition import Change

MOST = 500  # clocks in one run; the next run takes the next ones

Told = Callable[[Referral, ReferralClock], None]


@dataclass(frozen=True, slots=True)
class Ring:
    """One thing that a clock does at one of its times: (column of the time, of the mark)."""

    at: str
    mark: str
    tell: Told


def ring() -> int:
    """Ring every clock that is due; returns how often one rang."""
    return sum(_ring_all(one) for one in RINGS)


def _ring_all(one: Ring) -> int:
    due = _due(one).order_by(one.at).values_list("pk", "referral_id")[:MOST]
    return sum(_ring_one(one, clock_id, referral_id) for clock_id, referral_id in list(due))


def _due(one: Ring) -> QuerySet[ReferralClock]:
    return ReferralClock.objects.filter(
        **{"ended_at__isnull": True, f"{one.mark}__isnull": True, f"{one.at}__lte": clock.now()}
    )


def _ring_one(one: Ring, clock_id: UUID, referral_id: UUID) -> bool:
    with transaction.atomic():
        referral = transition.lock(referral_id)
        if not _due(one).filter(pk=clock_id).update(**{one.mark: clock.now()}):
            return False
        one.tell(referral, ReferralClock.objects.get(pk=clock_id))
    return True


def _event(name: str, for_practice: str) -> Told:
    """Tell by event, timeline and notice; the loop's clock is the practice's."""

    def tell(referral: Referral, row: ReferralClock) -> None:
        now = clock.now()
        told_as = for_practice if row.kind == ClockKind.LOOP else name
        event = events.tell(
            name, referral, by=SYSTEM, role=Role.SY, occurred_at=now, told_as=told_as,
            # Two clocks that end together are two events, and one thing to be told.
            told_key=f"{told_as}:{referral.pk}:{row.due_at}",
        )  # fmt: skip
        transition.write_entry(
            referral, name, before=referral.state, by=SYSTEM, role=Role.SY,
            change=Change(detail={"clock": row.kind}), event_id=event.event_id,
        )  # fmt: skip

    return tell


def _escalate(referral: Referral, row: ReferralClock) -> None:
    if row.kind != ClockKind.LOOP:
        key = f"escalated:{referral.pk}:{row.due_at}"
        notifications.notify("escalated", referral, key=key)


RINGS = (
    Ring("warn_at", "warned_at", _event("clock_at_risk", "practice_at_risk")),
    Ring("due_at", "breached_at", _event("clock_breached", "practice_breached")),
    Ring("escalate_at", "escalated_at", _escalate),
)
