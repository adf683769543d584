"""Reading the access log: for the privacy officer, and each look is an entry too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from referrals import references
from referrals.access import sealer
from referrals.access.log import record
from referrals.access.models import AccessEntry, AccessSeal
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Forbidden, Invalid

PAGE = 50


@dataclass(frozen=True, slots=True)
class Look:
    """One entry in words: who, in which roles, did what, to which referral, by which door."""

    number: int
    at: datetime
    who: str
    roles: str
    verb: str
    door: str
    reference: str
    address: str


@dataclass(frozen=True, slots=True)
class Health:
    """How the chain stands: links, entries that wait for theirs, and when the last was made."""

    links: int
    waiting: int
    last_sealed_at: datetime | None


def looks(
    *, by: Actor, reference: str = "", email: str = "", before: int | None = None
) -> tuple[list[Look], int | None]:
    """One page, newest first, and where the next one begins (None: no more).

    Raises `Forbidden` for everybody but the privacy officer, `Invalid` for a reference or an
    address that nobody has.
    """
    if not by.has(Role.PO):
        raise Forbidden()
    entries = _matching(AccessEntry.objects.order_by("-pk"), reference, email)
    if before is not None:
        entries = entries.filter(pk__lt=before)
    with transaction.atomic():
        found = list(entries[: PAGE + 1])
        record(by=by, verb="audit_read", referral_id=None, door="portal",
               detail={"count": min(len(found), PAGE)})  # fmt: skip
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    return _in_words(found[:PAGE]), more


def _matching(entries: QuerySet[AccessEntry], reference: str, email: str) -> QuerySet[AccessEntry]:
    if reference:
        entries = entries.filter(referral_id=_referral(reference))
    if email:
        person = get_user_model().objects.filter(email=email.strip().lower()).first()
        if person is None:
            raise Invalid(errors=[FieldError("/email", "unknown", "Nobody has this address.")])
        entries = entries.filter(user_id=str(person.pk))
    return entries


def _referral(reference: str) -> UUID:
    from referrals.models import Referral

    canonical = references.normalize(reference)
    found = Referral.objects.filter(reference=canonical or "").values_list("pk", flat=True).first()
    if found is None:
        raise Invalid(
            errors=[FieldError("/reference", "unknown", "No referral has this reference. "
                               "It has nine characters, like 7KM-4XQ-9RH.")]
        )  # fmt: skip
    return found


def _in_words(entries: list[AccessEntry]) -> list[Look]:
    from referrals.models import Referral

    people = _names({e.user_id for e in entries if e.user_id})
    ids = {e.referral_id for e in entries if e.referral_id}
    references_of = dict(Referral.objects.filter(pk__in=ids).values_list("pk", "reference"))
    return [
        Look(
            number=e.pk,
            at=e.at,
            who=people.get(e.user_id) or e.partner_slug or e.actor_kind,
            roles=e.roles,
            verb=e.verb,
            door=e.door,
            reference=references_of.get(e.referral_id, "") if e.referral_id else "",
            address=e.address,
        )
        for e in entries
    ]


def _names(ids: set[str]) -> dict[str, str]:
    people: Any = get_user_model().objects.filter(pk__in=ids)
    return {str(person.pk): person.full_name for person in people}


def health() -> Health:
    """Cheap figures for a page; `manage.py verify_audit` proves the chain."""
    last = AccessSeal.objects.order_by("-number").first()
    return Health(
        links=last.number if last else 0,
        waiting=sealer.unsealed(),
        last_sealed_at=last.sealed_at if last else None,
    )
