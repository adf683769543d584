"""A referral on paper, for the chart: black on white, its reference on each page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages.doorway import actor_of, person_page
from portal.presenters import referral_page
from portal.presenters.referral_sections import PART_2_NOTICE
from referrals import clock
from referrals.operations import records


@require_safe
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The whole referral in one column; the printing is logged as such."""
    referral = records.open_record(referral_id, by=actor_of(request), door="portal", verb="print")
    context = referral_page.build(referral, actor_of(request))
    consent = context["reader"].content(referral).get("consent") or {}
    notice = PART_2_NOTICE if consent.get("part2_source") == "yes" else ""
    return render(
        request,
        "pages/referral/print.html",
        {**context, "reference": referral.reference, "part2_notice": notice, "now": clock.now()},
    )
