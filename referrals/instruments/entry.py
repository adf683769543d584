"""Reading an entry: what was given, checked against the instrument, never clamped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .definition import Instrument, ScoringError

LEVELS = ("none", "low", "moderate", "high")
Items = Sequence[int | None]


def given(instrument: Instrument, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of the entry that carry a result, after checking that they may be there."""
    parts = {
        name: entry[name]
        for name in ("items", "total", "level", "item9")
        if entry.get(name) is not None
    }
    for name in parts:
        if name not in instrument.accepts:
            raise ScoringError(f"/{name}", "not_accepted", _instead(instrument))
    return parts


def _instead(instrument: Instrument) -> str:
    words = {"items": "the items", "total": "the total", "level": "the level", "item9": "item 9"}
    allowed = " or ".join(words[n] for n in words if n in instrument.accepts)
    return f"For {instrument.title}, give {allowed}."


def items(instrument: Instrument, value: Any) -> Items | None:
    """The items in the instrument's order (null for a blank one), or None where all are blank."""
    if value is None:
        return None
    expected = len(instrument.topics)
    if not isinstance(value, list | tuple) or len(value) != expected:
        raise ScoringError(
            "/items", "item_count", f"{instrument.title} has {expected} items; use null for blanks."
        )
    for position, answer in enumerate(value):
        if answer is not None:
            whole(answer, instrument.item_range, f"/items/{position}", instrument.title)
    return None if all(answer is None for answer in value) else value


def total(instrument: Instrument, value: Any) -> int | None:
    if value is None or instrument.total_range is None:
        return None
    return whole(value, instrument.total_range, "/total", instrument.title)


def whole(value: Any, allowed: tuple[int, int], pointer: str, title: str) -> int:
    low, high = allowed
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ScoringError(
            pointer, "out_of_range", f"{title}: use a whole number from {low} to {high}."
        )
    return value


def summed(answers: Items | None) -> int | None:
    """The sum, or None while an item is blank: nothing is prorated."""
    if answers is None or any(answer is None for answer in answers):
        return None
    return sum(answer for answer in answers if answer is not None)


def sum_or_total(
    instrument: Instrument, parts: Mapping[str, Any]
) -> tuple[Items | None, int | None]:
    """Items and total together; where both are given they must agree."""
    answers = items(instrument, parts.get("items"))
    stated = total(instrument, parts.get("total"))
    added = summed(answers)
    if answers is not None and stated is not None and added != stated:
        raise ScoringError(
            "/total", "disagrees", "The total differs from the sum of the items. Check both."
        )
    return answers, stated if answers is None else added
