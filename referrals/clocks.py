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
BOOKING_HOURS = {"p0": 24, "p1": 48}
BOOKING_DAYS = {"p2": 5, "p3": 10}
OUTCOME_DAYS = 30
LOOP_DAYS = 14


def add_business_days(day: date, count: int, holidays: Container[date] = frozenset()) -> date:
    """The business day `count` days after `day`, which itself is day 0."""
    while count:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            count -= 1
    return day


def business_days_between(first: date, last: date, holidays: Container[date] = frozenset()) -> int:
    """The business days after `first`, up to and with `last`; 0 where `last` is not later."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(day.weekday() < 5 and day not in holidays for day in days)


def local_day(clinic: Organisation, moment: datetime) -> date:
    """The day on the clinic's calendar."""
    return moment.astimezone(zoneinfo.ZoneInfo(clinic.time_zone)).date()


def holidays_of(clinic: Organisation) -> frozenset[date]:
    return frozenset(clinic.holidays.values_list("day", flat=True))


def due_at(referral: Referral, *, now: datetime) -> datetime | None:
    """When the clock of the present state ends; None where none runs."""
    clinic = referral.clinic
    if clinic is None:
        return None
    match State(referral.state):
        case State.SUBMITTED | State.IN_REVIEW:
            return _decision_due(referral, clinic, now)
        case State.ACCEPTED | State.WAITLISTED:
            return _booking_due(referral, clinic, now)
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
    holidays = holidays_of(clinic)
    # A pause counts as it was counted: in business days, so that the end is one again.
    paused = sum(
        business_days_between(
            local_day(clinic, asked.asked_at), local_day(clinic, asked.answered_at), holidays
        )
        for asked in referral.information_requests.all()
        if asked.answered_at
    )
    return _business(clinic, start, DECISION_DAYS[referral.priority] + paused, holidays)


def _booking_due(referral: Referral, clinic: Organisation, now: datetime) -> datetime:
    start = referral.accepted_at or now
    if referral.priority in BOOKING_HOURS:
        return start + timedelta(hours=BOOKING_HOURS[referral.priority])
    return _business(clinic, start, BOOKING_DAYS[referral.priority], holidays_of(clinic))


def _information_due(referral: Referral, clinic: Organisation) -> datetime | None:
    asked = referral.information_requests.filter(answered_at__isnull=True).first()
    return end_of_day(asked.due_on, clinic) if asked else None


def _business(
    clinic: Organisation, start: datetime, days: int, holidays: Container[date]
) -> datetime:
    return end_of_day(add_business_days(local_day(clinic, start), days, holidays), clinic)


def end_of_day(day: date, clinic: Organisation) -> datetime:
    """Five in the afternoon at the clinic, in UTC."""
    zone = zoneinfo.ZoneInfo(clinic.time_zone)
    return datetime.combine(day, time(17), tzinfo=zone).astimezone(UTC)
