"""The instruments of a referral, scored, by date: which result is the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from referrals.instruments import Result, ScoringError, score

from . import facts
from .settings import ClinicRules


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry with its result; `result` is null where the entry cannot be read."""

    entry: Mapping[str, Any]
    result: Result | None
    on: date | None

    @property
    def item9(self) -> int | None:
        return self.result.extra.get("item9") if self.result else None


def scored(content: Any, rules: ClinicRules) -> list[Scored]:
    """Every entry in the order in which it was given."""
    sex = facts.answer(content, "patient", "sex_for_clinical_use")
    return [
        Scored(entry, _result(entry, rules, sex), facts.day(entry.get("administered_on")))
        for entry in facts.entries(content, "instruments")
    ]


def _result(entry: Mapping[str, Any], rules: ClinicRules, sex: Any) -> Result | None:
    try:
        return score(entry, cuts=rules.cuts, sex=sex if isinstance(sex, str) else None)
    except ScoringError:
        # Content is checked when it is written; an entry that still cannot be read is
        # no result, and what is no result never reassures.
        return None


def of(results: list[Scored], instrument: str) -> list[Scored]:
    return [s for s in results if s.result is not None and s.result.instrument == instrument]


def newest(results: list[Scored], instrument: str) -> Scored | None:
    """The newest entry that has a score; of the same day, the higher; undated ones are oldest."""
    complete = [s for s in of(results, instrument) if s.result and s.result.score is not None]
    return max(complete, key=lambda s: (s.on or date.min, s.result.score), default=None)  # type: ignore[union-attr]
