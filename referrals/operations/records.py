"""Opening records: scope first, then the access log, then the record. No door can forget it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from referrals import access
from referrals.actors import Actor
from referrals.errors import NotFound
from referrals.models import Referral


def find(referral_id: UUID, *, by: Actor) -> Referral:
    """The referral if this actor may know of it; `NotFound` otherwise. Reads no content."""
    # Without an order, which the compiler would hold against each of the columns.
    rows = Referral.objects.visible_to(by).with_people().filter(pk=referral_id).order_by()
    found = next(iter(rows), None)
    if found is None:
        raise NotFound()
    return found


def open_record(referral_id: UUID, *, by: Actor, door: str, verb: str = "read") -> Referral:
    """The referral for reading; the reading is logged in the same transaction."""
    with transaction.atomic():
        referral = find(referral_id, by=by)
        access.record(by=by, verb=verb, referral_id=referral.pk, door=door)
    return referral


def exported(count: int, *, by: Actor, door: str) -> None:
    """Log that a list was asked for as a file: of how many rows. The rows log themselves."""
    with transaction.atomic():
        access.record(by=by, verb="export", referral_id=None, door=door, detail={"count": count})


def list_opened(rows: list[Referral], *, by: Actor, door: str, verb: str = "list") -> None:
    """Log that a list was shown: how many rows, and which referrals."""
    with transaction.atomic():
        access.record(
            by=by, verb=verb, referral_id=None, door=door,
            detail={"count": len(rows), "referrals": [str(row.pk) for row in rows]},
        )  # fmt: skip
