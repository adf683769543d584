"""Django forms made of the content's serializers, so that no rule is typed twice.

A form's fields are named by their place in the content (`patient-birth_date`,
`consent-written-signed_on`, `pain-treatments-0-name`). The form reads what was typed, gives
it to the content's own validation, and puts each fault beside the field it belongs to. What
was typed stays as it is, good or bad; the good part may be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import escape
from rest_framework import serializers

from portal.forms import from_serializer_typing as typing
from portal.forms import from_serializer_words as words
from referrals import content as schema
from referrals.content.codes import LANGUAGES
from referrals.content.fields import (
    AbsentReasons,
    Code,
    Day,
    DiagnosisCode,
    Language,
    Many,
    Number,
    Onset,
    Phone,
    Prose,
    State,
    Whole,
    YesNo,
)
from referrals.content.section import Entry
from referrals.errors import FieldError

Path = tuple[str, ...]
MOST_RADIOS = 6
MOST_ROWS = 60
YES_NO = (("true", "Yes"), ("false", "No"))
NO_REASON = ("", "Choose why")


class OneOf(forms.RadioSelect):
    """Radios side by side; the class belongs to their box alone."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["attrs"].pop("class", None)
        return option


class AnswerField(forms.Field):
    """A field that keeps what was typed; the content's validation is the only judge.

    `required` marks what is needed to send. A draft may be saved without it.
    """

    def __init__(self, source: serializers.Field, *, required: bool = False, **kwargs: Any) -> None:
        self.source = source
        super().__init__(
            required=required,
            label=kwargs.pop("label", None) or label_of(source),
            help_text=escape(kwargs.pop("help_text", None) or words.hint(source)),
            widget=kwargs.pop("widget", None) or widget_for(source),
            **kwargs,
        )

    def validate(self, value: Any) -> None:
        """Nothing: see the class."""


def label_of(source: serializers.Field) -> str:
    """The schema's label; a single choice is part of it, because a checkbox shows no other."""
    label = str(source.label or "")
    if isinstance(source, Code) and len(source.choices) == 1:
        return f"{label}: {next(iter(source.choices.values())).lower()}"
    return label


def compact(source: serializers.Field) -> forms.Widget | None:
    """In a row of a list every choice is a select."""
    if isinstance(source, Code):
        return forms.Select(choices=[("", "Choose one"), *source.choices.items()])
    return None


def widget_for(source: serializers.Field, value: Any = None) -> forms.Widget:
    off = {"autocomplete": "off"}
    if isinstance(source, YesNo):
        return OneOf(choices=YES_NO, attrs={"class": "td-options--row"})
    if isinstance(source, Code):
        return _choice(source)
    if isinstance(source, Many):
        return _many(source)
    if isinstance(source, Prose):
        rows = source.style.get("rows", 3)
        return forms.Textarea(attrs={"rows": rows, "maxlength": source.max_length})
    if isinstance(source, Whole):
        return forms.TextInput(attrs={**off, "inputmode": "numeric", "size": 8})
    if isinstance(source, Number):
        return forms.TextInput(attrs={**off, "inputmode": "decimal", "size": 10})
    if isinstance(source, Phone):
        return forms.TextInput(attrs={**off, "inputmode": "tel", "size": 20})
    if isinstance(source, Language):
        return forms.Select(choices=_languages(value))
    if isinstance(source, Day | Onset):
        return forms.TextInput(attrs={**off, "size": 12})
    return forms.TextInput(attrs=off)


def _languages(value: Any) -> list[tuple[str, str]]:
    known = [("", "Choose one"), *LANGUAGES]
    return known if not value or value in dict(LANGUAGES) else [*known, (value, value)]


def _choice(source: Code) -> forms.Widget:
    choices = list(source.choices.items())
    if isinstance(source, State) or len(choices) > MOST_RADIOS:
        return forms.Select(choices=[("", "Choose one"), *choices])
    if len(choices) == 1:
        return forms.CheckboxInput(check_test=bool)
    short = sum(len(label) for _, label in choices) <= 60
    return OneOf(choices=choices, attrs={"class": "td-options--row"} if short else {})


def _many(source: Many) -> forms.Widget:
    if isinstance(source.child, Code):
        return forms.CheckboxSelectMultiple(choices=list(source.child.choices.items()))
    if isinstance(source.child, DiagnosisCode):
        return forms.TextInput(attrs={"autocomplete": "off", "data-codes": ""})
    return forms.Textarea(attrs={"rows": 3})


