"""Clocks: by when whose answer is due, from priority, state and the clinic's calendar."""

from referrals.clocks.calendar import (
    Calendar,
    add_business_days,
    business_days_between,
    end_of_day,
    holidays_of,
    local_day,
)
from referrals.clocks.limits import Limits, limits_of
from referrals.clocks.wanted import LABELS, ClockKind, due_at, wanted

__all__ = [
    "LABELS", "Calendar", "ClockKind", "Limits", "add_business_days", "business_days_between",
    "due_at", "end_of_day", "holidays_of", "limits_of", "local_day", "wanted",
]  # fmt: skip
