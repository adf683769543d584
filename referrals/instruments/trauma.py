"""A-1 PC-PTSD-5 and A-2 PCL-5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import entry as read
from .definition import Instrument, Result, ScoringError
from .settings import Cuts

LOWER_CUT = 3
PCL5_WINDOW = (31, 33)
CLUSTERS = {"B": (0, 5), "C": (5, 7), "D": (7, 14), "E": (14, 20)}
_CLUSTER_NEED = {"B": 1, "C": 1, "D": 2, "E": 2}
_SYMPTOM_PRESENT = 2


def pc_ptsd_5(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    answers = read.items(instrument, read.given(instrument, entry).get("items"))
    total = None if answers is None else _after_gate(answers)
    return Result(
        instrument=instrument.name,
        score=total,
        complete=total is not None,
        positive=None if total is None else total >= cuts.pc_ptsd_5,
        rule=instrument.rule,
        version=instrument.version,
        source=instrument.source,
        extra={
            "cut": cuts.pc_ptsd_5,
            "notes": ["meets the lower (more sensitive) cut"] if total == LOWER_CUT else [],
        },
    )


def _after_gate(answers: read.Items) -> int | None:
    gate, *items = answers
    if gate == 0:
        for position, answer in enumerate(items, start=1):
            if answer is not None:
                raise ScoringError(
                    f"/items/{position}",
                    "gate",
                    "Without trauma exposure the other items stay blank.",
                )
        return 0
    return read.summed(items) if gate == 1 else None


def pcl_5(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    answers, total = read.sum_or_total(instrument, read.given(instrument, entry))
    subscales = {
        name: None if answers is None else read.summed(answers[start:end])
        for name, (start, end) in CLUSTERS.items()
    }
    return Result(
        instrument=instrument.name,
        score=total,
        complete=total is not None,
        positive=None if total is None else total >= cuts.pcl_5,
        subscales=subscales,
        rule=instrument.rule,
        version=instrument.version,
        source=instrument.source,
        extra={
            "cut": cuts.pcl_5,
            "cut_status": cut_status(total),
            "cluster_rule": _cluster_rule(answers) if total is not None else None,
            "notes": [],
        },
    )


def cut_status(total: int | None) -> str | None:
    """below (under 31), in_window (31 to 32) or at_or_above (33 and more)."""
    if total is None:
        return None
    low, high = PCL5_WINDOW
    return "below" if total < low else "in_window" if total < high else "at_or_above"


def _cluster_rule(answers: read.Items | None) -> bool | None:
    """The provisional rule: enough items of 2 or more in each cluster. Not a diagnosis."""
    if answers is None:
        return None
    return all(
        sum((answer or 0) >= _SYMPTOM_PRESENT for answer in answers[start:end])
        >= _CLUSTER_NEED[name]
        for name, (start, end) in CLUSTERS.items()
    )
