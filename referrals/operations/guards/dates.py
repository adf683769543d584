"""Before a day or a time is named: it lies ahead, and the clinic has room."""

from __future__ import annotations

from datetime import timedelta

from referrals import capacity, clock, clocks
from referrals.operations.context import MoveContext

MAX_LEAD = timedelta(days=730)
LONGEST_APPOINTMENT = timedelta(days=1)
DAYS_NAMED = ("due_on", "expected_by", "review_on")


def day_ahead(ctx: MoveContext) -> None:
    """A day that is named lies ahead on the clinic's calendar, within two years."""
    assert ctx.referral.clinic is not None  # only a draft has none
    today = clocks.local_day(ctx.referral.clinic, clock.now())
    for name in DAYS_NAMED:
        day = ctx.data.get(name)
        if day is not None and day < today:
            raise ctx.refuse(f"/{name}", "in_the_past", "Choose a day that is still to come.")
        if day is not None and day > today + MAX_LEAD:
            raise ctx.refuse(f"/{name}", "too_far", "Choose a day within the next two years.")


def time_free(ctx: MoveContext) -> None:
    now = clock.now()
    if ctx.data["start"] <= now:
        raise ctx.refuse("/start", "in_the_past", "The appointment must be in the future.")
    if ctx.data["start"] > now + MAX_LEAD:
        raise ctx.refuse("/start", "too_far", "Book within the next two years.")
    if ctx.data["end"] - ctx.data["start"] > LONGEST_APPOINTMENT:
        raise ctx.refuse("/end", "too_long", "An appointment ends within a day.")
    _slot_free(ctx)


def _slot_free(ctx: MoveContext) -> None:
    """No more appointments at once or in a week than the clinic set for the service."""
    service = ctx.referral.service
    if service is None:
        return
    taken = capacity.problem(service, ctx.data["start"], ctx.data["end"], besides=ctx.referral.pk)
    if taken:
        raise ctx.refuse("/start", "slot_taken", taken)
