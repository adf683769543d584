"""Change against an earlier result, in Decimal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Points of fall that count as meaningful; PEG is judged by its percentage.
POINTS = {"phq-9": 5, "pcl-5": 10, "gad-7": 4}
PERCENT = {"peg": Decimal(30)}


@dataclass(frozen=True, slots=True)
class Change:
    """`points` is later minus earlier; `percent` the fall of the base, null where base is 0."""

    points: Decimal
    percent: Decimal | None
    meaningful: bool | None


def change(instrument: str, base: Decimal | int, now: Decimal | int) -> Change:
    """How far `now` lies from `base`; a float would turn 7.0 to 4.9 into less than 30 %."""
    before, after = _exact(base), _exact(now)
    fall = before - after
    percent = fall / before * 100 if before else None
    if instrument in PERCENT:
        meaningful = fall * 100 >= PERCENT[instrument] * before if before else None
    elif instrument in POINTS:
        meaningful = fall >= POINTS[instrument]
    else:
        meaningful = None
    return Change(points=after - before, percent=percent, meaningful=meaningful)


def _exact(value: Decimal | int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError("Use Decimal or int, not float.")
    return Decimal(value)
