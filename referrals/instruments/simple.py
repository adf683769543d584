"""A-4, A-5 and A-7 to A-11: a sum or a total, its band, its cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import entry as read
from .definition import Instrument, Result, ScoringError
from .settings import Cuts

_ITEM_9 = 8


def banded(
    instrument: Instrument,
    entry: Mapping[str, Any],
    *,
    cuts: Cuts,
    sex: str | None,
) -> Result:
    """A total and its band, without a cut."""
    _, total = read.sum_or_total(instrument, read.given(instrument, entry))
    return _result(instrument, total)


def phq_9(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    parts = read.given(instrument, entry)
    answers, total = read.sum_or_total(instrument, parts)
    item9 = _item9(instrument, answers, parts.get("item9"))
    if answers is None and total is not None and item9 is not None:
        _refuse_impossible(total, item9)
    return _result(instrument, total, cut=cuts.phq_9, item9=item9)


def _item9(instrument: Instrument, answers: read.Items | None, stated: Any) -> int | None:
    if stated is not None:
        read.whole(stated, instrument.item_range, "/item9", instrument.title)
    if answers is None:
        return stated
    inside = answers[_ITEM_9]
    if stated is not None and stated != inside:
        raise ScoringError("/item9", "disagrees", "Item 9 differs from the items. Check both.")
    return inside


def _refuse_impossible(total: int, item9: int) -> None:
    if not item9 <= total <= item9 + 24:
        raise ScoringError("/total", "disagrees", "The total does not fit item 9. Check both.")


def gad_7(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    _, total = read.sum_or_total(instrument, read.given(instrument, entry))
    return _result(instrument, total, cut=cuts.gad_7)


def ort_oud(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    _, total = read.sum_or_total(instrument, read.given(instrument, entry))
    return _result(instrument, total, cut=cuts.ort_oud)


def dast_10(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    _, total = read.sum_or_total(instrument, read.given(instrument, entry))
    return _result(instrument, total, cut=cuts.dast_10)


def audit_c(
    instrument: Instrument, entry: Mapping[str, Any], *, cuts: Cuts, sex: str | None
) -> Result:
    answers, total = read.sum_or_total(instrument, read.given(instrument, entry))
    cut = cuts.audit_c_male if sex == "male" else cuts.audit_c_other
    item1_only = bool(total) and answers is not None and answers[0] == total
    notes = ["all points come from item 1; review the intake"] if item1_only else []
    return _result(instrument, total, cut=cut, item1_only=item1_only, notes=notes)


def _result(
    instrument: Instrument, total: int | None, *, cut: int | None = None, **extra: Any
) -> Result:
    if cut is not None:
        extra["cut"] = cut
    return Result(
        instrument=instrument.name,
        score=total,
        complete=total is not None,
        band=None if total is None else instrument.band(total),
        positive=None if total is None or cut is None else total >= cut,
        rule=instrument.rule,
        version=instrument.version,
        source=instrument.source,
        extra={"notes": [], **extra},
    )
