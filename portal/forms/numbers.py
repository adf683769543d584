"""The days that the numbers are about, as they stand in the address."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

USUAL = timedelta(days=90)
LONGEST = timedelta(days=3 * 366)


class DaysForm(forms.Form):
    first = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}),
                            error_messages={"invalid": "Write a day, for example 2026-11-23.",
                                            "required": "Say from which day."})  # fmt: skip
    last = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}),
                           error_messages={"invalid": "Write a day, for example 2026-11-23.",
                                           "required": "Say to which day."})  # fmt: skip

    @classmethod
    def of(cls, query: Any, today: date) -> DaysForm:
        """The days of the address; without any, the last 90."""
        given = {name: query.get(name, "") for name in ("first", "last")}
        if not any(given.values()):
            given = {"first": (today - USUAL).isoformat(), "last": today.isoformat()}
        return cls(given)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if first and last and first > last:
            self.add_error("last", "This day lies before the first one: swap them.")
        elif first and last and last - first > LONGEST:
            self.add_error("first", "Choose three years at most.")
        return found
