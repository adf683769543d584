"""Working days of the demo's clinics: when somebody is there to do something.

All in the clinics' own time zone; what comes out is aware. Holidays are those of the US
federal calendar, by rule, so that no list of years runs out.
"""

from __future__ import annotations

import calendar
import zoneinfo
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

ZONE = zoneinfo.ZoneInfo("America/New_York")
OPENS, CLOSES = time(8), time(17)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

# (name, month, weekday, which one of the month; -1 is the last)
_FLOATING = (
    ("Martin Luther King Jr. Day", 1, MONDAY, 3),
    ("Presidents' Day", 2, MONDAY, 3),
    ("Memorial Day", 5, MONDAY, -1),
    ("Labor Day", 9, MONDAY, 1),
    ("Columbus Day", 10, MONDAY, 2),
    ("Thanksgiving Day", 11, THURSDAY, 4),
)
_FIXED = (
    ("New Year's Day", 1, 1),
    ("Juneteenth", 6, 19),
    ("Independence Day", 7, 4),
    ("Veterans Day", 11, 11),
    ("Christmas Day", 12, 25),
)


def holidays(year: int) -> dict[date, str]:
    """The days of that year on which the clinics are closed, with their names."""
    found = {_nth(year, month, weekday, n): name for name, month, weekday, n in _FLOATING}
    found |= {_observed(date(year, month, day)): name for name, month, day in _FIXED}
    return found


def holidays_between(first: date, last: date) -> dict[date, str]:
    every = [holidays(year) for year in range(first.year, last.year + 2)]
    return {day: name for one in every for day, name in one.items() if first <= day <= last}


def year_before(day: date) -> date:
    return day - timedelta(days=365)


def year_after(day: date) -> date:
    return day + timedelta(days=400)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    days = [week[weekday] for week in calendar.monthcalendar(year, month) if week[weekday]]
    return date(year, month, days[n - 1 if n > 0 else n])


def _observed(day: date) -> date:
    shift = {SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


class Calendar:
    """Working days counted back from `now`. Day 0 is the last one that is over."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(ZONE)
        today = self.now.date()
        self.closed = holidays_between(year_before(today), year_after(today))
        over = self.now.time() >= CLOSES
        self.last = self._back(self.now.date() if over else self.now.date() - timedelta(days=1))

    def works(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self.closed

    def ago(self, count: int) -> date:
        """The working day `count` working days before day 0."""
        day = self.last
        for _ in range(count):
            day = self._back(day - timedelta(days=1))
        return day

    def after(self, day: date, count: int) -> date:
        """The working day `count` working days after `day`."""
        for _ in range(count):
            day = self._forward(day + timedelta(days=1))
        return day

    def _back(self, day: date) -> date:
        while not self.works(day):
            day -= timedelta(days=1)
        return day

    def _forward(self, day: date) -> date:
        while not self.works(day):
            day += timedelta(days=1)
        return day


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=ZONE)


def mornings(first: date, until: datetime) -> Iterator[datetime]:
    """Six in the morning of each day, holidays too: the time at which timers run."""
    moment = local(first, 6)
    while moment <= until:
        yield moment
        moment = local(moment.date() + timedelta(days=1), 6)
