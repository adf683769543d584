"""After sending: the reference, what happens next and by when, and what is still asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from portal.pages import saving
from portal.pages.doorway import actor_of, person_page
from portal.presenters import acceptance, expected, summary
from referrals import errors, permissions
from referrals.actors import Actor
from referrals.lifecycle import State, Turn
from referrals.models import Referral
from referrals.operations import facts, records


@require_safe
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """For the side that sent it."""
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door=saving.DOOR)
    if not _sent_it(referral, actor):
        raise errors.Forbidden()
    if referral.state == State.DRAFT:
        return redirect("referrals:edit", referral.pk, "check")
    return _draw(request, referral)


def _sent_it(referral: Referral, actor: Actor) -> bool:
    on_paper = referral.submitted_by_id is not None and referral.submitted_by_id == actor.user_id
    return on_paper or permissions.side_of(referral, actor) is Turn.PRACTICE


def _draw(request: HttpRequest, referral: Referral) -> HttpResponse:
    assessment = facts.assess(referral)
    context: dict[str, Any] = {
        "referral": referral,
        "patient": summary.patient_name(referral),
        "next_steps": expected.next_steps(referral),
        "priority": expected.priority(assessment),
        "tasks": acceptance.tasks(referral, assessment),
    }
    return render(request, "pages/wizard/sent.html", context)
