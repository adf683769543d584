"""How long a clinic usually takes to answer, from its own last 90 days."""

from __future__ import annotations

from datetime import timedelta
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
    if len(moments) < FEWEST:
        return None
    calendar = clocks.Calendar.of(clinic)
    return median_low(calendar.between(sent, done) for sent, done in moments if done)
