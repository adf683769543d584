"""What the rules found on this referral, run by run: the newest first, none of them changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.pages import saving
from portal.pages.doorway import actor_of, person_page
from portal.presenters import findings
from referrals import disclosure, errors, permissions
from referrals.actors import Actor
from referrals.lifecycle import Turn
from referrals.models import AssessmentResult, Referral
from referrals.operations import records

MOST = 50


@require_safe
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """For clinicians of either side; closed with the rest once consent is revoked."""
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door=saving.DOOR)
    if not permissions.reads_findings(referral, actor) or disclosure.is_closed_to(referral, actor):
        raise errors.Forbidden()
    kept = list(_newest(referral))
    context = {"referral": referral, "runs": [_run(one, referral, actor) for one in kept[:MOST]],
               "notices": disclosure.reading_of(referral, actor).notices,
               "more": len(kept) > MOST, **_whence(referral, actor)}  # fmt: skip
    return render(request, "pages/referral/assessments.html", context)


def _whence(referral: Referral, actor: Actor) -> dict[str, str]:
    """The list from which this reader came: the clinic's people have a worklist."""
    if permissions.side_of(referral, actor) is Turn.CLINIC:
        return {"list_url": reverse("worklist"), "list_label": "Worklist"}
    return {"list_url": reverse("referrals:list"), "list_label": "Referrals"}


def _newest(referral: Referral) -> Any:
    rows = referral.assessments.select_related("computed_by")
    return rows.order_by("-computed_at", "-pk")[: MOST + 1]


def _run(kept: AssessmentResult, referral: Referral, actor: Actor) -> dict[str, Any]:
    """What was found then, as far as the consent opens it now."""
    result = disclosure.assessment_for(referral, actor, kept.result) or {}
    found = findings.of(result, result.get("answers") or {})
    by = kept.computed_by.full_name if kept.computed_by else "the portal"
    return {"at": kept.computed_at, "by": by, "found": found}
