"""How a person wants to hear of each kind of news: made from the table of notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from referrals.models import How
from referrals.notifications import KINDS, Kind

CHOICE = [(how.value, how.label) for how in How]


class ChoicesForm(forms.Form):
    """One row of choices for each kind; a fixed kind has none."""

    shortcuts = forms.BooleanField(required=False, label="Use keys as shortcuts in lists")

    def __init__(self, data: Any, *, choices: Mapping[Kind, str], shortcuts: bool) -> None:
        super().__init__(data, initial={"shortcuts": shortcuts})
        self.kinds = choices
        for kind, how in choices.items():
            if not KINDS[kind].fixed:
                self.fields[kind.value] = forms.ChoiceField(
                    label=KINDS[kind].label, choices=CHOICE, initial=how,
                    error_messages={"required": "Choose how you want to hear of this.",
                                    "invalid_choice": "Choose one of the three ways."},
                )  # fmt: skip

    def chosen(self) -> dict[str, str]:
        return {k: v for k, v in self.cleaned_data.items() if k != "shortcuts"}

    def rows(self) -> list[dict[str, Any]]:
        """The kinds in the table's order, each with its choices as radio buttons."""
        return [
            {"label": KINDS[kind].label, "fixed": KINDS[kind].fixed, "name": kind.value,
             "error": " ".join(map(str, self.errors.get(kind.value, []))),
             "options": self._options(kind)}
            for kind in self.kinds
        ]  # fmt: skip

    def _options(self, kind: Kind) -> list[dict[str, Any]]:
        if KINDS[kind].fixed:
            return []
        now = self[kind.value].value()
        return [{"value": value, "label": label, "on": value == now} for value, label in CHOICE]


class TeamForm(forms.Form):
    team_email = forms.EmailField(
        required=False, label="Team's address", max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "Write an address like team@clinic.example, or leave it empty."},
    )  # fmt: skip

    def problem(self) -> str:
        return " ".join(str(text) for texts in self.errors.values() for text in texts)
