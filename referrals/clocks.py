"""Clocks: by when whose answer is due, from priority and state.

P0 and P1 run on the wall clock and never pause. P2 and P3 run on the clinic's business days
(its holidays and time zone) and pause while the clinic waits for information. Day 0 is the
day of submission; what was sent on a non-business day counts the next business day as day 1.
Defaults are those of the clinical reference, 10.3; the domain's settings may change them.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Container
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from referrals.lifecycle import State

if TYPE_CHECKING:
    from referrals.models import Organisation, Referral

WALL_HOURS = {"p0": 1, "p1": 24}
DECISION_DAYS = {"p2": 2, "p3": 3}
BOOKING_DAYS = {"p0": 1, "p1": 2, "p2": 5, "p3": 10}
OUTCOME_DAYS = 30
LOOP_DAYS = 14


def add_business_days(day: date, count: int, holidays: Container[date] = frozenset()) -> date:
    """The business day `count` days after `day`, which itself is day 0."""
    while count:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            count -= 1
    return day


def due_at(referral: Referral, *, now: datetime) -> datetime | None:
    """When the clock of the present state ends; None where none runs."""
    clinic = referral.clinic
    if clinic is None:
        return None
    match State(referral.state):
        case State.SUBMITTED | State.IN_REVIEW:
            return _decision_due(referral, clinic, now)
        case State.ACCEPTED | State.WAITLISTED:
            return _business(clinic, referral.accepted_at or now, BOOKING_DAYS[referral.priority])
        case State.IN_CARE | State.CANCEL_REQUESTED:
            return referral.state_since + timedelta(days=OUTCOME_DAYS)
        case State.COMPLETED | State.DECLINED | State.EXPIRED:
            return referral.state_since + timedelta(days=LOOP_DAYS)
        case State.INFO_REQUESTED if referral.priority in WALL_HOURS:
            return _decision_due(referral, clinic, now)
        case State.INFO_REQUESTED:
            return _information_due(referral, clinic)
        case _:
            return None


def _decision_due(referral: Referral, clinic: Organisation, now: datetime) -> datetime:
    start = referral.submitted_at or now
    if referral.priority in WALL_HOURS:
        return start + timedelta(hours=WALL_HOURS[referral.priority])
    paused = sum(
        (r.answered_at - r.asked_at for r in referral.information_requests.all() if r.answered_at),
        timedelta(),
    )
    return _business(clinic, start, DECISION_DAYS[referral.priority]) + paused


def _information_due(referral: Referral, clinic: Organisation) -> datetime | None:
    asked = referral.information_requests.filter(answered_at__isnull=True).first()
    return end_of_day(asked.due_on, clinic) if asked else None


def _business(clinic: Organisation, start: datetime, days: int) -> datetime:
    zone = zoneinfo.ZoneInfo(clinic.time_zone)
    holidays = set(clinic.holidays.values_list("day", flat=True))
    return end_of_day(add_business_days(start.astimezone(zone).date(), days, holidays), clinic)


def end_of_day(day: date, clinic: Organisation) -> datetime:
    """Five in the afternoon at the clinic, in UTC."""
    zone = zoneinfo.ZoneInfo(clinic.time_zone)
    return datetime.combine(day, time(17), tzinfo=zone).astimezone(UTC)
