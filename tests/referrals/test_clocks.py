"""Clocks by the vectors of the clinical reference, 10.3."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from referrals import clocks

THANKSGIVING = date(2026, 11, 26)
SENT = datetime(2026, 11, 20, 15, tzinfo=UTC)  # a Friday morning in New York


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        (date(2026, 11, 20), 2, date(2026, 11, 24)),
        (date(2026, 11, 20), 10, date(2026, 12, 7)),
        (date(2026, 11, 21), 2, date(2026, 11, 24)),
        (date(2026, 11, 25), 3, date(2026, 12, 1)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
    ],
)
def test_business_days(start: date, count: int, due: date) -> None:
    assert clocks.add_business_days(start, count, {THANKSGIVING}) == due


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), 0),
        (date(2026, 11, 23), date(2026, 11, 25), 2),
        (date(2026, 11, 20), date(2026, 11, 23), 1),
        (date(2026, 11, 25), date(2026, 11, 27), 1),
        (date(2026, 11, 25), date(2026, 11, 20), 0),
    ],
)
def test_business_days_between(first: date, last: date, days: int) -> None:
    assert clocks.business_days_between(first, last, {THANKSGIVING}) == days


class _Rows:
    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def all(self) -> list[Any]:
        return self.rows

    def filter(self, answered_at__isnull: bool) -> _Rows:
        return _Rows([row for row in self.rows if row.answered_at is None])

    def first(self) -> Any:
        return next(iter(self.rows), None)


class _Holidays:
    def values_list(self, *_: str, flat: bool) -> list[date]:
        return [THANKSGIVING]


@dataclass
class Sent:
    """As much of a referral as a clock looks at."""

    state: str = "submitted"
    priority: str = "p2"
    submitted_at: datetime | None = SENT
    accepted_at: datetime | None = None
    state_since: datetime = SENT
    asked: list[Any] = field(default_factory=list)
    ended: list[datetime] = field(default_factory=list)
    zone: str = "America/New_York"

    @property
    def clinic(self) -> Any:
        return SimpleNamespace(time_zone=self.zone, holidays=_Holidays())

    @property
    def appointments(self) -> _Rows:
        return _Rows([SimpleNamespace(ended_at=moment) for moment in self.ended])

    @property
    def timeline(self) -> _Rows:
        return _Rows([])

    @property
    def information_requests(self) -> _Rows:
        return _Rows(self.asked)


def due(**facts: Any) -> datetime | None:
    return clocks.due_at(Sent(**facts), now=SENT)  # type: ignore[arg-type]


def five(day: int, month: int = 11, hour: int = 22) -> datetime:
    """17:00 in New York, where winter is five hours behind UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def asked(start: datetime, end: datetime | None, due_on: date = date(2026, 12, 2)) -> Any:
    return SimpleNamespace(asked_at=start, answered_at=end, due_on=due_on)


@pytest.mark.parametrize(
    ("facts", "when"),
    [
        ({"priority": "p2"}, five(24)),
        ({"priority": "p3"}, five(25)),
        ({"priority": "p0"}, SENT + timedelta(hours=1)),
        ({"priority": "p1"}, SENT + timedelta(hours=24)),
        ({"state": "accepted", "accepted_at": SENT, "priority": "p3"}, five(7, 12)),
        ({"state": "accepted", "accepted_at": SENT, "priority": "p0"}, SENT + timedelta(hours=24)),
        ({"state": "accepted", "accepted_at": SENT, "priority": "p1"}, SENT + timedelta(hours=48)),
        ({"state": "in_care"}, SENT + timedelta(days=30)),
        ({"state": "completed"}, SENT + timedelta(days=14)),
        ({"state": "scheduled"}, None),
        ({"state": "closed"}, None),
    ],
)
def test_due_by_state_and_priority(facts: dict[str, Any], when: datetime | None) -> None:
    assert due(**facts) == when


def test_a_pause_is_counted_in_business_days() -> None:
    """Two business days of waiting move the end past the holiday, to five on a business day."""
    pause = asked(datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 25, 15, tzinfo=UTC))
    assert due(asked=[pause]) == five(27)


@pytest.mark.parametrize("priority", ["p0", "p1"])
def test_no_pause_on_the_wall_clock(priority: str) -> None:
    pause = asked(SENT, SENT + timedelta(hours=5))
    assert due(priority=priority, asked=[pause]) == due(priority=priority)
    waiting = asked(SENT, None)
    assert due(priority=priority, state="info_requested", asked=[waiting]) == due(priority=priority)


def test_while_the_practice_is_asked_its_day_counts() -> None:
    assert due(state="info_requested", asked=[asked(SENT, None)]) == five(2, 12)


def test_the_clinics_calendar_says_which_day_it_was() -> None:
    """Saturday 03:00 in UTC is Friday evening in New York: day 0 is Friday."""
    late = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert due(submitted_at=late) == five(24)
    assert due(submitted_at=late, zone="Pacific/Guam") == datetime(2026, 11, 24, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "hour"),
    [(datetime(2026, 3, 5, 15, tzinfo=UTC), 21), (datetime(2026, 10, 29, 15, tzinfo=UTC), 22)],
)
def test_five_o_clock_stays_five_o_clock_over_both_clock_changes(sent: datetime, hour: int) -> None:
    end = due(submitted_at=sent)
    assert end is not None
    assert (end.hour, end.minute) == (hour, 0)
