"""News for one person: the list with what is unread, and how each kind is told by mail."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.models import User
from portal.forms.notifications import CHOICE, ChoicesForm, TeamForm
from portal.http import posts_only
from portal.pages import keyset, returned
from portal.pages.doorway import actor_of, person_page
from portal.pages.keyset import Column
from portal.presenters import notices
from referrals.actors import Actor, Role
from referrals.models import Organisation
from referrals.notifications import reading

SIZE = 25
ORDER = (Column("created_at", down=True, is_time=True), Column("id"))
TEAMS = (Role.PA, Role.CA)


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    """The person's notices, newest first; `?show=unread` leaves out what was read."""
    actor, unread_only = actor_of(request), request.GET.get("show") == "unread"
    mine = reading.notices_of(actor)
    found = keyset.page(
        mine.filter(read_at__isnull=True) if unread_only else mine, ORDER, size=SIZE,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    context = {
        "rows": [notices.row(notice) for notice in found.rows],
        "unread_only": unread_only,
        "previous_url": _page_url(unread_only, before=found.before),
        "next_url": _page_url(unread_only, after=found.after),
    }
    return render(request, "pages/notifications/list.html", context)


def _page_url(unread_only: bool, **cursor: str | None) -> str:
    kept = {key: value for key, value in cursor.items() if value}
    if not kept:
        return ""
    shown = {"show": "unread"} if unread_only else {}
    return f"{reverse('notifications')}?{urlencode({**shown, **kept})}"


@posts_only
@person_page
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one notice as read, or all of them."""
    chosen = request.POST.get("notice", "")
    reading.mark_read([_known(chosen)] if chosen else None, by=actor_of(request))
    if not chosen:
        messages.success(request, "Everything is marked as read.")
    return HttpResponseRedirect(reverse("notifications"), status=303)


def _known(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def choices(request: HttpRequest) -> HttpResponse:
    """How this person is written to about each kind, and whether keys are shortcuts."""
    actor, user = actor_of(request), request.user
    assert isinstance(user, User)  # person_page asks for a sign-in
    form = ChoicesForm(
        returned.typed(request), choices=reading.choices_of(actor),
        shortcuts=user.shortcuts,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        reading.choose(form.chosen(), by=actor)
        User.objects.filter(pk=user.pk).update(shortcuts=form.cleaned_data["shortcuts"])
        messages.success(request, "Kept. It holds from the next notification on.")
        return HttpResponseRedirect(reverse("notification-choices"), status=303)
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "kinds": form.rows(), "teams": _team_forms(actor), "how": CHOICE}
    return render(request, "pages/notifications/choices.html", context, status=status)


@posts_only
@person_page
def team(request: HttpRequest) -> HttpResponse:
    """The team's own address; for administrators of that organization."""
    actor, form = actor_of(request), TeamForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.problem())
    else:
        address = form.cleaned_data["team_email"]
        organisation_id = _known(request.POST.get("organisation", ""))
        reading.set_team_address(organisation_id, by=actor, address=address)
        messages.success(request, "Kept. The team is written to from now on." if address else
                         "Kept. The team is not written to any more.")  # fmt: skip
    return HttpResponseRedirect(reverse("notification-choices"), status=303)


def _team_forms(actor: Actor) -> list[dict[str, Any]]:
    own = Organisation.objects.filter(pk__in=actor.organisations(*TEAMS)).order_by("name")
    return [
        {
            "id": organisation.pk,
            "name": organisation.name,
            "form": TeamForm(
                initial={"team_email": organisation.team_email}, auto_id=f"team-{n}-%s"
            ),
        }
        for n, organisation in enumerate(own)
    ]
