"""Django's own refusals in the portal's words: they say how to mend it, in every form."""

from __future__ import annotations

from django import forms
from django.core import validators

REQUIRED: dict[type[forms.Field], str] = {
    forms.Field: "Fill this in.",
    forms.BooleanField: "Tick this to go on.",
    forms.ChoiceField: "Choose one.",
    forms.MultipleChoiceField: "Choose at least one.",
    forms.FileField: "Choose a file.",
}
MAIL = "Write a whole e-mail address, like name@practice.org."


def use() -> None:
    """Once, when the site starts; a field that brings words of its own keeps them."""
    for kind, words in REQUIRED.items():
        kind.default_error_messages = {
            **kind.__dict__.get("default_error_messages", {}), "required": words,
        }  # fmt: skip
    forms.ChoiceField.default_error_messages["invalid_choice"] = "Choose one of these."
    forms.MultipleChoiceField.default_error_messages["invalid_choice"] = "Choose from these."
    validators.validate_email.message = MAIL
