"""Whose worklist it is: the clinic that the person acts for, and its rows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from portal.pages.organisation import acting_for
from referrals import clock, errors
from referrals.actors import Actor, Role
from referrals.models import Organisation, Referral
from referrals.queries import ReferralQuerySet

CLINIC = (Role.CO, Role.CL, Role.CA)


def clinic_of(request: HttpRequest) -> Organisation:
    clinic = acting_for(request, *CLINIC)
    if clinic is None:
        raise errors.Forbidden()
    return clinic


def rows_of(clinic: Organisation, actor: Actor) -> ReferralQuerySet:
    return Referral.objects.visible_to(actor).filter(clinic_id=clinic.pk)


def asked_by(actor: Actor) -> dict[str, Any]:
    """What the folders go by: who asks, when, and where this person reviews safety flags."""
    licensed = actor.organisations(Role.CL)
    return {"user_id": actor.user_id, "now": clock.now(), "licensed": licensed}
