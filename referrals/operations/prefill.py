"""What a practice need not type again: its last patients, and where its last referral went."""

from __future__ import annotations

from django.db.models import Q

from referrals.actors import Actor, Role
from referrals.errors import Forbidden
from referrals.models import Referral
from referrals.operations import records

LATEST = 5


def latest(*, by: Actor, door: str) -> list[Referral]:
    """The last referrals that this person's practice sent, for choosing one; logged as a list."""
    practices = by.organisations(Role.RC, Role.RD)
    if not practices:
        raise Forbidden()
    rows = Referral.objects.visible_to(by).with_people()
    sent = rows.filter(practice_id__in=practices, submitted_at__isnull=False)
    found = list(sent.order_by("-submitted_at", "pk")[:LATEST])
    records.list_opened(found, by=by, door=door)
    return found


def last_sent(*, by: Actor) -> Referral | None:
    """The last referral that this person sent or was named on, for where it went.

    None where its clinic or its service takes no more. Nothing of a patient is read.
    """
    practices = by.organisations(Role.RC, Role.RD)
    if not practices or by.user_id is None:
        return None
    mine = Q(submitted_by_id=by.user_id) | Q(referring_clinician_id=by.user_id)
    sent = Referral.objects.visible_to(by).filter(
        mine, practice_id__in=practices, submitted_at__isnull=False
    )
    row = sent.select_related("clinic", "service").order_by("-submitted_at", "pk").first()
    if row is None or row.clinic is None or row.service is None:
        return None
    return row if row.clinic.active and row.service.active else None
