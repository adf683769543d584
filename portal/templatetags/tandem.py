"""Tags and filters of the portal's templates; docs/design.md lists them with examples."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Form
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.presenters import words
from referrals.content.codes import OPIOIDS
from referrals.lifecycle.states import State

register = template.Library()

PART = "components/"
UNCOUNTED = {
    "no_factor": "there is no factor for it",
    "dose_missing": "the dose is missing",
    "unit": "the unit is missing or another one",
    "route": "it is not taken by mouth or as a patch",
}


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """An icon of the sprite; without `label` it is decoration and hidden from readers."""
    shape = format_html('<use href="{}#{}"></use>', static("portal/img/icons.svg"), name)
    kind = f" td-icon--{size}" if size else ""
    if label:
        return format_html(
            '<svg class="td-icon{}" role="img" aria-label="{}">{}</svg>', kind, label, shape
        )
    return format_html(
        '<svg class="td-icon{}" aria-hidden="true" focusable="false">{}</svg>', kind, shape
    )


# --- Values as components --------------------------------------------------------------------


@register.inclusion_tag(PART + "state_tag.html")
def state_tag(state: State | str, side: str = "") -> dict[str, Any]:
    return {"words": words.state_words(state, side or "nobody")}


@register.inclusion_tag(PART + "priority.html")
def priority(value: str, reason: str = "", look: str = "tag") -> dict[str, Any]:
    """`look`: "tag" for rows, "block" with the reason for a page's header."""
    code = str(value).lower()
    return {"words": words.priority_words(code), "code": code, "reason": reason, "look": look}


@register.inclusion_tag(PART + "turn.html")
def whose_turn(state: State | str, side: str = "", detail: str = "") -> dict[str, Any]:
    return {"words": words.turn_words(state, side or "nobody"), "detail": detail}


@register.inclusion_tag(PART + "clock.html")
def clock_words(
    due: datetime | None, label: str = "", paused: bool = False, met: bool = False
) -> dict[str, Any]:
    found = words.clock_words(due, paused=bool(paused), met=bool(met))
    return {"words": found, "due": due, "label": label}


@register.inclusion_tag(PART + "meter.html")
def meter(done: int, total: int, label: str, missing: Any = (), text: str = "") -> dict[str, Any]:
    return {"done": done, "total": total, "label": label, "missing": missing, "text": text}


# --- Dates ------------------------------------------------------------------------------------


@register.filter
def day(value: date | None) -> str:
    return words.day(value) if value else ""


@register.filter
def ago(value: datetime | None) -> str:
    return words.ago(value) if value else ""


@register.filter
def age(born: date | None) -> int | str:
    return words.age(born) if born else ""


@register.simple_tag
def moment(value: datetime | None, time_zone: str = "", look: str = "long") -> SafeString | str:
    """`<time>` in words. `look`: "long", "short" (whole words in the title) or "ago"."""
    if not value:
        return ""
    whole = words.moment(value, time_zone=time_zone or None)
    text = {
        "long": whole,
        "short": words.short_moment(value, time_zone=time_zone or None),
        "ago": words.ago(value),
    }[look]
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), whole, text)


@register.simple_tag
def moment_text(value: datetime | None, time_zone: str = "") -> str:
    return words.moment(value, time_zone=time_zone or None) if value else ""


# --- Forms ------------------------------------------------------------------------------------


@register.filter
def drug(code: str) -> str:
    """An opioid by its name: `Fentanyl patch`."""
    return dict(OPIOIDS).get(code, code)


@register.filter
def uncounted(reason: str) -> str:
    """Why a dose has no share in the sum of MME."""
    return UNCOUNTED.get(reason, "not counted")


@register.filter
def is_single_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


def target_of(field: BoundField) -> str:
    """The id that a link to this field goes to: the first choice of a group."""
    return field.id_for_label or f"{field.auto_id}_0"


def _named(form: Form, field: BoundField, text: str) -> str:
    """The field's label, with the form's own name where a page repeats the label.

    A text that begins with the form's name needs it no second time.
    """
    title, label = getattr(form, "summary_title", ""), str(field.label)
    if not title or text.startswith(title):
        return label
    return f"{title}, {label[:1].lower()}{label[1:]}"


@register.inclusion_tag(PART + "error_summary.html")
def error_summary(*forms: Form) -> dict[str, Any]:
    """The errors of one or several forms (a form may be None), in the order of the fields."""
    rows: list[dict[str, str]] = []
    general: list[str] = []
    for form in forms:
        if form and form.is_bound and form.errors:
            general += [str(text) for text in form.non_field_errors()]
            rows += [
                {
                    "target": target_of(field),
                    "label": _named(form, field, str(text)),
                    "text": str(text),
                }
                for field in form
                for text in field.errors
            ]
    return {"rows": rows, "general": general, "count": len(rows) + len(general)}
