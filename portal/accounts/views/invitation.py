"""The page behind an invitation's link."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts import invitations
from portal.accounts.forms import CLINICIAN_ROLES, AcceptClinicianForm, AcceptForm
from portal.accounts.links import with_next
from portal.accounts.models import Invitation
from referrals.actors import ROLE_LABELS, Role
from referrals.errors import Conflict, NotFound
from referrals.models import Organisation

RATES = {"accept": "30/m/ip"}


@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    limited = ratelimit.consume_or_429(
        request, app="tandem.invitations", action="accept", config=RATES, limit_get=True
    )
    if limited:
        return limited
    invitation = invitations.find(secret)
    if invitation is None:
        return render(request, "account/invitation_closed.html", status=404)
    if EmailAddress.objects.filter(email=invitation.email).exists():
        return _join(request, invitation)
    return _accept(request, invitation)


def _accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    kind = AcceptClinicianForm if CLINICIAN_ROLES & set(invitation.roles) else AcceptForm
    form = kind(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        return _finish(request, lambda: invitations.accept(invitation, data=form.cleaned_data))
    context = {"form": form, **_words(invitation)}
    return render(request, "account/invitation.html", context, status=400 if form.is_bound else 200)


def _join(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The address has a sign-in: its owner signs in, then takes the new roles."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(with_next("account_login", request.path))
    if request.user.email != invitation.email:
        return render(request, "account/invitation_closed.html", status=404)
    if request.method == "POST":
        user = request.user
        return _finish(request, lambda: invitations.join(invitation, user=user))
    return render(request, "account/invitation_join.html", _words(invitation))


def _finish(request: HttpRequest, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except (Conflict, NotFound):
        return render(request, "account/invitation_closed.html", status=409)
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("home"))
    messages.success(request, "Your sign-in is ready. Sign in to begin.")
    return HttpResponseRedirect(reverse("account_login"))


def _words(invitation: Invitation) -> dict[str, object]:
    organisation = Organisation.objects.filter(pk__in=[invitation.organisation_id]).first()
    return {
        "email": invitation.email,
        "organisation": organisation.name if organisation else "Tandem",
        "roles": [ROLE_LABELS[Role(r)] for r in invitation.roles],
    }
