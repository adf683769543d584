"""The organization that a person with several acts for: which home and which worklist.

It decides what is shown first, never what may be seen: rights follow the memberships alone.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portal.http import posts_only
from portal.pages.doorway import actor_of, person_page
from portal.presenters.navigation import ORGANISATION_KEY
from referrals.actors import Role
from referrals.errors import Forbidden
from referrals.models import Organisation


@posts_only
@person_page
def switch(request: HttpRequest) -> HttpResponse:
    """Act for another of the person's own organizations."""
    chosen = _own(request).get(request.POST.get("organisation", ""))
    if chosen is None:
        raise Forbidden()
    request.session[ORGANISATION_KEY] = str(chosen.pk)
    messages.info(request, f"You now act for {chosen.name}.")
    return HttpResponseRedirect("/", status=303)


def acting_for(request: HttpRequest, *roles: Role) -> Organisation | None:
    """The chosen organization if the person holds one of the roles there, else the first
    where they do; None where there is none."""
    ids = actor_of(request).organisations(*roles)
    own = {key: value for key, value in _own(request).items() if value.pk in ids}
    chosen = own.get(str(request.session.get(ORGANISATION_KEY, "")))
    return chosen or next(iter(own.values()), None)


def _own(request: HttpRequest) -> dict[str, Organisation]:
    ids: set[UUID] = {
        s.organisation_id for s in actor_of(request).seats if s.organisation_id is not None
    }
    return {str(o.pk): o for o in Organisation.objects.filter(pk__in=ids).order_by("name")}
