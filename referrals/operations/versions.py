"""The frozen versions of a referral: opened, and marked as read by the clinic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import access, disclosure, permissions
from referrals.actors import Actor, Role
from referrals.disclosure import Reading
from referrals.errors import Forbidden, NotFound
from referrals.models import ContentVersion, Referral
from referrals.operations import records

READERS = frozenset({Role.CO, Role.CL})


@dataclass(frozen=True, slots=True)
class Opened:
    """A referral with its frozen versions, the oldest first; none once consent closed them."""

    referral: Referral
    versions: list[ContentVersion]
    by: Actor
    reading: Reading

    @property
    def closed(self) -> bool:
        return self.reading.closed

    def body(self, version: ContentVersion) -> dict[str, Any]:
        """What a version says, as far as the consent opens it today."""
        return disclosure.opened(version.content, self.reading, self.referral, self.by)

    def reason(self, version: ContentVersion) -> str:
        """Why it was amended, in the practice's words; "" for who may not hear them."""
        return version.reason or "" if self.reading.hears(disclosure.PRACTICE) else ""

    def number(self, number: int) -> ContentVersion:
        found = next((v for v in self.versions if v.number == number), None)
        if found is None:
            raise NotFound()
        return found


def open_all(
    referral_id: UUID, *, by: Actor, door: str, verb: str = "read", number: int | None = None
) -> Opened:
    """The versions for reading, logged; 403 for a role that reads no content."""
    with transaction.atomic():
        referral = records.find(referral_id, by=by)
        if not permissions.roles_on(referral, by) - {Role.PO}:
            raise Forbidden()
        reading = disclosure.reading_of(referral, by)
        closed = reading.closed
        listed = referral.versions.select_related("created_by").order_by("number")
        opened = Opened(referral, [] if closed else list(listed), by, reading)
        if number is not None and not closed:
            opened.number(number)
        detail = {"version": number} if number is not None else None
        access.record(by=by, verb=verb, referral_id=referral.pk, door=door, detail=detail)
    return opened


def may_mark_read(referral: Referral, *, by: Actor) -> bool:
    """Somebody of the clinic who reviews, while there is something unread that they may read."""
    unread = referral.content_version > referral.clinic_read_version
    mine = bool(permissions.roles_on(referral, by) & READERS)
    return unread and mine and not disclosure.is_closed_to(referral, by)


def authorise_reading(referral_id: UUID, *, by: Actor) -> Referral:
    """404 for a stranger; 403 for who does not review it, or may not read it."""
    referral = records.find(referral_id, by=by)
    mine = permissions.roles_on(referral, by) & READERS
    if not mine or disclosure.is_closed_to(referral, by):
        raise Forbidden()
    return referral


def mark_read(referral_id: UUID, *, number: int, by: Actor, door: str) -> None:
    """The clinic has read up to this version. It never goes back, and a second time is nothing."""
    with transaction.atomic():
        referral = authorise_reading(referral_id, by=by)
        if number > referral.content_version:
            raise NotFound()
        Referral.objects.filter(pk=referral.pk, clinic_read_version__lt=number).update(
            clinic_read_version=number
        )
        access.record(
            by=by, verb="read_changes", referral_id=referral.pk, door=door,
            detail={"version": number},
        )  # fmt: skip
