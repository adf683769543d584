"""Change against an earlier result, in Decimal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Points of fall that count as meaningful; PEG is judged by its percentage, NRS by either.
# Of the 6 to 8 points that are given for the ISI the lower end is taken.
POINTS = {"phq-9": 5, "pcl-5": 10, "gad-7": 4, "isi": 6, "nrs": 2}
PERCENT = {"peg": Decimal(30), "nrs": Decimal(30)}


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
    meaningful = _meaningful(instrument, before, fall)
    return Change(points=after - before, percent=percent, meaningful=meaningful)


def _meaningful(instrument: str, before: Decimal, fall: Decimal) -> bool | None:
    """None where no threshold is known, or where a percentage has nothing to start from."""
    judged: list[bool] = []
    if instrument in POINTS:
        judged.append(fall >= POINTS[instrument])
    if instrument in PERCENT and before:
        judged.append(fall * 100 >= PERCENT[instrument] * before)
    return any(judged) if judged else None


def _exact(value: Decimal | int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError("Use Decimal or int, not float.")
    return Decimal(value)
