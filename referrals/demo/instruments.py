"""Scores that a story's patient could have had: item answers that fit its safety and severity."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from referrals.demo.answers import Case

# What each kind of story answers to item 9 of the PHQ-9; None: the scale was not given.
ITEM_9 = {
    "calm": 0, "passing": 1, "item9": 1, "not_assessed": None, "discharged": 0,
    "moderate": 1, "danger": 2,
}  # fmt: skip
# q1 to q6, then q6 within three months.
C_SSRS: dict[str, list[int | None]] = {
    "calm": [0, 0, None, None, None, 0, None],
    "passing": [1, 0, None, None, None, 0, None],
    "discharged": [0, 0, None, None, None, 0, None],
    "moderate": [1, 1, 1, 0, 0, 0, None],
    "danger": [1, 1, 1, 1, 0, 1, 0],
}


def results(case: Case, rng: random.Random) -> list[dict[str, Any]]:
    """The instruments list of one referral."""
    day = case.sent_on - timedelta(days=rng.randrange(0, 9))
    # The safety screens share their date, so that one never outlives the other.
    now = [_on(day) | entry for entry in _entries(case, rng)]
    return [*_earlier(case, now, rng), *now]


def _on(day: date) -> dict[str, Any]:
    who = {"administered_by": "referring_clinician", "language": "en"}
    return {"administered_on": day.isoformat(), "mode": "self", **who}


def _earlier(case: Case, now: list[dict[str, Any]], rng: random.Random) -> Iterator[dict[str, Any]]:
    """The same scales some weeks before, a little worse or better, for some patients."""
    if case.detail < 2 or rng.random() < 0.5:
        return
    tops = {"peg": 10, "gad-7": 3, "pcl-5": 4}
    for weeks in sorted(rng.sample(range(5, 30), 2), reverse=True):
        for entry in now:
            if top := tops.get(entry["instrument"]):
                shift = rng.choice((-1, 0, 1, 1, 2))
                items = [max(0, min(top, item + shift)) for item in entry["items"]]
                day = case.sent_on - timedelta(weeks=weeks)
                yield _on(day) | {"instrument": entry["instrument"], "items": items}


def _entries(case: Case, rng: random.Random) -> Iterator[dict[str, Any]]:
    item9 = ITEM_9[case.safety]
    if item9 is not None:
        yield {"instrument": "phq-9", "items": [*_spread(rng, 8, case.severity, 3), item9]}
    if case.safety in C_SSRS:
        yield {"instrument": "c-ssrs", "items": C_SSRS[case.safety], "mode": "clinician"}
    if rng.random() < 0.55:
        yield {"instrument": "pcl-5", "items": _spread(rng, 20, case.severity + 0.7, 4)}
    else:
        below = rng.random() < 0.2
        items = [1, 1, 1, 1, 0, 0] if below else [1, 1, 1, 1, 1, rng.randrange(2)]
        yield {"instrument": "pc-ptsd-5", "items": items}
    if case.detail > 0:
        yield {"instrument": "peg", "items": _spread(rng, 3, 3.6 + 1.7 * case.severity, 10)}
        yield {"instrument": "gad-7", "items": _spread(rng, 7, case.severity, 3)}
        yield from _substances(case, rng)
    if case.detail == 2 and rng.random() < 0.4:
        yield {"instrument": "isi", "total": int(8 + 5 * case.severity) + rng.randrange(4)}


def _substances(case: Case, rng: random.Random) -> Iterator[dict[str, Any]]:
    if case.concern == "substances":
        yield {"instrument": "audit-c", "items": [4, 2, 3]}
        yield {"instrument": "dast-10", "total": 3}
        return
    yield {"instrument": "audit-c", "items": [rng.randrange(3), 0, 0]}
    if rng.random() < 0.3:
        yield {"instrument": "dast-10", "total": 0}


def _spread(rng: random.Random, count: int, middle: float, top: int) -> list[int]:
    """`count` answers around `middle`, none outside 0 to `top`."""
    return [max(0, min(top, round(rng.gauss(middle, 0.7)))) for _ in range(count)]
