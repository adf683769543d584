"""The entry of one screening instrument: a compact grid, or a total where items were not kept.

What may be entered, and what it means, is for referrals.instruments; this form only reads
the typed answers into an entry of the content and shows the faults beside the items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BoundField

from portal.forms import from_serializer_typing as typing
from portal.forms import from_serializer_words as words
from portal.forms.from_serializer import AnswerField, OneOf, compact
from referrals import content as schema
from referrals.content.entries import InstrumentEntry
from referrals.errors import FieldError
from referrals.instruments import INSTRUMENTS
from referrals.instruments.definition import Instrument

Entry = dict[str, Any]
GRIDS = ("c-ssrs", "phq-9", "peg", "pc-ptsd-5", "pcl-5", "gad-7", "audit-c", "nrs")
# By permission of their owners only the total is kept.
TOTALS = ("isi", "dast-10", "ort", "ort-oud")
RESULTS = ("total", "item9", "level")
# Who gave it, how, in which language: the same for every instrument but the last two.
DETAILS = ("administered_by", "mode", "language", "period", "functional_difficulty")
DETAILS_OF = {"period": ("nrs",), "functional_difficulty": ("phq-9",)}
HINTS = {
    "pc-ptsd-5": "Begin with trauma exposure. Without it the other answers stay blank.",
    "peg": "0 is none, 10 is the worst.",
    "c-ssrs": "Answer 3 to 5 only after a yes to 2, and 6b only after a yes to 6.",
    "phq-9": "",
    "pcl-5": "The usual cut is 31 to 33; there are no bands of severity.",
    "audit-c": "",
}


class ItemField(forms.Field):
    """One item of a grid: its choices are the numbers that the instrument allows."""

    def __init__(self, instrument: Instrument, topic: str) -> None:
        low, high = instrument.item_range
        numbers = [str(number) for number in range(low, high + 1)]
        labels = instrument.choices or numbers
        choices = list(zip(numbers, labels, strict=True))
        super().__init__(required=False, label=topic, widget=OneOf(choices=choices))

    def validate(self, value: Any) -> None:
        """Nothing: the instrument's own rules judge."""


