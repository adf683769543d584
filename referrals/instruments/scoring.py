"""One function to score any entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import pain, simple, suicide, trauma
from .catalog import INSTRUMENTS
from .definition import Instrument, Result, ScoringError
from .settings import CUTS, Cuts

Scorer = Callable[..., Result]

_SCORERS: dict[str, Scorer] = {
    "pc-ptsd-5": trauma.pc_ptsd_5,
    "pcl-5": trauma.pcl_5,
    "peg": pain.peg,
    "nrs": simple.banded,
    "phq-9": simple.phq_9,
    "gad-7": simple.gad_7,
    "c-ssrs": suicide.c_ssrs,
    "isi": simple.banded,
    "ort": simple.banded,
    "ort-oud": simple.ort_oud,
    "audit-c": simple.audit_c,
    "dast-10": simple.dast_10,
}


def score(entry: Mapping[str, Any], *, cuts: Cuts = CUTS, sex: str | None = None) -> Result:
    """Score an entry `{instrument, items|total|level|item9}`; raises ScoringError.

    `sex` (female, male, other, unknown) matters to AUDIT-C alone.
    """
    return _SCORERS[instrument_of(entry).name](instrument_of(entry), entry, cuts=cuts, sex=sex)


def instrument_of(entry: Mapping[str, Any]) -> Instrument:
    name = entry.get("instrument")
    if not isinstance(name, str) or name not in INSTRUMENTS:
        raise ScoringError("/instrument", "unknown_instrument", "Choose one of the instruments.")
    return INSTRUMENTS[name]