def source_at(path: Path) -> serializers.Field:
    """The serializer field that a path names; list positions are left out of the path."""
    section, *steps = path
    found: serializers.Field = schema.section_field(section)
    for step in steps:
        if isinstance(found, Many):
            found = found.child
        if isinstance(found, AbsentReasons):
            return found.child
        found = fields_of(found)[step]
    return found


def fields_of(source: serializers.Field) -> dict[str, serializers.Field]:
    """The fields of an object of answers."""
    if not isinstance(source, serializers.Serializer):
        raise TypeError("only an object of answers has fields")
    return dict(source.fields.items())


def name_of(path: Path) -> str:
    return "-".join(path)


class AnswersForm(forms.Form):
    """Answers of some paths of the content. `rows` tells how many more blank rows to show."""

    use_required_attribute = False

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        content: Mapping[str, Any],
        data: Any = None,
        needed: frozenset[str] = frozenset(),
        time_zone: str = "America/New_York",
        more_rows: str = "",
    ) -> None:
        super().__init__(data)
        self.stored = content
        self.time_zone = time_zone
        self.needed = needed
        self.more_rows = more_rows
        self.at: dict[str, Path] = {}  # field name -> path with list positions
        self.rows: dict[str, list[list[str]]] = {}  # name of a list -> names of each row
        self.good: dict[str, Any] = {}
        for path in paths:
            self._add(path)

    # --- Building -------------------------------------------------------------------------

    def _add(self, path: Path) -> None:
        source = source_at(path)
        if isinstance(source, Many) and isinstance(source.child, Entry):
            self._add_rows(path, source)
        elif isinstance(source, Entry):
            for step in fields_of(source):
                self._add((*path, step))
        else:
            self._add_field(path, source)

    def _add_rows(self, path: Path, source: Many) -> None:
        listed = name_of(path)
        stored = value_at(self.stored, path) or []
        self.rows[listed] = []
        for position in range(self._row_count(listed, len(stored))):
            names = []
            for step, field in fields_of(source.child).items():
                place = (*path, str(position), step)
                names.append(self._add_field(place, field, widget=compact(field)))
            self.rows[listed].append(names)

    def _row_count(self, listed: str, stored: int) -> int:
        if self.is_bound:
            typed = str(self.data.get(f"{listed}-rows", ""))
            stored = max(stored, int(typed[:4]) if typed.isdecimal() else 0)
            stored += self.data.get("add") == listed
        elif self.more_rows == listed:
            stored += 1
        return min(max(stored, 1), MOST_ROWS)

    def _add_field(
        self, path: Path, source: serializers.Field, *, widget: forms.Widget | None = None
    ) -> str:
        name, value = name_of(path), value_at(self.stored, path)
        if path[1:2] == ("absent_reasons",):
            self.fields[name] = _reason_field(path, source)
        else:
            self.fields[name] = AnswerField(
                source,
                required=name in self.needed,
                widget=widget or widget_for(source, value),
            )
        self.at[name] = path
        self.initial[name] = typing.show(source, value, time_zone=self.time_zone)
        return name

    # --- Reading --------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        good, faults = schema.split(self.patch())
        self.good = good
        for fault in faults:
            self.add_fault(fault)
        return self.cleaned_data

    def patch(self) -> dict[str, Any]:
        """What was typed, as the content's write shape; null where nothing was."""
        patch: dict[str, Any] = {}
        for name, path in self.at.items():
            if name_of(path[:-2]) not in self.rows:
                _put(patch, path, self.read(name))
        for listed in self.rows:
            path = tuple(listed.split("-"))
            entries = list(self._entries(listed))
            if len(path) == 1:
                patch[path[0]] = entries or None
            else:
                _put(patch, path, entries or None)
        return {name: self._without_blanks(name, value) for name, value in patch.items()}

    def _without_blanks(self, section: str, answers: Any) -> Any:
        """Objects in which nothing was typed and nothing is stored are left out."""
        if not isinstance(answers, dict):
            return answers
        stored = self.stored.get(section) or {}
        return {
            name: value
            for name, value in answers.items()
            if not isinstance(value, dict) or stored.get(name) or any(_leaves(value))
        }

    def _entries(self, listed: str) -> Iterator[dict[str, Any]]:
        """The rows in which something was typed."""
        self._kept_rows = getattr(self, "_kept_rows", {})
        self._kept_rows[listed] = []
        for position, names in enumerate(self.rows[listed]):
            entry = {self.at[n][-1]: v for n in names if (v := self.read(n)) is not None}
            if entry:
                self._kept_rows[listed].append(position)
                yield entry

    def read(self, name: str) -> Any:
        field = self.fields[name]
        typed = self[name].data
        if isinstance(field.widget, forms.CheckboxInput):
            code = next(iter(field.source.choices))  # type: ignore[attr-defined]
            return code if typed else None
        return typing.read(field.source, typed, time_zone=self.time_zone)  # type: ignore[attr-defined]

    # --- Faults ---------------------------------------------------------------------------

    def add_fault(self, fault: FieldError) -> None:
        """Put a fault beside its field, or on top where the form has no such field."""
        name = self.name_for(fault.pointer)
        field = self.fields.get(name or "")
        typed = self[name].data if name else ""
        source = getattr(field, "source", None)
        self.add_error(name, words.error(source, fault, typed))

    def name_for(self, pointer: str) -> str | None:
        """The field that a JSON pointer leads to: the nearest one above it, or the first below."""
        steps = self._row_steps([s for s in pointer.split("/") if s])
        for length in range(len(steps), 0, -1):
            name = name_of(tuple(steps[:length]))
            if name in self.fields:
                return name
            below = next((n for n in self.at if n.startswith(f"{name}-")), None)
            if below and length > 1:
                return below
        return None

    def _row_steps(self, steps: list[str]) -> list[str]:
        """Blank rows were left out of what was checked; count them in again."""
        for listed, kept in getattr(self, "_kept_rows", {}).items():
            depth = len(listed.split("-"))
            inside = steps[:depth] == listed.split("-") and len(steps) > depth
            if inside and steps[depth].isdigit() and int(steps[depth]) < len(kept):
                return [*steps[:depth], str(kept[int(steps[depth])]), *steps[depth + 1 :]]
        return steps

    # --- Showing --------------------------------------------------------------------------

    def differences(self) -> list[dict[str, str]]:
        """Fields whose typed text differs from what is stored: name, label, stored text."""
        found = []
        for name, field in self.fields.items():
            stored = self.initial.get(name) or ""
            if (self[name].data or "") != stored and name in self.at:
                label = str(field.label)
                found.append({"name": name, "label": label, "stored": self.words(name)})
        return found

    def words(self, name: str) -> str:
        """The stored value of a field in words."""
        return in_words(self.fields[name].source, value_at(self.stored, self.at[name]))  # type: ignore[attr-defined]


