"""The form of each action, made from the action's own serializer.

The serializer says what is asked and refuses what is wrong; the form only lays it out, and
shows each refusal at the field it points to. Five actions ask for things in another shape
than they are kept in (a date and two times, a list of items); they have a form of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from rest_framework import serializers

from portal.forms import local_times
from referrals.errors import FieldError
from referrals.lifecycle import Action
from referrals.lifecycle.inputs import REVOCABLE, inputs_of

Choices = Sequence[tuple[str, Any]]
SHORT = 120  # longer texts get more than one line
NESTED = "__"

CHOOSE, FILL, DATE = "Choose one.", "Fill this in.", "Write the date as month/day/year."
WORDS = {
    "required": FILL,
    "max_length": "Shorten this to the number of characters shown.",
    "invalid_choice": "Choose one of the listed answers.",
}
US_ZONES: Choices = (
    ("America/New_York", "Eastern"), ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"), ("America/Phoenix", "Arizona"),
    ("America/Los_Angeles", "Pacific"), ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"), ("America/Puerto_Rico", "Atlantic (Puerto Rico)"),
)  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """What a form needs to know beside its serializer: choices, first values, items, zone."""

    choices: Mapping[str, Choices] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)
    help_texts: Mapping[str, str] = field(default_factory=dict)
    items: Sequence[tuple[str, str, str]] = ()  # (key, label, the clinic's note)
    zone: str = ""
    # For the answers to a request: where they go, and the files that came with each.
    referral: Any = None
    actor: Any = None
    codes: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    arriving: frozenset[str] = frozenset()


class ActionForm(forms.Form):
    """What a person types for one action. `payload()` is the action's input."""

    use_required_attribute = False

    def __init__(self, data: Any = None, *, action: Action, ask: Ask) -> None:
        super().__init__(data, initial=dict(ask.initial))
        self.action, self.ask = action, ask
        self.build()
        for name, words in ask.help_texts.items():
            self.fields[name].help_text = words

    def build(self) -> None:
        self.fields.update(fields_of(inputs_of(self.action)(), self.ask.choices))

    def payload(self) -> dict[str, Any]:
        """The typed answers as JSON; blanks are left out."""
        found: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if value in (None, "", [], False):
                continue
            inner, last = found, name
            while NESTED in last:
                head, last = last.split(NESTED, 1)
                inner = inner.setdefault(head, {})
            inner[last] = value.isoformat() if isinstance(value, date | time) else value
        return found

    def field_at(self, pointer: str) -> str | None:
        """The field that a JSON pointer into the payload means."""
        name = pointer.strip("/").replace("/", NESTED)
        return name if name in self.fields else None

    def refuse(self, errors: Iterable[FieldError]) -> None:
        """Show what the domain refused; a field that already has its word keeps it."""
        for error in errors:
            name = self.field_at(error.pointer)
            if name is None or name not in self.errors:
                self.add_error(name, self._word(name, error))

    def _word(self, name: str | None, error: FieldError) -> str:
        if name and error.code in ("required", "null", "blank", "invalid_choice"):
            choice = isinstance(self.fields[name], forms.ChoiceField)
            return CHOOSE if choice else (error.detail if error.code == "required" else FILL)
        return error.detail


def fields_of(
    serializer: serializers.Serializer, choices: Mapping[str, Choices], prefix: str = ""
) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    for key, f in serializer.fields.items():
        name = prefix + key
        if isinstance(f, serializers.Serializer):
            nested = fields_of(f, choices, name + NESTED)
            if not f.required:
                for each in nested.values():
                    each.required = False
            found |= nested
        else:
            found[name] = form_field(f, choices.get(name))
    return found


