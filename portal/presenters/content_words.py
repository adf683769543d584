"""A referral's content as labels and words, read from the serializers of its sections.

Nothing is worded twice: a label or a choice that changes there changes here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rest_framework import serializers

from portal.presenters import words
from referrals import loaded_codes
from referrals.content import SECTIONS
from referrals.content.codes import ABSENT, LANGUAGES
from referrals.content.fields import Day, DiagnosisCode, Language, Many, Moment, Onset, Phone
from referrals.content.section import Entry

ABSENT_WORDS = dict(ABSENT)
ABSENT_FIELD = "absent_reasons"
NOT_GIVEN = "Not given"


@dataclass(frozen=True, slots=True)
class Fact:
    """One answer. `missing` marks what is not there, with the reason as its value."""

    label: str
    value: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Answers that belong together under one small heading, such as one medicine."""

    title: str
    facts: list[Fact] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def section_serializer(name: str) -> serializers.Serializer:
    return SECTIONS[name]()


def facts_of(
    name: str, answers: Mapping[str, Any] | None, *, skip: tuple[str, ...] = ()
) -> list[Fact]:
    """The simple answers of a section, in the order of its schema; blanks are left out."""
    serializer = section_serializer(name)
    given = answers or {}
    found = [
        Fact(str(f.label), text(f, given[key]))
        for key, f in serializer.fields.items()
        if key not in skip and key != ABSENT_FIELD and is_plain(f) and has_answer(given.get(key))
    ]
    return found + list(_absent(serializer, given, skip))


def groups_of(
    name: str, answers: Mapping[str, Any] | None, *, skip: tuple[str, ...] = ()
) -> list[Group]:
    """The nested answers of a section: objects and lists of objects, one group each."""
    serializer = section_serializer(name)
    given = answers or {}
    return [
        Group(str(f.label), lines=lines(f, given[key]))
        for key, f in serializer.fields.items()
        if key not in skip
        and not is_plain(f)
        and key != ABSENT_FIELD
        and has_answer(given.get(key))
    ]


def entry_line(serializer: serializers.Serializer, entry: Mapping[str, Any]) -> str:
    """One object in one line: its values in the schema's order, named where a bare value says
    too little."""
    parts = []
    for key, f in serializer.fields.items():
        if not f.read_only and has_answer(entry.get(key)):
            value = text(f, entry[key])
            parts.append(value if _speaks_for_itself(key, f) else _named(str(f.label), value))
    return " · ".join(parts)


def _named(label: str, value: str) -> str:
    """`Result: helped`; a question keeps its own mark: `Still going on? Yes`."""
    return f"{label} {value}" if label.endswith("?") else f"{label}: {value}"


def _speaks_for_itself(key: str, f: serializers.Field) -> bool:
    named = {
        "name",
        "role",
        "treatment_class",
        "therapy",
        "drug",
        "dose",
        "frequency",
        "organisation",
    }
    return key in named


def lines(f: Any, value: Any) -> list[str]:
    """A nested answer line by line, a plain one as its one line."""
    return [text(f, value)] if is_plain(f) else _lines(f, value)


def _lines(f: Any, value: Any) -> list[str]:
    if isinstance(value, list):
        return [entry_line(f.child, entry) for entry in value]
    return [entry_line(f, value)]


def is_plain(f: serializers.Field) -> bool:
    nested = isinstance(f, Entry) or (isinstance(f, Many) and isinstance(f.child, Entry))
    return not nested


def has_answer(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def text(f: serializers.Field, value: Any) -> str:
    """One answer in words: the choice's label, a date in full, yes or no."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(f, Many) and isinstance(f.child, DiagnosisCode):
        return "; ".join(text(f.child, each) for each in value)
    if isinstance(f, DiagnosisCode):
        return code_words(value)
    if isinstance(f, Many):
        return ", ".join(text(f.child, each) for each in value)
    if isinstance(f, Entry):
        return entry_line(f, value)
    if isinstance(f, serializers.ChoiceField):
        return str(f.choices.get(value, value))
    if isinstance(f, Moment):
        return words.moment(words.from_iso(value))
    if isinstance(f, Day):
        return day_words(value)
    if isinstance(f, Onset):
        return onset_words(value)
    if isinstance(f, Phone):
        return phone(value)
    if isinstance(f, Language):
        return dict(LANGUAGES).get(value, str(value))
    return str(value)


def phone(value: str) -> str:
    """`(407) 555-0142` of a US number in E.164; another country's stays as it is."""
    if value.startswith("+1") and len(value) == 12:
        return f"({value[2:5]}) {value[5:8]}-{value[8:]}"
    return value


def code_words(value: str) -> str:
    """A diagnosis code with its name, where the loaded release knows it."""
    known = loaded_codes.current().get(value)
    return f"{value} {known.name}" if known else value


def onset_words(value: str) -> str:
    """`March 2021`, or the day where it is known."""
    if len(value) == len("2021-03"):
        return date.fromisoformat(f"{value}-01").strftime("%B %Y")
    return day_words(value)


def day_words(value: str) -> str:
    return words.day(date.fromisoformat(value))


def _absent(
    serializer: serializers.Serializer, given: Mapping[str, Any], skip: tuple[str, ...]
) -> Iterator[Fact]:
    for key, reason in (given.get(ABSENT_FIELD) or {}).items():
        if key not in skip and not has_answer(given.get(key)):
            f = serializer.fields.get(key)
            label = str(f.label) if f is not None else key.upper()
            yield Fact(label, ABSENT_WORDS.get(reason, NOT_GIVEN), missing=True)