def _reason_field(path: Path, source: Any) -> AnswerField:
    """Why an answer is missing: a small select under the answer."""
    *_, name = path
    known = schema.SECTIONS[path[0]]().fields.get(name)
    other = {"care_team": "Care team", "ptsd_screen": "PC-PTSD-5 or PCL-5"}
    what = str(known.label) if known is not None else other.get(name, name.upper())
    field = AnswerField(
        source,
        label=f"No answer: {what}",
        widget=forms.Select(choices=[NO_REASON, *source.choices.items()]),
    )
    field.is_reason = True  # type: ignore[attr-defined]
    return field


def in_words(source: serializers.Field, value: Any) -> str:
    """A stored answer as a person reads it: labels for codes, a date as it is typed."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(source, Many):
        return ", ".join(in_words(source.child, one) for one in value)
    if isinstance(source, YesNo):
        return "Yes" if value else "No"
    if isinstance(source, Code):
        return str(source.choices.get(value, value))
    if isinstance(source, Entry) and isinstance(value, Mapping):
        parts = (in_words(f, value.get(n)) for n, f in source.fields.items() if n in value)
        return ", ".join(part for part in parts if part)
    return str(typing.show(source, value, time_zone="America/New_York"))


def value_at(content: Mapping[str, Any], path: Path) -> Any:
    found: Any = content
    for step in path:
        if isinstance(found, list):
            found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
        elif isinstance(found, Mapping):
            found = found.get(step)
        else:
            return None
    return found


def _leaves(value: Any) -> Iterator[bool]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    else:
        yield value is not None


def _put(patch: dict[str, Any], path: Path, value: Any) -> None:
    *parents, last = path
    for step in parents:
        patch = patch.setdefault(step, {})
    patch[last] = value
