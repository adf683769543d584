"""The page behind the link with which a clinician is invited to one referral."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts.forms import AcceptClinicianForm
from portal.accounts.links import with_next
from portal.accounts.models import User
from referrals.errors import Conflict
from referrals.models import ClinicianInvitation, ClinicianProfile, Membership
from referrals.operations import sharing

RATES = {"accept": "30/m/ip"}
PROFILE = ("kind", "npi", "licence_number", "licence_state", "after_hours_phone")


class NewClinicianForm(AcceptClinicianForm):
    practice_name = forms.CharField(label="Your practice", max_length=120)


@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    limited = ratelimit.consume_or_429(
        request, app="tandem.shared", action="accept", config=RATES, limit_get=True
    )
    if limited:
        return limited
    invitation = sharing.find_open(secret)
    if invitation is None:
        return _closed(request, 404)
    if EmailAddress.objects.filter(email=invitation.email).exists():
        return _join(request, invitation)
    return _begin(request, invitation)


def _join(request: HttpRequest, invitation: ClinicianInvitation) -> HttpResponse:
    """The address has a sign-in: its owner signs in, then takes part."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(with_next("account_login", request.path))
    if request.user.email != invitation.email:
        return _closed(request, 404)
    if request.method != "POST":
        return render(request, "account/shared_join.html", _words(invitation))
    return _take_part(request, invitation, request.user, _practice_of(request.user))


def _practice_of(user: User) -> str:
    seat = Membership.objects.in_force().filter(user=user, organisation__kind="practice").first()
    return seat.organisation.name if seat and seat.organisation else ""


def _begin(request: HttpRequest, invitation: ClinicianInvitation) -> HttpResponse:
    """A new sign-in without any seat: it opens this referral and nothing else."""
    form = NewClinicianForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                user = _person(invitation, form.cleaned_data)
                sharing.accept(
                    invitation, by=user.as_actor(),
                    practice_name=form.cleaned_data["practice_name"],
                )  # fmt: skip
        except (IntegrityError, Conflict):
            return _closed(request, 409)
        messages.success(request, "Your sign-in is ready. Sign in to begin.")
        return HttpResponseRedirect(reverse("account_login"))
    context = {"form": form, **_words(invitation)}
    return render(request, "account/shared.html", context, status=400 if form.is_bound else 200)


def _person(invitation: ClinicianInvitation, data: dict[str, str]) -> User:
    user = User.objects.create_user(invitation.email, data["password"], full_name=data["full_name"])
    profile = {name: data.get(name, "") for name in PROFILE}
    ClinicianProfile.objects.create(user=user, **profile)
    return user


def _take_part(
    request: HttpRequest, invitation: ClinicianInvitation, user: User, practice_name: str
) -> HttpResponse:
    try:
        sharing.accept(invitation, by=user.as_actor(), practice_name=practice_name)
    except Conflict:
        return _closed(request, 409)
    return redirect("referrals:detail", invitation.referral_id)


def _closed(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "account/invitation_closed.html", status=status)


def _words(invitation: ClinicianInvitation) -> dict[str, object]:
    """Nothing of the patient: whoever holds the link is not known yet."""
    return {
        "email": invitation.email,
        "inviter": invitation.invited_by_name,
        "practice": invitation.referral.practice.name,
    }
