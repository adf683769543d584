"""The last patients of a practice, so that nobody types a known one again."""

from __future__ import annotations

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
