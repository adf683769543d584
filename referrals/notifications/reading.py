"""Each person's own notices and choices, and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from referrals import access, clock
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.models import How, Mail, MailStatus, Notice, NotificationChoice, Organisation
from referrals.notifications.table import KINDS, Kind, roles_told
from referrals.queries import is_visible

MOST_COUNTED = 100
NOTICES_LIVE = timedelta(days=180)
MAILS_LIVE = timedelta(days=30)


def notices_of(actor: Actor) -> QuerySet[Notice]:
    """The person's notices of what they may still see."""
    mine = Notice.objects.filter(user_id=actor.user_id) if actor.user_id else Notice.objects.none()
    return mine.filter(
        Q(referral__isnull=True) | Q(is_visible(actor, "referral_id"))
    ).select_related("referral")


def unread(actor: Actor) -> int:
    """How many are unread; counted up to 100, which is shown as 99+."""
    found = notices_of(actor).filter(read_at__isnull=True).order_by()
    return len(found.values_list("pk", flat=True)[:MOST_COUNTED])


def mark_read(notice_ids: list[UUID] | None, *, by: Actor) -> int:
    """Mark these as read, or all of them (None)."""
    mine = Notice.objects.filter(user_id=by.person, read_at__isnull=True)
    if notice_ids is not None:
        mine = mine.filter(pk__in=notice_ids)
    return mine.update(read_at=clock.now())


def referral_seen(referral_id: UUID, *, by: Actor) -> int:
    """Whoever opens a referral has seen what there was to see of it."""
    if by.user_id is None:
        return 0
    return Notice.objects.filter(
        user_id=by.user_id, referral_id=referral_id, read_at__isnull=True
    ).update(read_at=clock.now())


# --- Choices ------------------------------------------------------------------------------------


def kinds_for(actor: Actor) -> list[Kind]:
    """The kinds of which somebody with these roles can hear, in the table's order."""
    held = {seat.role for seat in actor.seats}
    return [kind for kind in KINDS if roles_told(kind) & held]


def choices_of(actor: Actor) -> dict[Kind, str]:
    """How the person hears of each kind that concerns them."""
    chosen = dict(
        NotificationChoice.objects.filter(user_id=actor.person).values_list("kind", "how")
    )
    return {
        kind: KINDS[kind].how.value if KINDS[kind].fixed else chosen.get(kind, KINDS[kind].how)
        for kind in kinds_for(actor)
    }


def choose(chosen: Mapping[str, str], *, by: Actor) -> None:
    """Store how the person wants to hear of each kind. A fixed kind cannot be chosen."""
    open_to = {kind.value for kind in kinds_for(by) if not KINDS[kind].fixed}
    problems = [
        FieldError(f"/{kind}", "unknown_choice", "Choose one of the ways in the list.")
        for kind, how in chosen.items()
        if kind not in open_to or how not in How.values
    ]
    if problems:
        raise Invalid(errors=problems)
    with transaction.atomic():
        for kind, how in chosen.items():
            NotificationChoice.objects.update_or_create(
                user_id=by.person, kind=kind, defaults={"how": how}
            )


def set_team_address(organisation_id: UUID, *, by: Actor, address: str) -> None:
    """The team's own mailbox; '' for none. For administrators of that organization."""
    if not by.roles_at(organisation_id) & {Role.PA, Role.CA}:
        raise Forbidden()
    with transaction.atomic():
        Organisation.objects.filter(pk=organisation_id).update(team_email=address)
        access.record(
            by=by, verb="settings", referral_id=None, door="portal",
            organisation_id=organisation_id, detail={"action": "team_address"},
        )  # fmt: skip


# --- Forgetting ---------------------------------------------------------------------------------


def forget_old() -> int:
    """Delete settled mails after 30 days, and notices after 180; the number of rows."""
    now = clock.now()
    mails = Mail.objects.exclude(status=MailStatus.WAITING)
    gone = mails.filter(created_at__lt=now - MAILS_LIVE).delete()[0]
    return gone + Notice.objects.filter(created_at__lt=now - NOTICES_LIVE).delete()[0]
