"""A clinic's calendar: its business days, its holidays, its time zone, its working day's end."""

from __future__ import annotations

import zoneinfo
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from referrals.clocks.limits import Limits, limits_of

if TYPE_CHECKING:
    from referrals.models import Organisation

WORK_ENDS = time(17)


def add_business_days(day: date, count: int, holidays: Container[date] = frozenset()) -> date:
    """The business day `count` days after `day`, which itself is day 0."""
    while count:
        day += timedelta(days=1)
        if is_business_day(day, holidays):
            count -= 1
    return day


def business_day_before(day: date, holidays: Container[date] = frozenset()) -> date:
    day -= timedelta(days=1)
    while not is_business_day(day, holidays):
        day -= timedelta(days=1)
    return day


def is_business_day(day: date, holidays: Container[date] = frozenset()) -> bool:
    return day.weekday() < 5 and day not in holidays


def business_days_between(first: date, last: date, holidays: Container[date] = frozenset()) -> int:
    """The business days after `first`, up to and with `last`; 0 where `last` is not later."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_business_day(day, holidays) for day in days)


def local_day(organisation: Organisation, moment: datetime) -> date:
    """The day on the calendar of a clinic or a practice."""
    return moment.astimezone(zoneinfo.ZoneInfo(organisation.time_zone)).date()


def holidays_of(clinic: Organisation) -> frozenset[date]:
    return frozenset(clinic.holidays.values_list("day", flat=True))


def end_of_day(day: date, clinic: Organisation) -> datetime:
    """Five in the afternoon at the clinic, in UTC."""
    zone = zoneinfo.ZoneInfo(clinic.time_zone)
    return datetime.combine(day, WORK_ENDS, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One clinic's calendar with its limits, read once for a move or a page."""

    clinic: Organisation
    holidays: frozenset[date]
    limits: Limits

    @classmethod
    def of(cls, clinic: Organisation) -> Calendar:
        return cls(clinic, holidays_of(clinic), limits_of(clinic))

    def day(self, moment: datetime) -> date:
        return local_day(self.clinic, moment)

    def after(self, start: datetime, days: int) -> datetime:
        """The end of the business day `days` after the day of `start`."""
        return end_of_day(add_business_days(self.day(start), days, self.holidays), self.clinic)

    def day_before(self, end: datetime) -> datetime:
        """The end of the business day before the one on which `end` lies."""
        return end_of_day(business_day_before(self.day(end), self.holidays), self.clinic)

    def between(self, first: datetime, last: datetime) -> int:
        return business_days_between(self.day(first), self.day(last), self.holidays)
