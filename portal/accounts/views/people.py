"""People of a practice or a clinic, for its administrator: invite, change, end, let back in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts import invitations, seats
from portal.accounts.forms import INVITABLE, InviteForm
from portal.http import SignedInRequest, posts_only
from portal.pages import returned
from portal.pages.doorway import person_page
from referrals import access
from referrals.actors import ROLE_LABELS, Role
from referrals.errors import Conflict, Forbidden, Invalid
from referrals.models import Membership, Organisation

log = structlog.get_logger("portal.people")


class SeatForm(forms.Form):
    """The roles of one person at one organization."""

    use_required_attribute = False
    roles = forms.MultipleChoiceField(
        label="Roles", widget=forms.CheckboxSelectMultiple, choices=(),
        error_messages={"required": "Choose at least one role, or end the access below."},
    )  # fmt: skip
    on_call = forms.BooleanField(
        label="On call: told first when a referral needs somebody at once", required=False
    )

    def __init__(self, data: Any = None, *, kind: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [(r.value, ROLE_LABELS[r]) for r in INVITABLE[kind]]
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]
        if kind != "clinic":
            del self.fields["on_call"]

    def refuse(self, refused: Invalid) -> None:
        for fault in refused.errors:
            name = fault.pointer.strip("/")
            self.add_error(name if name in self.fields else None, fault.detail)


# --- The list ----------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def people(request: SignedInRequest) -> HttpResponse:
    organisations = _administered(request)
    form = InviteForm(returned.typed(request), organisations=organisations)
    if request.method == "POST" and form.is_valid():
        try:
            return _invite(request, form)
        except Forbidden as refused:
            form.add_error("email", refused.detail)
    status = 400 if request.method == "POST" else 200
    context = {"form": form, **_lists(organisations, request.user.pk)}
    return render(request, "account/people.html", context, status=status)


def _administered(request: SignedInRequest) -> list[Organisation]:
    organisations = invitations.administered_by(request.actor)
    if not organisations:
        raise PermissionDenied
    return organisations


def _invite(request: SignedInRequest, form: InviteForm) -> HttpResponse:
    data = form.cleaned_data
    organisation = form.organisations[data["organisation"]]
    invitation = invitations.send(
        by=request.actor, organisation=organisation, email=data["email"], roles=data["roles"]
    )
    access.record(
        by=request.actor, verb="people", referral_id=None, door=seats.DOOR,
        organisation_id=organisation.pk,
        detail={"action": "invite", "id": str(invitation.pk), "sections": sorted(data["roles"])},
    )  # fmt: skip
    log.info("invitation sent", user_id=request.user.pk, invitation_id=invitation.pk)
    messages.success(request, "The invitation is on its way. Its link works for 7 days, once.")
    return HttpResponseRedirect(reverse("people"))


def _lists(organisations: list[Organisation], me: UUID) -> dict[str, Any]:
    names: dict[UUID | None, str] = {o.pk: o.name for o in organisations}
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
    return {"invitations": open_ones, "organisations": organisations, **_rows(organisations, me)}


def _rows(organisations: list[Organisation], me: UUID) -> dict[str, Any]:
    """One row for each person and organization: who works here, and who was shut out."""
    every = (
        Membership.objects.filter(organisation__in=organisations)
        .select_related("user", "organisation")
        .order_by("organisation__name", "user__full_name", "role")
    )
    secured = set(
        Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
        .filter(user__memberships__organisation__in=organisations)
        .values_list("user_id", flat=True)
    )
    found: dict[tuple[UUID | None, UUID], dict[str, Any]] = {}
    for seat in every:
        row = found.setdefault(
            (seat.organisation_id, seat.user_id),
            {"seat": seat, "roles": [], "me": seat.user_id == me, "on_call": False,
             "second_step": seat.user_id in secured,
             "organisation": seat.organisation.name if seat.organisation else ""},
        )  # fmt: skip
        if seat.ended_at is None:
            row["roles"].append(ROLE_LABELS[Role(seat.role)])
            row["on_call"] = row["on_call"] or seat.on_call
    rows = list(found.values())
    return {
        "rows": [r for r in rows if r["roles"] and r["seat"].user.is_active],
        "gone": [r for r in rows if not r["seat"].user.is_active],
        "without_second_step": sum(1 for r in rows if r["roles"] and not r["second_step"]),
    }


@login_required
@posts_only
@person_page
def withdraw(request: SignedInRequest, invitation_id: UUID) -> HttpResponse:
    _administered(request)
    invitations.revoke(by=request.actor, invitation_id=invitation_id)
    messages.success(request, "The invitation is withdrawn. Its link no longer works.")
    return HttpResponseRedirect(reverse("people"))


# --- One person --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def seat(request: SignedInRequest, membership_id: int) -> HttpResponse:
    """The roles of one person here; POST changes them."""
    found = seats.find(membership_id, by=request.actor)
    assert found.organisation is not None
    held = seats.roles_of(found)
    initial = {"roles": [row.role for row in held], "on_call": any(r.on_call for r in held)}
    form = SeatForm(returned.typed(request), kind=found.organisation.kind, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            seats.change(
                found.pk, by=request.actor, roles=form.cleaned_data["roles"],
                on_call=form.cleaned_data.get("on_call", False),
            )  # fmt: skip
        except Invalid as refused:
            form.refuse(refused)
        except Conflict as refused:
            form.add_error(None, refused.detail)
        else:
            messages.success(request, "Changed. It holds from their next click on.")
            return HttpResponseRedirect(reverse("people"))
    context = {
        "form": form, "seat": found, "me": found.user_id == request.user.pk,
        "others": seats.organisations_of(found.user_id) - bool(held),
    }  # fmt: skip
    status = 400 if request.method == "POST" else 200
    return render(request, "account/seat.html", context, status=status)


@posts_only
@person_page
def end_seat(request: SignedInRequest, membership_id: int) -> HttpResponse:
    """End all of one person's access here: at once, and everywhere if it was their last."""
    try:
        out = seats.leave(membership_id, by=request.actor)
    except Conflict as refused:
        messages.error(request, refused.detail)
        return HttpResponseRedirect(reverse("people"))
    log.info("access ended", user_id=request.user.pk)
    words = "The person is shut out" if out else "The person's roles here have ended"
    messages.success(request, f"{words}. Open sessions ended with it.")
    return HttpResponseRedirect(reverse("people"))


@posts_only
@person_page
def let_back(request: SignedInRequest, membership_id: int) -> HttpResponse:
    try:
        seats.let_back(membership_id, by=request.actor)
    except Conflict as refused:
        messages.error(request, refused.detail)
        return HttpResponseRedirect(reverse("people"))
    messages.success(request, "They can sign in again. Now give them their roles.")
    return HttpResponseRedirect(reverse("seat", args=[membership_id]))