class ScaleForm(forms.Form):
    """One instrument. `grid` False asks for the total alone."""

    use_required_attribute = False

    def __init__(
        self, name: str, *, content: Mapping[str, Any], data: Any = None, grid: bool = True,
        another: bool = False,
    ) -> None:  # fmt: skip
        """`another` asks for one more result beside those that are there."""
        super().__init__(data)
        self.name, self.instrument = name, INSTRUMENTS[name]
        self.grid = grid
        mine = [e for e in content.get("instruments") or [] if e.get("instrument") == name]
        self.others, self.stored = _split(mine, self._kept(), another=another)
        self.good: Entry | None = self.stored
        self.in_summary: list[str] = []
        self._add_fields()
        self._fill()

    @property
    def key(self) -> str:
        return self.instrument.name

    @property
    def summary_title(self) -> str:
        """Each scale of a step asks for its date: the summary of errors says of which."""
        return self.instrument.title

    # --- Building -------------------------------------------------------------------------

    def _add_fields(self) -> None:
        key, serializer = self.key, InstrumentEntry()
        if self.grid:
            for position, topic in enumerate(self.instrument.topics):
                self.fields[f"{key}-{position}"] = ItemField(self.instrument, topic)
        for part in RESULTS:
            if part in self.instrument.accepts and not (part == "item9" and not self.grid):
                self.fields[f"{key}-{part}"] = AnswerField(
                    serializer.fields[part], help_text=self._part_hint(part)
                )
        for part in DETAILS:
            if key in DETAILS_OF.get(part, (key,)):
                source = serializer.fields[part]
                self.fields[f"{key}-{part}"] = AnswerField(source, widget=compact(source))
        self.fields[f"{key}-on"] = AnswerField(
            serializer.fields["administered_on"],
            help_text=words.DAY_HINT,
            widget=forms.TextInput(attrs={"autocomplete": "off", "size": 10}),
        )

    def _part_hint(self, part: str) -> str:
        if part == "total" and self.instrument.total_range:
            return "From {} to {}.".format(*self.instrument.total_range)
        return {"item9": "0 to 3, where the items were not kept."}.get(part, "")

    def _fill(self) -> None:
        stored = self.stored or {}
        for position, answer in enumerate(stored.get("items") or []):
            if answer is not None:
                self.initial[f"{self.key}-{position}"] = str(answer)
        for part in (*RESULTS, *DETAILS):
            if stored.get(part) is not None:
                self.initial[f"{self.key}-{part}"] = str(stored[part])
        on = stored.get("administered_on")
        self.initial[f"{self.key}-on"] = typing.us_date(on) if on else ""

    # --- Reading --------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        entry = self.entry()
        self.good = None if entry is None else self.stored
        while entry is not None:
            good, faults = schema.split({"instruments": [entry]})
            if not faults:
                self.good = {k: v for k, v in good["instruments"][0].items() if v is not None}
            for fault in faults:
                self._add_fault(fault)
            entry = without(entry, faults) if faults else None
        return self.cleaned_data

    def entry(self) -> Entry | None:
        """What was typed as an entry of the content; None where nothing was."""
        kept = {
            k: v
            for k, v in (self.stored or {}).items()
            if k not in ("items", "administered_on", *RESULTS)
            and f"{self.key}-{k}" not in self.fields
        }
        typed: Entry = {}
        items = self._items()
        if any(answer is not None for answer in items):
            typed["items"] = items
        for part in (*RESULTS, "on"):
            if (value := self._part(part)) is not None:
                typed["administered_on" if part == "on" else part] = value
        if not typed:
            return None
        said = {part: v for part in DETAILS if (v := self._part(part)) is not None}
        return {**kept, "instrument": self.key, **typed, **said}

    def _kept(self) -> int | None:
        """How many results the page left as they are; the one after them is on the page."""
        typed = str(self.data.get(f"{self.name}-kept", "")) if self.is_bound else ""
        return int(typed) if typed.isdecimal() and len(typed) < 4 else None

    def _items(self) -> Sequence[Any]:
        if not self.grid:
            return (self.stored or {}).get("items") or []
        texts = (self[f"{self.key}-{n}"].data for n in range(len(self.instrument.topics)))
        return [int(text) if str(text or "").isdigit() else (text or None) for text in texts]

    def _part(self, part: str) -> Any:
        name = f"{self.key}-{part}"
        if name not in self.fields:
            return (self.stored or {}).get(part)
        source = self.fields[name].source  # type: ignore[attr-defined]
        return typing.read(source, self[name].data, time_zone="UTC")

    def _add_fault(self, fault: FieldError) -> None:
        steps = fault.pointer.split("/")[3:]  # after /instruments/0
        part = {"administered_on": "on"}.get(steps[0], steps[0]) if steps else "on"
        if part == "items":
            part = steps[1] if len(steps) > 1 else "0"
        name = f"{self.key}-{part}"
        field = self.fields.get(name)
        source = getattr(field, "source", None)
        self.add_error(name if field else None, words.error(source, fault, ""))

    # --- Showing --------------------------------------------------------------------------

    def items(self) -> list[BoundField]:
        return [self[f"{self.key}-{n}"] for n in range(len(self.instrument.topics))]

    def date(self) -> BoundField:
        return self[f"{self.key}-on"]

    def instead(self) -> list[BoundField]:
        """The fields for where the items were not kept."""
        names = (f"{self.key}-{part}" for part in RESULTS)
        return [self[name] for name in names if name in self.fields]

    def details(self) -> list[BoundField]:
        """Who gave it and how."""
        names = (f"{self.key}-{part}" for part in DETAILS)
        return [self[name] for name in names if name in self.fields]

    def hint(self) -> str:
        return HINTS.get(self.key, "")

    def legend(self) -> list[tuple[str, str]]:
        """What the numbers of the grid mean, where they have words."""
        low = self.instrument.item_range[0]
        if len(self.instrument.choices) <= 2:
            return []
        return [(str(low + n), label) for n, label in enumerate(self.instrument.choices)]

    def bands(self) -> str:
        """The bands for the running total: `0-4 minimal;5-9 mild`."""
        return ";".join(f"{b.low}-{b.high} {b.label}" for b in self.instrument.bands)

    def differs(self) -> bool:
        return self.entry() != self.stored


def without(entry: Entry, faults: Sequence[FieldError]) -> Entry | None:
    """The entry without what is at fault, so that twenty answers outlive a mistyped date.

    Items 3 to 5 of the C-SSRS that still wait leave item 2 open: it is being answered. None
    where nothing of the result would be left, or where the fault is another one.
    """
    rest = dict(entry)
    for fault in faults:
        part, *position = fault.pointer.split("/")[3:]
        if part == "administered_on" and part in rest:
            del rest[part]
        elif part == "items" and position and fault.code == "needed":
            rest["items"] = [*rest["items"][:1], None, *rest["items"][2:]]
        else:
            return None
    answered = any(answer is not None for answer in rest.get("items") or ())
    return rest if answered or any(rest.get(name) is not None for name in RESULTS) else None


def merged(scales: Sequence[ScaleForm], content: Mapping[str, Any]) -> list[Entry]:
    """The content's instruments with the good entries of these scales in place."""
    names = {scale.key for scale in scales}
    kept = [e for e in content.get("instruments") or [] if e.get("instrument") not in names]
    for scale in scales:
        kept += scale.others
        if scale.good is not None:
            kept.append(scale.good)
    return kept


def _split(
    mine: Sequence[Entry], kept: int | None, *, another: bool
) -> tuple[list[Entry], Entry | None]:
    """(the results that stay as they are, the one that is on the page: the last one given)."""
    stay = len(mine) if another else max(len(mine) - 1, 0) if kept is None else kept
    others = [*mine[:stay], *mine[stay + 1 :]]
    return others, mine[stay] if stay < len(mine) else None
