"""How long a clinic usually takes to answer, from its own last 90 days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from statistics import median_low

from referrals import clock, clocks
from referrals.models import Milestones, Organisation

LOOKED_AT = timedelta(days=90)
MOST, FEWEST = 200, 5  # the newest decisions; fewer than five say nothing


def answer_days(clinic: Organisation) -> int | None:
    """The median number of the clinic's working days from sending to its decision."""
    decided = Milestones.objects.filter(
        clinic=clinic, void=False, decided_at__gte=clock.now() - LOOKED_AT
    )
    moments = list(decided.order_by("-decided_at").values_list("sent_at", "decided_at")[:MOST])
    holidays = clocks.holidays_of(clinic)  # asked in any case: pages count their queries
    if len(moments) < FEWEST:
        return None
    return median_low(_working_days(clinic, sent, done, holidays) for sent, done in moments if done)


def _working_days(
    clinic: Organisation, sent: datetime, done: datetime, holidays: frozenset[date]
) -> int:
    first, last = clocks.local_day(clinic, sent), clocks.local_day(clinic, done)
    return clocks.business_days_between(first, last, holidays)
