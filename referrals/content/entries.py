"""The entries of the instruments list: what was transcribed; what is computed is read-only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from referrals.instruments import INSTRUMENTS, ScoringError, score

from . import codes
from .dates import Day
from .fields import Answer, Code, Language, Line, Many, Whole
from .section import Entry

COMPUTED = (
    "score",
    "complete",
    "band",
    "subscales",
    "positive",
    "stale",
    "rule",
    "version",
    "source",
    "title",
    "notes",
    "cut",
    "cut_status",
    "cluster_rule",
    "item1_only",
    "change",
)
DERIVED = ("total", "item9", "level")
MAX_ITEMS = 20


class Computed(Answer, serializers.JSONField):
    """Part of the read shape, so a client may send it back; never stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=False, **kwargs)


class ItemAnswer(Whole):
    """One item; null is blank."""


class InstrumentEntry(Entry):
    instrument = Code(
        [(name, instrument.title) for name, instrument in INSTRUMENTS.items()],
        required=True,
        label="Instrument",
    )
    administered_on = Day(label="Date it was done")
    items = Many(
        child=ItemAnswer(allow_null=True, min_value=0, max_value=10),
        label="Items",
        help_text="In the instrument's own order: yes is 1, no is 0, blank is null.",
        max_length=MAX_ITEMS,
    )
    total = Whole(label="Total", help_text="Where the items were not kept.", min_value=0)
    item9 = Whole(
        label="Item 9", help_text="PHQ-9 only, with a total or alone.", min_value=0, max_value=3
    )
    level = Code(
        codes.LEVEL, label="Level", help_text="C-SSRS only, where the items were not kept."
    )
    period = Code(codes.NRS_PERIOD, label="Period", help_text="For the 0 to 10 pain rating.")
    functional_difficulty = Whole(
        label="Difficulty in daily life",
        help_text="PHQ-9 only; not scored.",
        min_value=0,
        max_value=3,
    )
    administered_by = Code(codes.GIVEN_BY, label="Who gave it")
    administered_by_name = Line(label="Name of who gave it")
    mode = Code(codes.MODE, label="How it was filled in")
    language = Language(label="Language of the form")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **{name: Computed() for name in COMPUTED}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Score the entry; where there are items, what they give is not kept beside them."""
        try:
            score(attrs)
        except ScoringError as refused:
            _, name, *position = refused.pointer.split("/")
            detail = serializers.ErrorDetail(refused.detail, refused.code)
            found: Any = {int(position[0]): [detail]} if position else [detail]
            raise serializers.ValidationError({name: found}) from None
        if any(answer is not None for answer in attrs.get("items") or ()):
            return {k: v for k, v in attrs.items() if k not in DERIVED}
        return attrs
