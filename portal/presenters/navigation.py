"""The header's links for the person who is signed in: one short list for each role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from portal.presenters.words import up_to
from referrals.actors import CLINIC_ROLES, Actor, Role
from referrals.notifications import reading

ORGANISATION_KEY = "organisation"  # the session key of the organization chosen in the header

WRITERS = frozenset({Role.RC, Role.RD})
ADMINISTRATORS = frozenset({Role.PA, Role.CA})

# label, URL name, roles: a row shows where the person holds one of the roles and the page exists.
MAIN: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("Referrals", "referrals:list", WRITERS),
    ("To confirm", "referrals:list", frozenset({Role.PO})),
    ("New referral", "referrals:new", WRITERS | {Role.CO}),
    ("Worklist", "worklist", CLINIC_ROLES),
    ("Advice", "advice:list", WRITERS | {Role.CO, Role.CL}),
    ("Numbers", "numbers", WRITERS | CLINIC_ROLES | ADMINISTRATORS),
    ("People", "people", ADMINISTRATORS),
    ("Clinic", "clinic-settings", frozenset({Role.CA})),
    ("Partners", "partners", frozenset({Role.CA})),
    ("Access log", "access-log", frozenset({Role.PO})),
)
ACCOUNT: tuple[tuple[str, str], ...] = (
    ("Account", "account"),
    ("Notifications and keyboard", "notification-choices"),
    ("Password", "account_change_password"),
    ("Sign-in and security", "mfa_index"),
    ("Where I am signed in", "usersessions_list"),
    ("Access tokens", "account-tokens"),
)


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `navigation`, empty for a visitor without a session."""
    user = getattr(request, "user", None)
    actor = getattr(request, "actor", None)
    if user is None or not user.is_authenticated or actor is None:
        return {"navigation": {}}
    organisations = _organisations(actor)
    return {
        "navigation": {
            "items": main_links(actor, request.path),
            "account": _links(((label, name) for label, name in ACCOUNT), request.path),
            "organisations": organisations,
            "current_organisation": _current(request, organisations),
            "switch_url": address("switch-organisation"),
            "sign_out_url": address("account_logout"),
            "name": actor.name,
            "notices_url": address("notifications"),
            "unread": SimpleLazyObject(lambda: _unread(actor)),
            "keys_url": address("notification-choices") if user.shortcuts else "",
        }
    }


def _unread(actor: Actor) -> str:
    """How many notices are unread, as it stands in the header; asked by the header alone."""
    return str(up_to(reading.unread(actor), reading.MOST_COUNTED) or "")


def main_links(actor: Actor, path: str) -> list[Link]:
    held = frozenset(seat.role for seat in actor.seats)
    return _links(((label, name) for label, name, roles in MAIN if roles & held), path)


def address(name: str) -> str:
    """The page's path, or nothing where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _links(rows: Any, path: str) -> list[Link]:
    found = ((label, address(name)) for label, name in rows)
    known = [(label, url) for label, url in found if url]
    # The longest address that the path starts with is where the person is.
    here = max((url for _, url in known if path.startswith(url)), key=len, default="")
    return [Link(label, url, url == here) for label, url in known]


def _organisations(actor: Actor) -> list[Any]:
    from referrals.models import Organisation

    ids: set[UUID] = {s.organisation_id for s in actor.seats if s.organisation_id}
    return list(Organisation.objects.filter(id__in=ids).order_by("name")) if ids else []


def _current(request: HttpRequest, organisations: list[Any]) -> Any:
    chosen = str(request.session.get(ORGANISATION_KEY, ""))
    return next((o for o in organisations if str(o.id) == chosen), None) or next(
        iter(organisations), None
    )
