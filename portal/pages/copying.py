"""A new draft from what was sent before: the same patient, or all that need not be asked anew."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.pages import once, returned
from portal.pages.doorway import actor_of, person_page
from portal.presenters import referral_page
from referrals import errors
from referrals.models import Referral
from referrals.operations import copies, records

CHOICES = (
    (copies.SAME_PATIENT, "The patient and the care team"),
    (copies.WHOLE, "Everything but consent, safety and scales"),
)


class CopyForm(forms.Form):
    use_required_attribute = False
    what = forms.ChoiceField(
        label="Take along", choices=CHOICES, widget=forms.RadioSelect,
        error_messages={"required": "Choose one.", "invalid_choice": "Choose one."},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door="portal")
    if not copies.may_copy(referral, by=actor):
        raise errors.Forbidden()
    form = CopyForm(returned.typed(request))
    if request.method == "POST" and form.is_valid():
        return _copied(request, referral, form.cleaned_data["what"])
    reader = referral_page.Reader.of(referral, actor)
    context = {
        "referral": referral,
        "header": referral_page.header(referral, reader),
        "form": form,
        "attempt": once.new_word(),
        "back_url": reverse("referrals:detail", args=[referral.pk]),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "pages/referral/copy.html", context, status=status)


def _copied(request: HttpRequest, referral: Referral, what: str) -> HttpResponse:
    try:
        draft = once.act(
            request,
            lambda: copies.copy(referral.pk, what=what, by=actor_of(request), door="portal"),
        )
    except once.AlreadyDone:
        messages.info(request, "The copy was made a moment ago. You find it among your drafts.")
        return HttpResponseRedirect(reverse("home"), status=303)
    messages.success(request, "A new draft. Consent and safety are asked anew.")
    address = reverse("referrals:edit", args=[draft.pk, "patient"])
    return HttpResponseRedirect(address, status=303)
