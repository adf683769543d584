"""The words of a form field: hints for how to type, and errors in the reader's own terms.

An error here may repeat what was typed, because it goes back to the person who typed it and
to nobody else; the domain's own errors never do.
"""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

from referrals import clock, coding, loaded_codes
from referrals.content.fields import (
    BirthDate,
    Day,
    DiagnosisCode,
    Language,
    Many,
    Moment,
    Onset,
    Whole,
    YesNo,
)
from referrals.content.text import icd10
from referrals.errors import FieldError

DAY_HINT = "Month/day/year, like 03/31/2026."
MONTH_HINT = "The month is enough, like 06/2024."
MOMENT_HINT = "Like 03/31/2026 2:05 PM."
NOT_A_DAY = "Write a day of the calendar as month/day/year, like 03/31/2026."
NOT_A_MONTH = "Write the month as 06/2024, or the day as 06/15/2024."
NOT_A_MOMENT = "Write the day and the time, like 03/31/2026 2:05 PM."
_YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})(?![0-9])", re.ASCII)


def hint(source: serializers.Field) -> str:
    """How to type it, then what the schema says about it."""
    if isinstance(source, Onset):
        return MONTH_HINT
    if isinstance(source, Language):
        return ""  # chosen from a list, not typed
    said = str(source.help_text or "")
    if isinstance(source, Moment):
        return f"{MOMENT_HINT} {said}".strip()
    if isinstance(source, Day):
        return f"{DAY_HINT} {said}".strip()
    return said


def error(source: serializers.Field | None, fault: FieldError, typed: Any) -> str:
    """The message of one fault beside the field it belongs to."""
    if isinstance(source, Many):
        source = source.child
    if isinstance(source, BirthDate) and fault.code == "future":
        return _birth_date(str(typed or ""))
    if isinstance(source, DiagnosisCode) and fault.code in ("icd10", "max_length"):
        return _code(str(typed or ""), fault.detail)
    if isinstance(source, Onset) and fault.code in ("onset", "max_length"):
        return NOT_A_MONTH
    if isinstance(source, Moment) and fault.code == "invalid":
        return NOT_A_MOMENT
    if isinstance(source, Day) and fault.code == "invalid":
        return NOT_A_DAY
    if isinstance(source, YesNo) and fault.code == "invalid":
        return "Choose yes or no."
    if isinstance(source, Whole) and fault.code == "invalid":
        return "Use a whole number, in digits."
    return fault.detail


def _birth_date(typed: str) -> str:
    match = _YEAR.search(typed)
    if not match:
        return "Birth date must be in the past. Check the year."
    year = int(match[1])
    said = f"Birth date must be in the past. You typed {year}"
    if year <= clock.now().year:
        return f"{said}. Check the day and the month."
    return f"{said}: did you mean {year - 100}?"


def _code(typed: str, otherwise: str) -> str:
    """What the words may mean, for whoever typed words where a code is kept."""
    for part in re.split(r"[,;\n]+", typed):
        if not part.strip() or all(icd10(word) for word in part.split()):
            continue
        found = coding.find(loaded_codes.current(), part, most=6)
        if not found:
            break
        meant = "; ".join(f"{one.code} {one.name}" for one in found)
        return f"Write the code in place of “{part.strip()}”. It may be: {meant}."
    return otherwise
