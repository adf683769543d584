"""Changing what was sent: the same questions, with the reason, kept as a new version."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portal.forms.steps import CHECK, SECTIONS, STEPS, Step, section_name
from portal.forms.steps_form import StepForm
from portal.pages import saving
from portal.pages.doorway import actor_of
from portal.presenters import beside, completeness, trends
from referrals import content, errors
from referrals.models import Referral
from referrals.operations import drafts, facts

KEPT = "Changed. The clinic sees what changed, and why."


class ReasonForm(forms.Form):
    use_required_attribute = False
    amendment_reason = forms.CharField(
        label="Why do you change it?",
        max_length=1000,
        error_messages={"required": "Say why you change it."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def is_open(referral: Referral) -> bool:
    return referral.phase in drafts.AMENDABLE


def show(request: HttpRequest, referral: Referral, step: Step) -> HttpResponse:
    """One step of a referral that was sent. Nothing is kept before all of it is good."""
    if step is CHECK:
        return redirect("referrals:detail", referral.pk)
    if request.method == "POST":
        return _amend(request, referral, step)
    typed = saving.typed_before(request)
    more = request.GET.get("more", "")
    form = StepForm(step, actor_of(request), referral, data=typed, more_rows=more)
    base = typed.get(saving.BASE, "") if typed is not None else form.base()
    return _draw(request, referral, form, ReasonForm(typed), base=base, returned=typed is not None)


def _amend(request: HttpRequest, referral: Referral, step: Step) -> HttpResponse:
    data = saving.beside(saving.cleared(request.POST), referral)
    form, reason = StepForm(step, actor_of(request), referral, data=data), ReasonForm(data)
    if data.get("add") or data.get("clear") or data.get("another"):
        unasked = ReasonForm(initial={"amendment_reason": data.get("amendment_reason", "")})
        return _draw(request, referral, form, unasked)
    good = all([form.is_valid(), reason.is_valid()])
    if data.get(saving.BASE) != form.base() and form.differences():
        return _draw(request, referral, form, reason, status=409)
    if not good:
        return _draw(request, referral, form, reason, status=400)
    changes = form.changes()
    if data.get("go") == "clinic":
        changes = _with_rest_left(referral, step, changes)
    if not changes:
        messages.info(request, "Nothing was changed.")
        return redirect("referrals:detail", referral.pk)
    try:
        drafts.change(
            referral.pk, by=actor_of(request), data=changes, version=referral.version,
            amendment_reason=reason.cleaned_data["amendment_reason"], door=saving.DOOR,
        )  # fmt: skip
    except errors.Stale:
        return _draw(request, referral, form, reason, status=409)
    except errors.Invalid as refused:
        for fault in refused.errors:
            form.add_fault(fault)
        return _draw(request, referral, form, reason, status=400)
    messages.success(request, KEPT)
    return redirect("referrals:detail", referral.pk)


def _with_rest_left(referral: Referral, step: Step, changes: dict[str, Any]) -> dict[str, Any]:
    after = content.merge(referral.content.as_dict(), changes)
    left = facts.left_to_clinic(referral, section_name(step), after)
    merged = content.merge({name: changes.get(name) or {} for name in left}, left)
    return {**changes, **{name: merged[name] for name in left}}


def _draw(
    request: HttpRequest, referral: Referral, form: StepForm, reason: ReasonForm, *,
    base: str = "", status: int = 200, returned: bool = False,
) -> HttpResponse:  # fmt: skip
    parts = [
        {"label": one.label, "url": saving.edit_url(referral, one), "current": one is form.step}
        for one in (SECTIONS if form.step in SECTIONS else STEPS)
        if one is not CHECK
    ]
    context: dict[str, Any] = {
        "form": form,
        "reason": reason,
        "groups": form.groups(),
        "referral": referral,
        "step": form.step,
        "base": base or form.base(),
        "differences": form.differences() if status == 409 else None,
        "returned": returned,
        "duplicates": [],
        "scores": completeness.scores(referral),
        "trends": trends.of_referral(referral),
        "danger": completeness.is_danger(referral),
        "parts": parts,
        "section": section_name(form.step),
        "found": beside.of_draft(referral, actor_of(request)),
    }
    return render(request, "pages/wizard/amend.html", context, status=status)
