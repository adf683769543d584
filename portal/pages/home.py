"""The home that fits the person: a practice's three lists, a clinic's worklist, or links."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.pages.doorway import actor_of, person_page
from portal.presenters import referrer_home as lists
from portal.presenters import usual
from portal.presenters.navigation import ORGANISATION_KEY, main_links
from referrals import clinic_rules
from referrals.actors import Actor, Role
from referrals.lifecycle import State
from referrals.operations import records

CLINIC_SEATS = (Role.CO, Role.CL, Role.CA)
PRACTICE_SEATS = (Role.RC, Role.RD)
START = (
    {"title": "Write", "text": "Four short steps. What you type is kept as you go."},
    {"title": "Send", "text": "The clinic answers here, in writing. You see whose turn it is."},
    {"title": "Read the outcome", "text": "It comes back into the same referral, with one plan."},
)
ABOUT = {
    "Numbers": "Referrals in and out, and how long each step takes.",
    "People": "Invite people, and end seats.",
    "Access log": "Who looked at which referral, and the health of the log.",
    "To confirm": "Referrals that an administrator wants to mark as entered in error.",
}


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if _at_clinic(request, actor):
        return redirect("worklist")
    if actor.organisations(*PRACTICE_SEATS):
        return _referrer(request, actor)
    return _links(request, actor)


def _at_clinic(request: HttpRequest, actor: Actor) -> bool:
    """Whoever works on both sides lands where the header's choice stands."""
    clinics = actor.organisations(*CLINIC_SEATS)
    practices = actor.organisations(*PRACTICE_SEATS)
    if not practices:
        return bool(clinics)
    chosen = str(request.session.get(ORGANISATION_KEY, ""))
    return chosen in {str(pk) for pk in clinics}


def _referrer(request: HttpRequest, actor: Actor) -> HttpResponse:
    questions = lists.open_questions(actor)
    waiting = lists.needs_you(actor, questions)
    moving = lists.practice_rows(actor, lists.ON_ITS_WAY, without=questions)
    drafts = lists.practice_rows(actor, [State.DRAFT])
    shared = lists.shared_with(actor)
    clinic_rules.share_clinics(drafts)
    records.list_opened([*waiting, *moving, *drafts, *shared], by=actor, door="portal")
    shown = moving[: lists.MOST]
    context: dict[str, Any] = {
        "needs": lists.rows(waiting[: lists.MOST], actor, questions),
        "moving": usual.add(lists.rows(shown, actor), shown),
        "drafts": [lists.draft(one, actor) for one in drafts[: lists.MOST]],
        "more": {
            "needs": len(waiting) > lists.MOST,
            "moving": len(moving) > lists.MOST,
            "drafts": len(drafts) > lists.MOST,
        },
        "shared": lists.shared_rows(shared, actor),
        "new_url": reverse("referrals:new"),
        "start": START,
    }
    return render(request, "pages/home/referrer.html", context)


def _links(request: HttpRequest, actor: Actor) -> HttpResponse:
    links = [
        {"label": link.label, "url": link.url, "text": ABOUT.get(link.label, "")}
        for link in main_links(actor, request.path)
    ]
    shared = lists.shared_with(actor)
    records.list_opened(shared, by=actor, door="portal")
    context = {
        "links": links,
        "seats": bool(actor.seats),
        "shared": lists.shared_rows(shared, actor),
    }
    return render(request, "pages/home/links.html", context)
