"""People of a practice or a clinic, for its administrator: invite, withdraw, end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import invitations
from portal.accounts.forms import InviteForm
from portal.http import SignedInRequest
from referrals import clock
from referrals.actors import ROLE_LABELS, Role
from referrals.errors import NotFound
from referrals.models import Membership, Organisation

log = structlog.get_logger("portal.people")


@login_required
@require_http_methods(["GET", "POST"])
def people(request: SignedInRequest) -> HttpResponse:
    organisations = _administered(request)
    form = InviteForm(request.POST or None, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        return _invite(request, form)
    status = 400 if form.is_bound else 200
    context = {"form": form, **_lists(organisations, request.user.pk)}
    return render(request, "account/people.html", context, status=status)


def _administered(request: SignedInRequest) -> list[Organisation]:
    organisations = invitations.administered_by(request.actor)
    if not organisations:
        raise PermissionDenied
    return organisations


def _invite(request: SignedInRequest, form: InviteForm) -> HttpResponse:
    data = form.cleaned_data
    invitation = invitations.send(
        by=request.actor,
        organisation=form.organisations[data["organisation"]],
        email=data["email"],
        roles=data["roles"],
    )
    log.info("invitation sent", user_id=request.user.pk, invitation_id=invitation.pk)
    messages.success(request, "The invitation is on its way. Its link works for 7 days, once.")
    return HttpResponseRedirect(reverse("people"))


def _lists(organisations: list[Organisation], me: UUID) -> dict[str, Any]:
    names: dict[UUID | None, str] = {o.pk: o.name for o in organisations}
    seats = (
        Membership.objects.in_force()
        .filter(organisation__in=organisations)
        .select_related("user", "organisation")
        .order_by("organisation__name", "user__full_name", "role")
    )
    open_ones = [
        {
            "id": i.pk,
            "email": i.email,
            "organisation": names.get(i.organisation_id, ""),
            "roles": ", ".join(ROLE_LABELS[Role(r)] for r in i.roles),
            "expires_at": i.expires_at,
        }
        for i in invitations.sent_for(organisations)
    ]
    rows = [{"seat": s, "role": ROLE_LABELS[Role(s.role)], "me": s.user_id == me} for s in seats]
    return {"rows": rows, "invitations": open_ones, "organisations": organisations}


@login_required
@require_POST
def withdraw(request: SignedInRequest, invitation_id: UUID) -> HttpResponse:
    _administered(request)
    try:
        invitations.revoke(by=request.actor, invitation_id=invitation_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, "The invitation is withdrawn. Its link no longer works.")
    return HttpResponseRedirect(reverse("people"))


@login_required
@require_POST
def end_seat(request: SignedInRequest, membership_id: int) -> HttpResponse:
    """End one role of one person; effective at that person's next request."""
    organisations = _administered(request)
    ended = (
        Membership.objects.in_force()
        .filter(pk=membership_id, organisation__in=organisations)
        .exclude(user_id=request.user.pk)
        .update(ended_at=clock.now())
    )
    if not ended:
        raise Http404
    log.info("membership ended", user_id=request.user.pk, count=ended)
    messages.success(request, "That role has ended. Other roles of the person stay.")
    return HttpResponseRedirect(reverse("people"))