def form_field(f: serializers.Field, choices: Choices | None = None) -> forms.Field:
    """One field of a serializer as a field of a form."""
    common: dict[str, Any] = {
        "label": str(f.label), "required": f.required, "help_text": str(f.help_text or ""),
        "error_messages": dict(WORDS),
    }  # fmt: skip
    if choices is not None:
        return _choice(choices, isinstance(f, serializers.UUIDField), common)
    if isinstance(f, serializers.ChoiceField):
        return _choice(list(f.choices.items()), False, common)
    if isinstance(f, serializers.DateField):
        return date_field(**common)
    if isinstance(f, serializers.BooleanField):
        return forms.BooleanField(**common)
    return text_field(getattr(f, "max_length", None), **common)


def _choice(choices: Choices, long: bool, common: dict[str, Any]) -> forms.ChoiceField:
    common["error_messages"] = {**WORDS, "required": CHOOSE}
    if long:
        listed = [("", "Choose one"), *choices]
        return forms.ChoiceField(choices=listed, **common)
    widget = forms.RadioSelect
    if not common["required"]:
        choices = [*choices, ("", "None of these")]
    return forms.ChoiceField(choices=choices, widget=widget, **common)


def text_field(max_length: int | None, **common: Any) -> forms.CharField:
    if max_length is not None and max_length > SHORT:
        widget: forms.Widget = forms.Textarea(attrs={"rows": 4 if max_length <= 2000 else 7})
        return forms.CharField(max_length=max_length, widget=widget, **common)
    return forms.CharField(max_length=max_length, **common)


def date_field(**common: Any) -> forms.DateField:
    common["error_messages"] = {**WORDS, "invalid": DATE}
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(widget=widget, **common)


def time_field(**common: Any) -> forms.TimeField:
    common["error_messages"] = {**WORDS, "invalid": "Write the time like 2:30 PM."}
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "td-input--date"})
    return forms.TimeField(
        widget=widget, input_formats=["%H:%M", "%H:%M:%S", "%I:%M %p", "%I %p"], **common
    )


class TimedForm(ActionForm):
    """An appointment: typed as a day with two times, kept as two instants."""

    where: Mapping[str, str] = {"/start": "start_time", "/end": "end_time"}

    def build(self) -> None:
        self.fields["day"] = date_field(label="Day")
        self.fields["start_time"] = time_field(label="Starts at")
        self.fields["end_time"] = time_field(label="Ends at")
        rest = fields_of(inputs_of(self.action)(), self.ask.choices)
        self.fields.update({k: f for k, f in rest.items() if k not in ("start", "end")})
        if "time_zone" in self.fields:
            self.fields["time_zone"] = forms.ChoiceField(label="Time zone", choices=self._zones())

    def _zones(self) -> Choices:
        known = dict(US_ZONES)
        own = [] if self.ask.zone in known else [(self.ask.zone, self.ask.zone)]
        return [*own, *US_ZONES]

    def payload(self) -> dict[str, Any]:
        found = super().payload()
        for name in ("day", "start_time", "end_time", "start_time_which", "end_time_which"):
            found.pop(name, None)
        zone = found.get("time_zone") or self.ask.zone
        for key in ("start", "end"):
            instant = self._instant(f"{key}_time", zone)
            if instant:
                found[key] = instant
        return found

    def clean(self) -> dict[str, Any]:
        """A time that a clock change skips is refused; one that happens twice is asked about."""
        cleaned = super().clean() or {}
        zone = self._zone()
        for name in ("start_time", "end_time"):
            typed = self._typed(name, zone)
            if typed is None:
                continue
            if local_times.is_skipped(typed):
                self.add_error(name, local_times.SKIPPED)
            elif local_times.is_twice(typed):
                self._ask_which(name, typed)
        return cleaned

    def _ask_which(self, name: str, typed: datetime) -> None:
        """Both times of that night to choose from; the form comes back until one is chosen."""
        which = f"{name}_which"
        chosen = self.data.get(which, "")
        self.fields[which] = forms.ChoiceField(
            label=f"{self.fields[name].label}: which of the two?", widget=forms.RadioSelect,
            choices=local_times.choices(typed), required=False,
        )  # fmt: skip
        self.cleaned_data[which] = chosen
        if chosen not in ("0", "1"):
            self.add_error(name, local_times.TWICE)

    def _zone(self) -> str:
        return self.cleaned_data.get("time_zone") or self.ask.zone

    def _typed(self, name: str, zone: str) -> datetime | None:
        day, at = self.cleaned_data.get("day"), self.cleaned_data.get(name)
        if day is None or at is None or not zone:
            return None
        return datetime.combine(day, at, tzinfo=ZoneInfo(zone))

    def _instant(self, name: str, zone: str) -> str | None:
        typed = self._typed(name, zone)
        fold = int(self.cleaned_data.get(f"{name}_which") or 0)
        return typed.replace(fold=fold).isoformat() if typed else None

    def field_at(self, pointer: str) -> str | None:
        return self.where.get(pointer) or super().field_at(pointer)


