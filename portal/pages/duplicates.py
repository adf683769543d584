"""The clinic's decision about another referral for what may be the same person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.pages import returned
from portal.pages.doorway import actor_of, person_page
from portal.presenters import referral_page
from referrals import errors, permissions
from referrals.models import DuplicateVerdict, Referral
from referrals.operations import duplicates, records
from referrals.operations.duplicates import Candidate

VERDICTS = (
    (DuplicateVerdict.LINKED.value, "The same person and matter: link them"),
    (DuplicateVerdict.SET_ASIDE.value, "Another person or another matter: set it aside"),
)


class DecideForm(forms.Form):
    use_required_attribute = False
    verdict = forms.ChoiceField(
        label="What you found", choices=VERDICTS, widget=forms.RadioSelect,
        error_messages={"required": "Choose one.", "invalid_choice": "Choose one."},
    )  # fmt: skip
    note = forms.CharField(
        label="Note", required=False, max_length=duplicates.NOTE_LENGTH,
        help_text="Needed where you set it aside. Only your clinic reads it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def decide(request: HttpRequest, referral_id: UUID, other_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door="portal")
    if not permissions.roles_on(referral, actor) & permissions.DECIDE_DUPLICATES:
        raise errors.Forbidden()
    found = duplicates.for_clinic(referral, by=actor)
    candidate = next((c for c in found if c.other.pk == other_id), None)
    if candidate is None:
        raise errors.NotFound()
    form = DecideForm(returned.typed(request))
    if request.method == "POST" and form.is_valid() and _done(request, referral, candidate, form):
        messages.success(request, "Your decision is kept. Only your clinic sees it.")
        address = reverse("referrals:detail", args=[referral.pk])
        return HttpResponseRedirect(address, status=303)
    return _page(request, referral, candidate, form)


def _done(request: HttpRequest, referral: Referral, candidate: Candidate, form: DecideForm) -> bool:
    try:
        duplicates.decide(
            referral.pk, candidate.other.pk, verdict=form.cleaned_data["verdict"],
            note=form.cleaned_data["note"], by=actor_of(request), door="portal",
        )  # fmt: skip
    except errors.Invalid as refused:
        for fault in refused.errors:
            form.add_error(fault.pointer.strip("/"), fault.detail)
        return False
    return True


def _page(
    request: HttpRequest, referral: Referral, candidate: Candidate, form: DecideForm
) -> HttpResponse:
    reader = referral_page.Reader.of(referral, actor_of(request))
    context: dict[str, Any] = {
        "referral": referral,
        "header": referral_page.header(referral, reader),
        "candidate": candidate,
        "form": form,
        "back_url": reverse("referrals:detail", args=[referral.pk]),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "pages/duplicates/decide.html", context, status=status)
