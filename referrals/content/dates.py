"""Answers that are a day, a month or an instant, kept as the text that JSON has."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from rest_framework import serializers

from referrals import clock

from .base import REQUIRED, Answer, Line

EARLIEST = date(1900, 1, 1)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


def latest_date() -> date:
    """The last date that is today somewhere: nobody's today is in the future."""
    return (clock.now() + timedelta(hours=14)).date()


class Day(Answer, serializers.DateField):
    """A calendar date, kept as `YYYY-MM-DD`; the past and today, unless `future` is set."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "Write the date as YYYY-MM-DD, like 2026-03-31.",
        "future": "This date is in the future. Check the year.",
        "too_early": "This date is before 1900. Check the year.",
        "past": "This date has passed. Check the year.",
    }

    def __init__(self, *, future: bool = False, **kwargs: Any) -> None:
        self.future = future
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:  # type: ignore[override]
        value = _day(data)
        if value is None:
            self.fail("invalid")
        self.check(value)
        return value.isoformat()

    def check(self, value: date) -> None:
        if value < EARLIEST:
            self.fail("too_early")
        if value > latest_date() and not self.future:
            self.fail("future")


class BirthDate(Day):
    default_error_messages = {
        "future": "Birth date must be in the past. Check the century of the year: "
        "did you mean 19 instead of 20?",
        "too_early": "Birth date must be in 1900 or later. Check the year.",
    }

    def check(self, value: date) -> None:
        if value >= latest_date():
            self.fail("future")
        super().check(value)


class Onset(Line):
    """When it began: `YYYY-MM`, or `YYYY-MM-DD` where the day is known."""

    default_error_messages = {
        "onset": "Write the month as YYYY-MM, like 2024-06, or the day as YYYY-MM-DD.",
        "future": "The start must not be in the future. Check the year.",
        "too_early": "The start must be in 1900 or later. Check the year.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=10, **kwargs)

    def normalise(self, value: str) -> str:
        first = _day(f"{value}-01" if _MONTH.fullmatch(value) else value)
        if first is None:
            self.fail("onset")
        if first < EARLIEST:
            self.fail("too_early")
        if first > latest_date():
            self.fail("future")
        return value


class Moment(Answer, serializers.DateTimeField):
    """An instant, RFC 3339 with its offset; not in the future."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "Write the time with its offset, like 2026-03-31T14:05:00-04:00.",
        "future": "This time is in the future. Check the date.",
        "too_early": "This date is before 1900. Check the year.",
    }

    def to_internal_value(self, data: Any) -> str:  # type: ignore[override]
        moment = _moment(data)
        if moment is None:
            self.fail("invalid")
        if moment.year < EARLIEST.year:
            self.fail("too_early")
        # A clinician's clock may run a little ahead of ours.
        if moment > clock.now() + timedelta(minutes=5):
            self.fail("future")
        return moment.isoformat()


def _day(data: Any) -> date | None:
    if not isinstance(data, str) or not _DATE.fullmatch(data):
        return None
    try:
        return date.fromisoformat(data)
    except ValueError:
        return None


def _moment(data: Any) -> datetime | None:
    if not isinstance(data, str) or len(data) > 40:
        return None
    try:
        moment = datetime.fromisoformat(data)
        return moment if moment.tzinfo and moment.utctimetuple() else None
    except (ValueError, OverflowError):
        return None