class RequestInfoForm(ActionForm):
    """The coded items as checkboxes, each with a note of its own."""

    def build(self) -> None:
        self.fields["items"] = forms.MultipleChoiceField(
            label="What you need", choices=self.ask.choices["items"],
            widget=forms.CheckboxSelectMultiple,
            error_messages={**WORDS, "required": "Choose at least one item."},
        )  # fmt: skip
        for code in self._codes():
            self.fields[f"note{NESTED}{code}"] = text_field(
                None, label="Note", required=False, error_messages=dict(WORDS)
            )
        rest = fields_of(_without(inputs_of(self.action)(), "items"), {})
        self.fields.update(rest)

    def _codes(self) -> list[str]:
        return [code for _, group in self.ask.choices["items"] for code, _ in group]

    def rows(self) -> list[dict[str, Any]]:
        """The checkboxes by group, each beside its note, for the page to lay out."""
        boxes = {str(box.data["value"]): box for box in self["items"].subwidgets}
        return [
            {
                "title": title,
                "rows": [
                    {"box": boxes[code], "note": self[f"note{NESTED}{code}"], "label": label}
                    for code, label in group
                ],
            }
            for title, group in self.ask.choices["items"]
        ]

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        items = [
            {"code": code, "note": cleaned.get(f"note{NESTED}{code}") or None}
            for code in cleaned.get("items") or []
        ]
        due = cleaned.get("due_on")
        return {
            "items": items, "due_on": due.isoformat() if due else None,
            "message": cleaned.get("message") or "",
        }  # fmt: skip

    def field_at(self, pointer: str) -> str | None:
        if pointer.startswith("/items/") and pointer.endswith("/note"):
            code = (self.cleaned_data.get("items") or [])[int(pointer.split("/")[2])]
            return f"note{NESTED}{code}"
        return "items" if pointer.startswith("/items") else super().field_at(pointer)


def _without(serializer: serializers.Serializer, *names: str) -> serializers.Serializer:
    for name in names:
        serializer.fields.pop(name)
    return serializer


class RevokeConsentForm(ActionForm):
    """What is revoked is always chosen: left out, the operation would close everything."""

    def build(self) -> None:
        super().build()
        scope = inputs_of(self.action)().fields["scope"]
        self.fields["scope"] = forms.ChoiceField(
            label=str(scope.label), choices=REVOCABLE, widget=forms.RadioSelect,
            help_text="Where one part is revoked, your messages, answers and files close to the "
            "clinic too: they may tell of it.",
            error_messages={**WORDS, "required": CHOOSE},
        )  # fmt: skip


FORMS: dict[Action, type[ActionForm]] = {
    Action.SCHEDULE: TimedForm,
    Action.RESCHEDULE: TimedForm,
    Action.REQUEST_INFO: RequestInfoForm,
    Action.REVOKE_CONSENT: RevokeConsentForm,
}


__all__ = ["FORMS", "NESTED", "ActionForm", "Ask", "fields_of", "form_field"]
