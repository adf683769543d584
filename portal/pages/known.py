"""The practice's last patients: a new referral that begins with what is known of one of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages import saving
from portal.pages.doorway import actor_of, person_page
from portal.presenters.summary import patient_name
from referrals.operations import prefill


@require_safe
@person_page
def choose(request: HttpRequest) -> HttpResponse:
    rows = [
        {"referral": row, "patient": patient_name(row)}
        for row in prefill.latest(by=actor_of(request), door=saving.DOOR)
    ]
    return render(request, "pages/wizard/known.html", {"rows": rows})
