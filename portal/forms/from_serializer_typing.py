"""How people type an answer, and how a stored answer is shown to be typed over.

Only the writing differs here (a date as 03/31/2026, one place a line); whether an answer is
good is for the content's serializers alone. What cannot be read is handed on as it was
typed, so that the serializer refuses it and the form can show it again.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from referrals.content.fields import Code, Day, DiagnosisCode, Many, Moment, Onset, Phone

_US_DAY = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4})", re.ASCII)
_US_MONTH = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{4})", re.ASCII)
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_ISO_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
_MOMENTS = ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M%p", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M")
_NANP = re.compile(r"\+1([0-9]{3})([0-9]{3})([0-9]{4})", re.ASCII)
_BETWEEN_CODES = re.compile(r"[,;\n]+")
_CODES_IN_A_ROW = re.compile(
    r"([A-Za-z][0-9][0-9A-Za-z.]*\s+)+[A-Za-z][0-9][0-9A-Za-z.]*", re.ASCII
)


def read(source: serializers.Field, typed: Any, *, time_zone: str) -> Any:
    """The JSON value of what was typed; None where nothing was. `typed` is text or a list."""
    if isinstance(source, Many):
        return _read_many(source, typed)
    text = typed or ""
    if isinstance(source, Moment):
        return _read_moment(text, time_zone)
    if isinstance(source, Onset):
        return _read_month(text)
    if isinstance(source, Day):
        return _read_day(text)
    return source.from_text(text)  # type: ignore[attr-defined]


def show(source: serializers.Field, value: Any, *, time_zone: str) -> Any:
    """A stored JSON value as a person would type it."""
    if value is None:
        return [] if _is_checked(source) else ""
    if isinstance(source, Many):
        if _is_checked(source):
            return value
        return (", " if isinstance(source.child, DiagnosisCode) else "\n").join(value)
    if isinstance(source, Moment):
        local = datetime.fromisoformat(value).astimezone(ZoneInfo(time_zone))
        return local.strftime("%m/%d/%Y %I:%M %p")
    if isinstance(source, Day | Onset):
        return us_date(value)
    if isinstance(source, Phone):
        return us_phone(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def us_phone(value: str) -> str:
    """`+14075550142` as 407-555-0142; a number of another country stays as it is."""
    match = _NANP.fullmatch(value)
    return "-".join(match.groups()) if match else value


def us_date(value: str) -> str:
    """`2026-03-31` as 03/31/2026, `2026-03` as 03/2026; anything else as it is."""
    if match := _ISO_DAY.fullmatch(value):
        return "{1}/{2}/{0}".format(*match.groups())
    if match := _ISO_MONTH.fullmatch(value):
        return "{1}/{0}".format(*match.groups())
    return value


def _is_checked(source: serializers.Field) -> bool:
    return isinstance(source, Many) and isinstance(source.child, Code)


def _read_many(source: Many, typed: Any) -> list[str] | None:
    if _is_checked(source):
        return list(typed or []) or None
    if isinstance(source.child, DiagnosisCode):
        parts = _codes(typed or "")
    else:
        parts = (typed or "").splitlines()
    return [part.strip() for part in parts if part.strip()] or None


def _codes(typed: str) -> list[str]:
    """Codes between commas, or between spaces where nothing but codes stands there."""
    parts: list[str] = []
    for part in _BETWEEN_CODES.split(typed):
        part = part.strip()
        parts += part.split() if _CODES_IN_A_ROW.fullmatch(part) else [part]
    return parts


def _read_day(text: str) -> str | None:
    text = text.strip()
    match = _US_DAY.fullmatch(text)
    if not match:
        return text or None
    month, day, year = match.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def _read_month(text: str) -> str | None:
    text = text.strip()
    if match := _US_MONTH.fullmatch(text):
        month, year = match.groups()
        return f"{year}-{month:0>2}"
    return _read_day(text)


def _read_moment(text: str, time_zone: str) -> str | None:
    text = " ".join(text.split()).upper()
    for form in _MOMENTS:
        try:
            naive = datetime.strptime(text, form)
        except ValueError:
            continue
        return naive.replace(tzinfo=ZoneInfo(time_zone)).isoformat()
    return text or None
