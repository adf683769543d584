"""A-3 PEG: the mean of three items."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from . import entry as read
from .definition import Instrument, Result
from .settings import Cuts

CENT = Decimal("0.01")


def peg(instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None) -> Result:
    answers = read.items(instrument, read.given(instrument, entry).get("items"))
    total = read.summed(answers)
    return Result(
        instrument=instrument.name,
        score=None if total is None else mean(total),
        complete=total is not None,
        summed=total,
        rule=instrument.rule,
        version=instrument.version,
        source=instrument.source,
        extra={"notes": []},
    )


def mean(total: int) -> Decimal:
    """The mean of the three items, kept to two decimal places."""
    return (Decimal(total) / 3).quantize(CENT, rounding=ROUND_HALF_UP)
