"""Several results of one instrument over time: a small chart, and the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.presenters import content_words as cw
from portal.presenters import words
from referrals.instruments import INSTRUMENTS
from referrals.instruments.entry import LEVELS
from referrals.models import Referral
from referrals.operations import facts

# The drawing's own units: the plot stands between these, the words around it.
LEFT, RIGHT, TOP, BOTTOM = 34, 306, 12, 84
WIDTH, HEIGHT = 320, 104

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    on: str
    result: str
    change: str


@dataclass(frozen=True, slots=True)
class Trend:
    """`points` are the dated results from left to right; `cut` is the height of the cut line."""

    key: str
    title: str
    summary: str
    points: list[Point]
    rows: list[Row]
    low: str
    high: str
    first: str
    last: str
    cut: float | None
    cut_label: str

    @property
    def line(self) -> str:
        return " ".join(f"{point.x},{point.y}" for point in self.points)

    @property
    def drawn(self) -> bool:
        return len(self.points) > 1


def of_referral(referral: Referral | None) -> dict[str, Trend]:
    if referral is None:
        return {}
    return of(facts.computed_instruments(referral, referral.content.as_dict()))


def of(computed: Iterable[Result]) -> dict[str, Trend]:
    """The trend of each instrument that has more than one result."""
    by_name: dict[str, list[Result]] = {}
    for one in computed:
        by_name.setdefault(one["instrument"], []).append(one)
    return {name: _trend(name, found) for name, found in by_name.items() if len(found) > 1}


def newest(computed: Iterable[Result]) -> list[Result]:
    """The newest result of each instrument, of the same day the higher, as the rules take it.

    One without a date is the oldest.
    """
    found: dict[str, Result] = {}
    for one in sorted(computed, key=_age):
        found[one["instrument"]] = one
    return list(found.values())


def _age(one: Result) -> tuple[str, float]:
    value = _value(one)
    return one.get("administered_on") or "", -1 if value is None else float(value)


def _trend(name: str, found: list[Result]) -> Trend:
    instrument = INSTRUMENTS[name]
    in_order = sorted(found, key=lambda one: one.get("administered_on") or "")
    dated = [one for one in in_order if one.get("administered_on") and _value(one) is not None]
    top = instrument.total_range[1] if instrument.total_range else len(LEVELS) - 1
    cut = dated[-1].get("cut") if dated else None
    rows = [_row(one) for one in in_order]
    return Trend(
        key=name,
        title=f"{instrument.title} over time",
        summary="; ".join(f"{row.on}: {row.result}" for row in rows) + ".",
        points=_points(dated, top),
        rows=rows[::-1],
        low=LEVELS[0] if name == "c-ssrs" else "0",
        high=LEVELS[-1] if name == "c-ssrs" else str(top),
        first=_day(dated[0]) if dated else "",
        last=_day(dated[-1]) if dated else "",
        cut=None if cut is None else _height(cut, top),
        cut_label="" if cut is None else f"cut {cut}",
    )


def _points(dated: list[Result], top: int) -> list[Point]:
    if not dated:
        return []
    days = [date.fromisoformat(one["administered_on"]).toordinal() for one in dated]
    span = days[-1] - days[0] or 1
    return [
        Point(
            round(LEFT + (day - days[0]) / span * (RIGHT - LEFT), 1),
            _height(_value(one), top),
            _short(one),
        )
        for day, one in zip(days, dated, strict=True)
    ]


def _height(value: Any, top: int) -> float:
    return round(BOTTOM - float(value) / top * (BOTTOM - TOP), 1)


def _value(one: Result) -> float | int | None:
    """The score; for the C-SSRS the place of its level."""
    if one["instrument"] == "c-ssrs":
        return LEVELS.index(one["band"]) if one.get("band") else None
    return one.get("score")


def _short(one: Result) -> str:
    score = one.get("score")
    if one["instrument"] == "c-ssrs":
        return str(one["band"])
    return f"{score:.1f}" if one["instrument"] == "peg" and score is not None else str(score)


def _day(one: Result) -> str:
    return words.day(date.fromisoformat(one["administered_on"]))


def _row(one: Result) -> Row:
    on = cw.day_words(one["administered_on"]) if one.get("administered_on") else "No date"
    result = _short(one) if _value(one) is not None else "incomplete, no total"
    instrument = INSTRUMENTS[one["instrument"]]
    band = next((b.label for b in instrument.bands if b.code == one.get("band")), "")
    return Row(on, f"{result}, {band}" if band else result, change_words(one))


def change_words(one: Result) -> str:
    """`5 less than before (29.4 %), a meaningful change`; the wording of the fall alone."""
    found = one.get("change")
    if not found:
        return ""
    points = found["points"]
    if not points:
        return "no change"
    said = f"{abs(points):g} {'less' if points < 0 else 'more'} than before"
    if found["percent"] is not None:
        said += f" ({abs(found['percent']):g} %)"
    return f"{said}, a meaningful fall" if found["meaningful"] else said
