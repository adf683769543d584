"""Inviting the patient's other clinician to one referral, and taking that back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.http import posts_only
from portal.pages import once, returned
from portal.pages.doorway import actor_of, person_page
from portal.presenters import referral_page
from referrals import clock, errors
from referrals.models import ClinicianInvitation, InvitationStatus
from referrals.operations import records, sharing

TONES = {InvitationStatus.ACCEPTED: "accepted", InvitationStatus.INVITED: "waiting"}


class InviteForm(forms.Form):
    use_required_attribute = False
    email = forms.EmailField(
        label="E-mail of the clinician", max_length=254,
        help_text="The mail names nobody. Its link works once, for 7 days.",
        error_messages={"required": "Write the clinician's e-mail address.",
                        "invalid": "Write an e-mail address, like name@practice.example."},
    )  # fmt: skip
    patient_agrees = forms.BooleanField(
        required=False, label="The patient agrees that this clinician takes part"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    sharing.authorise(referral_id, by=actor_of(request))
    if request.method == "POST":
        return _invite(request, referral_id)
    return _draw(request, referral_id, InviteForm(returned.before(request)))


def _invite(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _draw(request, referral_id, form, status=400)
    try:
        once.act(
            request,
            lambda: sharing.invite(
                referral_id, by=actor_of(request), data=form.cleaned_data, door="portal"
            ),
        )
    except once.AlreadyDone:
        pass
    except errors.Conflict as refused:
        form.add_error(None, refused.detail)
        return _draw(request, referral_id, form, status=409)
    except errors.Invalid as refused:
        for fault in refused.errors:
            form.add_error(fault.pointer.strip("/"), fault.detail)
        return _draw(request, referral_id, form, status=400)
    messages.success(request, "Invited. The link in the mail works once.")
    return HttpResponseRedirect(reverse("referrals:share", args=[referral_id]), status=303)


@posts_only
@person_page
def revoke(request: HttpRequest, referral_id: UUID, shared_id: UUID) -> HttpResponse:
    sharing.revoke(referral_id, shared_id, by=actor_of(request), door="portal")
    messages.success(request, "Taken back. That access ends now.")
    return redirect("referrals:share", referral_id)


def _draw(
    request: HttpRequest, referral_id: UUID, form: InviteForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door="portal")
    reader = referral_page.Reader.of(referral, actor)
    context = {
        "referral": referral,
        "header": referral_page.header(referral, reader),
        "form": form,
        "invitations": [_row(one) for one in reversed(sharing.listed(referral_id, by=actor))],
        "attempt": request.POST.get(once.FIELD) or once.new_word(),
    }
    return render(request, "pages/referral/share.html", context, status=status)


def _row(one: ClinicianInvitation) -> dict[str, Any]:
    who = one.accepted_by.full_name if one.accepted_by else one.email
    status = one.status(at=clock.now())
    return {"one": one, "who": who, "tag": status.label, "tone": TONES.get(status, "quiet"),
            "open": one.revoked_at is None}  # fmt: skip
