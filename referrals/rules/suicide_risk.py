"""A-13 for suicide screens: which C-SSRS and which item 9 count on a given day.

Currency limits reassurance only: a C-SSRS of none or low counts while it is recent and no
newer PHQ-9 contradicts it; moderate and high count until a newer, complete C-SSRS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from referrals.instruments.entry import LEVELS

from .scored import Scored, of
from .settings import ClinicRules

_ADVERSE = ("moderate", "high")


@dataclass(frozen=True, slots=True)
class SuicideRisk:
    """`recorded`: the C-SSRS level that counts; `shown`: the highest that any valid answer shows.

    The two differ where answers are incomplete or undated: they count against, never for.
    """

    recorded: str | None
    shown: str | None
    item9: int | None

    @property
    def current(self) -> bool:
        return self.recorded is not None or self.shown in _ADVERSE


def suicide_risk(results: list[Scored], as_of: date, rules: ClinicRules) -> SuicideRisk:
    screens = [(_level(s), _complete(s), s.on) for s in of(results, "c-ssrs") if _level(s)]
    dated = [(on, level) for level, complete, on in screens if complete and on]
    newest = max(dated, key=lambda pair: (pair[0], LEVELS.index(pair[1])), default=None)
    recorded = _recorded(newest, results, as_of, rules)
    unsettled = [
        level
        for level, complete, on in screens
        if level != "none" and (on is None or (not complete and (not newest or on >= newest[0])))
    ]
    shown = max([*unsettled, *([recorded] if recorded else [])], key=LEVELS.index, default=None)
    return SuicideRisk(recorded=recorded, shown=shown, item9=_item9(results, as_of))


def _level(screen: Scored) -> str:
    return (screen.result.band or "") if screen.result else ""


def _complete(screen: Scored) -> bool:
    return screen.result is not None and screen.result.complete


def _recorded(
    newest: tuple[date, str] | None, results: list[Scored], as_of: date, rules: ClinicRules
) -> str | None:
    if newest is None:
        return None
    on, level = newest
    if level in _ADVERSE:
        return level
    recent = (as_of - on).days <= rules.reassurance_days
    contradicted = any(
        s.item9 and on < (s.on or as_of) for s in of(results, "phq-9") if s.item9 is not None
    )
    return level if recent and not contradicted else None


def _item9(results: list[Scored], as_of: date) -> int | None:
    """The newest answer to item 9; of the same day the higher. Undated counts only against."""
    answers = [
        (s.on or (as_of if s.item9 else date.min), s.item9)
        for s in of(results, "phq-9")
        if s.item9 is not None
    ]
    return max(answers, default=(None, None))[1]
