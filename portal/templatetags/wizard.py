"""What the pages of a new referral need beside the tags of every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.forms import BoundField, Form

from portal.forms.steps_form import StepForm
from portal.templatetags.tandem import PART, error_summary
from referrals.instruments import INSTRUMENTS

register = template.Library()


@register.inclusion_tag(PART + "error_summary.html")
def step_errors(form: StepForm, *others: Form) -> dict[str, Any]:
    """The errors of a whole step on top, with a link to each field."""
    return error_summary(*form.forms, *others)


@register.filter
def choices(field: BoundField) -> list[dict[str, Any]]:
    """The choices of an item: value, what is shown, what a screen reader adds, checked."""
    typed = str(field.value() or "")
    return [
        {
            "value": value,
            "short": label if len(label) <= 3 else value,
            "rest": "" if len(label) <= 3 else label,
            "checked": typed == value,
        }
        for value, label in field.field.widget.choices
    ]


@register.filter
def of(found: Mapping[str, Any], key: str) -> Any:
    return found.get(key)


@register.filter
def any_value(fields: Iterable[BoundField]) -> bool:
    return any(field.value() for field in fields)


@register.filter
def scale_title(name: str) -> str:
    return INSTRUMENTS[name].title
