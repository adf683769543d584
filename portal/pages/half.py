"""The half of an invited clinician on one page: pain, medical and substances, as one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.forms.steps import STEPS, Group, Step, home_of
from portal.forms.steps_form import StepForm
from portal.pages import saving
from portal.pages.doorway import actor_of, person_page
from portal.presenters import completeness, referral_page, trends
from referrals import errors
from referrals.actors import Actor
from referrals.lifecycle import State
from referrals.models import Referral
from referrals.operations import drafts, half, records

REASON = "Completed by the invited clinician."


class ReasonForm(forms.Form):
    use_required_attribute = False
    amendment_reason = forms.CharField(
        label="What you add or change, in a few words", max_length=500, required=False,
        help_text="The clinic reads it beside the change.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door=saving.DOOR)
    if not half.may_complete(referral, by=actor):
        raise errors.Forbidden()
    step = _step(referral, actor)
    if request.method == "POST":
        return _keep(request, referral, step)
    kept = saving.typed_before(request)
    more = request.GET.get("more", "")
    form = StepForm(step, actor, referral, data=kept, more_rows=more)
    base = kept.get(saving.BASE, "") if kept is not None else ""
    return _draw(request, referral, form, ReasonForm(kept), base=base, returned=kept is not None)


def _step(referral: Referral, actor: Actor) -> Step:
    """The questions and scales of the wizard that are hers."""
    sections = half.sections_open(referral, by=actor)
    scales = half.scales_open(referral, by=actor)
    groups = [_group(group, sections, scales) for step in STEPS for group in step.groups]
    hers = tuple(group for group in groups if group.paths or group.scales or group.totals)
    return Step("half", "Your half", hers)


def _group(group: Group, sections: list[str], scales: frozenset[str]) -> Group:
    return replace(
        group, header=False, look="rows" if group.look == "rows" else "",
        paths=tuple(path for path in group.paths if home_of(path) in sections),
        scales=tuple(name for name in group.scales if name in scales),
        totals=tuple(name for name in group.totals if name in scales),
    )  # fmt: skip


def _changes(form: StepForm) -> dict[str, Any]:
    """What she changed: of the scales hers alone, for the others stay where they are."""
    found, mine = form.changes(), {scale.key for scale in form.scales}
    if "instruments" in found:
        found["instruments"] = [e for e in found["instruments"] if e["instrument"] in mine]
    return found


def _keep(request: HttpRequest, referral: Referral, step: Step) -> HttpResponse:
    data = saving.beside(saving.cleared(request.POST), referral)
    actor = actor_of(request)
    form, reason = StepForm(step, actor, referral, data=data), ReasonForm(data)
    good = all([form.is_valid(), reason.is_valid()])
    if data.get("add") or data.get("clear") or data.get("another"):
        return _draw(request, referral, form, reason)
    if data.get(saving.BASE) != form.base() and form.differences():
        return _draw(request, referral, form, reason, status=409)
    if not good:
        return _draw(request, referral, form, reason, status=400)
    changes = _changes(form)
    if not changes:
        messages.info(request, "Nothing was changed.")
        return redirect("referrals:detail", referral.pk)
    try:
        drafts.change(
            referral.pk, by=actor, data=changes, version=referral.version,
            amendment_reason=reason.cleaned_data["amendment_reason"] or REASON, door=saving.DOOR,
        )  # fmt: skip
    except errors.Stale:
        return _draw(request, referral, form, reason, status=409)
    except errors.Invalid as refused:
        for fault in refused.errors:
            form.add_fault(fault)
        return _draw(request, referral, form, reason, status=400)
    messages.success(request, "Kept, with your name. The practice sees it at once.")
    return redirect("referrals:detail", referral.pk)


def _draw(
    request: HttpRequest, referral: Referral, form: StepForm, reason: ReasonForm, *,
    base: str = "", status: int = 200, returned: bool = False,
) -> HttpResponse:  # fmt: skip
    reader = referral_page.Reader.of(referral, actor_of(request))
    context: dict[str, Any] = {
        "form": form, "reason": reason, "groups": form.groups(), "referral": referral,
        "step": form.step, "base": base or form.base(), "notices": reader.reading.notices,
        "header": referral_page.header(referral, reader), "danger": False,
        "scores": _hers(completeness.scores(referral), form),
        "trends": _hers(trends.of_referral(referral), form),
        "returned": returned,
        "differences": form.differences() if status == 409 else None, "duplicates": [],
        "here": reverse("referrals:half", args=[referral.pk]),
        "sent": referral.state != State.DRAFT,
    }  # fmt: skip
    return render(request, "pages/wizard/half.html", context, status=status)


def _hers(found: Mapping[str, Any], form: StepForm) -> dict[str, Any]:
    """What is known of each scale, for those on her page."""
    mine = {scale.key for scale in form.scales}
    return {name: one for name, one in found.items() if name in mine}
