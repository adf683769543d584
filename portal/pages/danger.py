"""Danger first: the page that stands before the sending where answers point to danger.

It reflects what the clinician just entered, says whom to call, and asks what was done and by
whom. The referral can be sent right after it, with answers missing.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.forms.from_serializer import AnswerField, source_at
from portal.forms.steps import CHECK
from portal.pages import returned, saving
from portal.pages.doorway import actor_of, person_page
from portal.presenters import completeness, findings
from referrals import clock, errors
from referrals.lifecycle import State
from referrals.lifecycle.inputs import Submit
from referrals.models import Referral
from referrals.operations import drafts, facts

ACKNOWLEDGED = "danger_acknowledged"  # in the session: ids of drafts
KEPT_IDS = 50
TAKEN, BY, AT = ("safety", "action_taken"), ("safety", "action_by"), ("safety", "action_at")


class DangerForm(forms.Form):
    """What was done, by whom, and that the person has understood."""

    use_required_attribute = False

    def __init__(self, referral: Referral, name: str, data: Any = None) -> None:
        super().__init__(data)
        self.name = name  # who confirms it has acted, unless somebody else is named
        safety = referral.content.safety or {}
        self.fields["action_taken"] = AnswerField(
            source_at(TAKEN), help_text="Who was called, and what happens now."
        )
        self.fields["action_by"] = AnswerField(source_at(BY))
        self.fields[ACKNOWLEDGED] = forms.BooleanField(
            required=False, label=str(Submit().fields[ACKNOWLEDGED].label)
        )
        self.initial = {
            "action_taken": safety.get("action_taken") or "",
            "action_by": safety.get("action_by") or name,
        }

    def clean(self) -> dict[str, Any]:
        if not self._typed("action_taken"):
            self.add_error("action_taken", "Say what was done, in a few words.")
        if not self.cleaned_data.get(ACKNOWLEDGED):
            self.add_error(ACKNOWLEDGED, "Confirm that you acted, or act first.")
        return self.cleaned_data

    def _typed(self, name: str) -> str:
        return (self[name].data or "").strip()

    def answers(self) -> dict[str, Any]:
        """The part of the safety section that this page writes; the time is now."""
        return {
            "action_taken": self._typed("action_taken"),
            "action_by": self._typed("action_by") or self.name,
            "action_at": clock.now().isoformat(timespec="seconds"),
        }


def is_due(request: HttpRequest, referral: Referral) -> bool:
    """True while this page stands between the person and the sending."""
    seen = request.session.get(ACKNOWLEDGED, [])
    return completeness.is_danger(referral) and str(referral.pk) not in seen


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    referral = saving.open_draft(request, referral_id, by=actor_of(request))
    if referral.state != State.DRAFT or not completeness.is_danger(referral):
        return redirect("referrals:edit", referral.pk, CHECK.slug)
    if request.method == "POST":
        return _acknowledge(request, referral)
    kept = returned.before(request)
    return _draw(request, referral, DangerForm(referral, actor_of(request).name, kept))


def _acknowledge(request: HttpRequest, referral: Referral) -> HttpResponse:
    form = DangerForm(referral, actor_of(request).name, request.POST)
    if not form.is_valid():
        return _draw(request, referral, form, status=400)
    try:
        drafts.change(
            referral.pk, by=actor_of(request), data={"safety": form.answers()},
            version=None, door=saving.DOOR,
        )  # fmt: skip
    except errors.Invalid as refused:
        for fault in refused.errors:
            name = fault.pointer.rsplit("/", 1)[-1]
            form.add_error(name if name in form.fields else None, fault.detail)
        return _draw(request, referral, form, status=400)
    kept = [*request.session.get(ACKNOWLEDGED, []), str(referral.pk)]
    request.session[ACKNOWLEDGED] = kept[-KEPT_IDS:]
    return redirect("referrals:edit", referral.pk, CHECK.slug)


def _draw(
    request: HttpRequest, referral: Referral, form: DangerForm, *, status: int = 200
) -> HttpResponse:
    found = facts.assess(referral)
    context = {
        "referral": referral,
        "form": form,
        "found": findings.now(found, referral.content.as_dict()),
        "problems": [
            {"url": f"#id_{name}", "text": str(text)}
            for name, texts in form.errors.items()
            for text in texts
        ],
        "back": saving.edit_url(referral, completeness.place("/safety/danger_now")[0]),
    }
    return render(request, "pages/wizard/act_now.html", context, status=status)
