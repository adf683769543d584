"""The page of one referral: everything that is needed to decide, and one thing to do next."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages import once
from portal.pages.doorway import actor_of, person_page
from portal.presenters import referral_page, stream
from referrals.notifications import reading
from referrals.operations import conversation, records


@require_safe
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """One referral, read and logged in one transaction."""
    referral = records.open_record(referral_id, by=actor_of(request), door="portal")
    reading.referral_seen(referral_id, by=actor_of(request))
    asked_for = request.GET.get("show", "all")
    kind = asked_for if asked_for in stream.KINDS else "all"
    context = referral_page.build(referral, actor_of(request), show=kind)
    conversation.mark_read(referral, context["conversation"], by=actor_of(request))
    return render(request, "pages/referral/detail.html", {**context, "attempt": once.new_word()})
