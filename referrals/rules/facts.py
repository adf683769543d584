"""Reading content that may hold anything or nothing: a fact, or its absence, never an error."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

Content = Mapping[str, Any]
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
DIAGNOSES = ("pain", "trauma", "mental_health", "substance", "medical")
NO_ANSWER = (None, "", "unknown", "clinic_to_obtain")


def section(content: Any, name: str) -> Mapping[str, Any]:
    value = content.get(name) if isinstance(content, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def answer(content: Any, section_name: str, name: str) -> Any:
    return section(content, section_name).get(name)


def entries(content: Any, section_name: str, name: str = "") -> list[Mapping[str, Any]]:
    """The objects of a list: of a list section, or of a section's list field."""
    holder = content if not name else section(content, section_name)
    value = holder.get(name or section_name) if isinstance(holder, Mapping) else None
    return [entry for entry in _listed(value) if isinstance(entry, Mapping)]


def strings(value: Any) -> list[str]:
    return [entry for entry in _listed(value) if isinstance(entry, str)]


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def diagnoses(content: Any) -> list[str]:
    """Every ICD-10-CM code of the referral, whichever section holds it."""
    return [code for name in DIAGNOSES for code in strings(answer(content, name, "diagnoses"))]


def coded_in(content: Any, prefixes: Sequence[str]) -> tuple[str, ...]:
    """The names of the lists that hold such a code: `substance.diagnoses`."""
    return tuple(
        f"{name}.diagnoses"
        for name in DIAGNOSES
        if any(c.startswith(tuple(prefixes)) for c in strings(answer(content, name, "diagnoses")))
    )


def coded(content: Any, prefixes: Sequence[str], *, but: Sequence[str] = ()) -> list[str]:
    return [
        code
        for code in diagnoses(content)
        if code.startswith(tuple(prefixes)) and not (but and code.startswith(tuple(but)))
    ]


def day(value: Any) -> date | None:
    """A `YYYY-MM-DD` string (or a date) as a date, else None."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def latest_day(value: Any) -> date | None:
    """A day as it is, a `YYYY-MM` month as its last day, so that unsure is never too early."""
    match = _MONTH.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return day(value)
    year, month = int(match[1]), int(match[2])
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return None
    return date(year, month, calendar.monthrange(year, month)[1])


def add_months(start: date, months: int) -> date:
    """`months` calendar months later; the last day of the month where the day lacks."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def age(content: Any, as_of: date) -> int | None:
    """Full years on `as_of`; born on February 29, a year is full on March 1."""
    born = day(answer(content, "patient", "birth_date"))
    if born is None:
        return None
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))


def days_ago(value: Any, as_of: date) -> int | None:
    found = day(value)
    return None if found is None else (as_of - found).days


def number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() and 0 <= exact < Decimal(10) ** 9 else None


def whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def absent(content: Any, section_name: str, name: str) -> bool:
    """True where the referral says why the answer is not there."""
    reasons = section(section(content, section_name), "absent_reasons")
    return isinstance(reasons.get(name), str)


def present(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def medication_classes(content: Any) -> set[str]:
    return {
        name
        for entry in entries(content, "medical", "medications")
        for name in strings(entry.get("classes"))
    }


def takes_opioid(content: Any) -> bool:
    return (
        bool(entries(content, "substance", "opioids"))
        or answer(content, "substance", "opioid_use") == "yes"
        or "opioid" in medication_classes(content)
    )
