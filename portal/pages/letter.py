"""The letter to the patient, to be printed by the practice or by the clinic."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages.doorway import actor_of, person_page
from portal.presenters import patient_letter
from referrals import clock, disclosure, errors, permissions
from referrals.actors import Role
from referrals.lifecycle import State
from referrals.operations import records


@require_safe
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Logged as a print. A draft has no letter: nothing happens with it yet."""
    actor = actor_of(request)
    referral = records.find(referral_id, by=actor)
    if not permissions.roles_on(referral, actor) - {Role.PO}:
        raise errors.Forbidden()
    if referral.state in (State.DRAFT, State.ENTERED_IN_ERROR):
        raise errors.NotFound()
    if disclosure.is_closed_to(referral, actor):
        raise errors.NotFound()
    referral = records.open_record(referral_id, by=actor, door="portal", verb="print")
    context = {
        "reference": referral.reference,
        "letter": patient_letter.build(referral, actor),
        "now": clock.now(),
    }
    return render(request, "pages/referral/letter.html", context)
