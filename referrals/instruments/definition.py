"""The shape of an instrument, of a result, and of a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

VERSION = "1"


class ScoringError(ValueError):
    """An entry that cannot be read: wrong count, out of range, contradictory. Never clamped.

    `pointer` is a JSON pointer inside the entry, e.g. `/items/3`; the detail holds no value.
    """

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        self.pointer, self.code, self.detail = pointer, code, detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Band:
    """A closed range of totals and its code; `low` and `high` both belong to it."""

    low: int
    high: int
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument: what may be entered, how it adds up, and where that is written.

    `accepts` names what an entry may give: items, total, level, item9. `topics` are the
    items in the instrument's own order; `loinc_items` matches them where it is known.
    """

    name: str
    title: str
    rule: str
    accepts: frozenset[str]
    topics: tuple[str, ...]
    item_range: tuple[int, int]
    total_range: tuple[int, int] | None
    look_back: str
    source: str
    licence: str
    bands: tuple[Band, ...] = ()
    choices: tuple[str, ...] = ()
    loinc_panel: str = ""
    loinc_total: str = ""
    loinc_items: tuple[str, ...] = ()
    version: str = VERSION

    def band(self, total: int) -> str | None:
        return next((b.code for b in self.bands if b.low <= total <= b.high), None)


@dataclass(frozen=True, slots=True)
class Result:
    """What follows from one entry. `score` is null while a scored item is blank.

    `score` is the sum, for PEG the mean (two decimal places) with the sum behind it in
    `summed`; `extra` holds what only some instruments have (item9, level, cut_status,
    cluster_rule, notes).
    """

    instrument: str
    score: Decimal | int | None
    complete: bool
    rule: str
    version: str
    source: str
    band: str | None = None
    positive: bool | None = None
    summed: int | None = None
    subscales: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
