"""Keeping a draft while it is typed. The buttons do the same without JavaScript.

Only good answers are stored; a bad one is counted, not shown as a failure, because whoever
types is not done yet.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from portal.forms.steps import BY_SLUG, CHECK, Step
from portal.forms.steps_form import StepForm
from portal.http import posts_only
from portal.pages import saving
from portal.pages.doorway import actor_of, person_page
from portal.presenters import beside, completeness, words
from referrals import clock
from referrals.actors import Actor
from referrals.lifecycle import State
from referrals.models import Referral


@posts_only
@person_page
def save(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """JSON: {saved, at, base, waiting, scores, duplicates, danger}; 409 on a conflict."""
    actor = actor_of(request)
    referral = saving.open_draft(request, referral_id, by=actor)
    step = BY_SLUG.get(request.POST.get("step", ""))
    if step is None or step is CHECK:
        return JsonResponse({"saved": False, "reason": "step"}, status=400)
    if referral.state != State.DRAFT:
        return JsonResponse({"saved": False, "reason": "state"}, status=409)
    attempt = saving.keep(step, referral=referral, by=actor, data=request.POST)
    if attempt.conflict:
        return JsonResponse({"saved": False, "reason": "conflict"}, status=409)
    return JsonResponse(answer(step, attempt.referral or referral, actor, attempt.form.fault_count))


def answer(step: Step, referral: Referral, actor: Actor, waiting: int) -> dict[str, Any]:
    """What the page needs to know after a draft was kept."""
    return {
        "saved": True,
        "at": words.time_of_day(clock.now().astimezone(words.zone(referral.practice.time_zone))),
        "base": StepForm(step, actor, referral).base(),
        "waiting": waiting,
        "scores": {key: score.text for key, score in completeness.scores(referral).items()},
        "duplicates": [
            {"reference": d.reference, "url": reverse("referrals:detail", args=[d.pk])}
            for d in saving.duplicates_of(referral)
        ],
        "danger": completeness.is_danger(referral),
        "beside": beside.html(referral, actor),
    }
