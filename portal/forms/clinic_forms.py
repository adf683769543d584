"""What a clinic's administrator keeps, as forms; the operations say what is good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from rest_framework import serializers

from portal.forms.action_forms import date_field
from referrals import clinic_rules, clock
from referrals.clocks.limits import BY_PRIORITY, PLAIN, WALL, Limits
from referrals.errors import Invalid
from referrals.operations.clinic_admin import CLASSES, FIRST_YEAR, OWN_KINDS
from referrals.rules import flag_levels

KINDS = {"decline": "Declining", "appointment": "Moving or cancelling an appointment",
         "no_show": "A missed appointment", "info_item": "Asking for information"}  # fmt: skip
NUMBER = {"invalid": "Write a whole number."}


class SettingsForm(forms.Form):
    """A form whose refusals come from an operation, by pointer."""

    use_required_attribute = False

    def refuse(self, refused: Invalid) -> None:
        for fault in refused.errors:
            parts = fault.pointer.strip("/").split("/")
            name = next((n for n in ("__".join(parts), parts[0]) if n in self.fields), None)
            self.add_error(name, fault.detail)

    def given(self) -> dict[str, Any]:
        """What was typed; blanks are left out."""
        return {k: v for k, v in self.cleaned_data.items() if v not in (None, "")}


def number_field(label: str, help_text: str = "", *, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=required,
        error_messages={**NUMBER, "required": "Write a number."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6}),
    )  # fmt: skip


class ServiceForm(SettingsForm):
    name = forms.CharField(
        label="Name", max_length=120, help_text="Always an evaluation, such as Pain evaluation."
    )
    active = forms.BooleanField(label="Offered to practices", required=False, initial=True)
    slots_per_week = number_field("Slots in a week", "Empty: no limit.")
    at_once = number_field("Appointments at one time", "Empty: no limit.")
    stated_wait_days = number_field(
        "Usual wait in days", "Shown until five first appointments in 90 days tell it."
    )


class ReasonForm(SettingsForm):
    kind = forms.ChoiceField(label="For", choices=list(KINDS.items()))
    label = forms.CharField(label="Words", max_length=120)
    reason_class = forms.ChoiceField(
        label="Class", choices=[(c, c.capitalize()) for c in CLASSES],
        help_text="All that an event tells of a reason. A clinical one to decline is for "
        "clinicians.",
    )  # fmt: skip
    comment_mandatory = forms.BooleanField(label="Needs a comment", required=False)
    valid_from = date_field(label="First day", required=False, help_text="Empty: today.")
    valid_to = date_field(label="Last day", required=False, help_text="Empty: no end.")


class HolidayForm(SettingsForm):
    day = date_field(label="Day")
    name = forms.CharField(label="Name", max_length=80)


class YearForm(SettingsForm):
    year = forms.TypedChoiceField(label="Year", coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this = clock.now().year
        years = [y for y in range(this, this + 4) if y >= FIRST_YEAR]
        self.fields["year"].choices = [(y, str(y)) for y in years]  # type: ignore[attr-defined]


class CannedForm(SettingsForm):
    title = forms.CharField(label="Title", max_length=80)
    text = forms.CharField(
        label="Text", max_length=2000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Of nobody in particular: write no patient's details here.",
    )  # fmt: skip


# --- Clocks --------------------------------------------------------------------------------------

CLOCK_WORDS = {
    "first_look": "First look", "decision": "Decision", "appointment": "First appointment offered",
    "outcome_days": "Outcome after care starts", "loop_days": "Loop closed after the outcome",
    "information_days": "An answer to a request for information",
    "close_days": "Closes by itself after the outcome",
}  # fmt: skip


class ClockForm(SettingsForm):
    """One number for each clock: hours for P0 and P1, business days for P2 and P3."""

    def __init__(self, data: Any = None, *, limits: Limits) -> None:
        super().__init__(data)
        now = limits.as_dict()
        for name in BY_PRIORITY:
            for code, value in sorted(now[name].items()):
                unit = "hours" if code in WALL else "business days"
                self._add(f"{name}__{code}", f"{CLOCK_WORDS[name]}, {code.upper()} ({unit})", value)
        for name in PLAIN:
            unit = "business days" if name == "information_days" else "days"
            self._add(name, f"{CLOCK_WORDS[name]} ({unit})", now[name])

    def _add(self, name: str, label: str, value: int) -> None:
        self.fields[name] = number_field(label, required=True)
        self.initial[name] = value

    def given(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            clock_name, _, code = name.partition("__")
            if code:
                found.setdefault(clock_name, {})[code] = value
            else:
                found[name] = value
        return found


# --- Cut points ----------------------------------------------------------------------------------


LEVELS = "flag_levels"
STATES = "written_consent_states"


class CutPointForm(SettingsForm):
    """Each choice of the clinic's rules with its default beside it, then each flag's level."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    comment = forms.CharField(
        label="Why", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, values: Mapping[str, Any], number: int) -> None:
        super().__init__(data, initial={"number": number})
        defaults = clinic_rules.defaults()
        last = self.fields.pop("comment")
        for name, source in clinic_rules.Choices().fields.items():
            if not isinstance(source, serializers.DictField):
                self._add(name, source, values[name], defaults[name])
        for rule in flag_levels.PUBLISHED:
            self._add_level(rule, values[LEVELS].get(rule, ""))
        self.fields["comment"] = last

    def _add(self, name: str, source: serializers.Field, value: Any, default: Any) -> None:
        self.fields[name] = forms.CharField(
            label=str(source.label), max_length=20 if name != STATES else 300,
            help_text=f"Published: {_shown(default)}.", widget=forms.TextInput(attrs={"size": 8}),
        )  # fmt: skip
        self.initial[name] = _shown(value)

    def _add_level(self, rule: str, chosen: str) -> None:
        usual = f"As published: {flag_levels.published(rule).lower()}"
        self.fields[_level_of(rule)] = forms.ChoiceField(
            label=f"{rule} {flag_levels.PUBLISHED[rule][0]}", required=False,
            choices=[("", usual), *flag_levels.WORDS.items()],
        )  # fmt: skip
        self.initial[_level_of(rule)] = chosen

    @property
    def cuts(self) -> list[forms.BoundField]:
        return [f for f in self.visible_fields() if not f.name.startswith(LEVELS)][:-1]

    @property
    def levels(self) -> list[forms.BoundField]:
        return [f for f in self.visible_fields() if f.name.startswith(LEVELS)]

    def given(self) -> dict[str, Any]:
        typed = self.cleaned_data
        levels = {rule: typed.get(_level_of(rule)) for rule in flag_levels.PUBLISHED}
        cuts = {
            name: _codes(value) if name == STATES else _read(value)
            for name, value in typed.items()
            if name not in ("number", "comment") and not name.startswith(LEVELS)
        }
        return cuts | {LEVELS: {rule: level for rule, level in levels.items() if level}}


def _level_of(rule: str) -> str:
    return f"{LEVELS}__{rule}"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(typed: str) -> Any:
    """A pair where a comma stands; else as typed, for the serializer to judge."""
    return [part.strip() for part in typed.split(",")] if "," in typed else typed.strip()


def _codes(typed: str) -> list[str]:
    """State codes, however they are set apart."""
    return typed.upper().replace(",", " ").split()


assert set(KINDS) == set(OWN_KINDS)
