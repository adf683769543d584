"""A-6 C-SSRS screener: a level, never a total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import entry as read
from .definition import Instrument, Result, ScoringError
from .entry import LEVELS
from .settings import Cuts


def c_ssrs(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    parts = read.given(instrument, entry)
    answers = read.items(instrument, parts.get("items"))
    stated = _stated(parts.get("level"))
    level, complete = (stated, stated is not None) if answers is None else from_items(answers)
    if answers is not None and stated is not None and stated != level:
        raise ScoringError(
            "/level", "disagrees", "The level differs from the answers. Give one of the two."
        )
    return Result(
        instrument=instrument.name,
        score=None,
        complete=complete,
        band=level,
        positive=None if level is None else level != "none",
        rule=instrument.rule,
        version=instrument.version,
        source=instrument.source,
        extra={"level": level, "notes": [] if complete or answers is None else ["incomplete"]},
    )


def _stated(level: Any) -> str | None:
    if level is not None and level not in LEVELS:
        raise ScoringError("/level", "invalid_choice", "Choose none, low, moderate or high.")
    return level


def from_items(answers: read.Items) -> tuple[str | None, bool]:
    """(level, complete). What was answered counts even where the rest is blank.

    With blanks the level is the least that the answers show, and none is not concluded.
    """
    _refuse_contradictions(answers)
    q1, q2, _, _, _, q6, recent = answers
    complete = None not in (q1, q2, q6) and not (q6 == 1 and recent is None)
    level = _level(answers)
    return (level if complete or level != "none" else None), complete


def _level(answers: read.Items) -> str:
    q1, q2, q3, q4, q5, q6, recent = answers
    # Missing is never safe: behavior of unknown recency counts as recent, and recent behavior
    # is behavior, also where item 6 was left blank.
    if q4 or q5 or recent or (q6 and recent is None):
        return "high"
    if q3 or q6:
        return "moderate"
    return "low" if q1 or q2 else "none"


def _refuse_contradictions(answers: read.Items) -> None:
    _, q2, *_ = answers
    for position in (2, 3, 4):
        if q2 == 1 and answers[position] is None:
            raise ScoringError(
                f"/items/{position}", "needed", "With suicidal thoughts, answer items 3 to 5."
            )
        if q2 == 0 and answers[position] == 1:
            raise ScoringError(
                f"/items/{position}", "contradicts", "Items 3 to 5 need a yes to item 2."
            )
    if answers[5] == 0 and answers[6] == 1:
        raise ScoringError("/items/6", "contradicts", "Item 6b needs a yes to item 6.")
