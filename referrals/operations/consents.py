"""The end of a consent: announced once before, told once after; kept answers withdrawn."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from referrals import consent, notifications
from referrals.actors import Actor, Role
from referrals.errors import Conflict
from referrals.lifecycle import MOVE_FOR, Action
from referrals.models import IdempotencyRecord, Membership, Referral
from referrals.operations import facts, transition
from referrals.operations.transition import Change

EXPIRED_ENTRY = "expire_consent"
ANNOUNCED = timedelta(days=14)  # time to see the patient once more, and have a new one signed


def tell_expiry(referral_id: UUID, *, by: Actor) -> Referral:
    """Say on the timeline and by event that a consent has run out.

    The content has closed by itself on that day, whether this ran or not. `Conflict` where
    nothing has run out, or somebody told it already.
    """
    with transaction.atomic():
        referral = transition.lock(referral_id)
        ends = referral.consent_expires_on
        over = ends is not None and ends < consent.today_at(referral.practice)
        if not over or not referral.is_open:
            raise Conflict("No consent has run out on this referral.")
        following = consent.next_expiry(referral, referral.content.as_dict())
        left = facts.awaits_review(referral, facts.assess(referral))
        transition.apply(
            referral, MOVE_FOR[Action.REVOKE_CONSENT],
            Change(columns={"consent_expires_on": following, "awaits_review": left},
                   reason_class="patient", told_as="consent_expired"),
            by=by, role=Role.SY, door="portal", action=EXPIRED_ENTRY,
        )  # fmt: skip
        withdraw_answers(referral)
    return referral


def announce_end(referral_id: UUID, *, by: Actor) -> bool:
    """Remind the practice that a consent runs out soon; once for each last day."""
    with transaction.atomic():
        referral = transition.lock(referral_id)
        ends, today = referral.consent_expires_on, consent.today_at(referral.practice)
        stands = referral.consent_revoked_at is None and referral.is_open
        if ends is None or not stands or not today <= ends <= today + ANNOUNCED:
            return False
        untold = Referral.objects.filter(pk=referral_id).exclude(consent_reminded_of=ends)
        if not untold.update(consent_reminded_of=ends):
            return False
        key = f"consent_expiring:{referral.pk}:{ends.isoformat()}"
        notifications.notify("consent_expiring", referral, key=key, by=by)
    return True


def withdraw_answers(referral: Referral) -> None:
    """Answers that the API keeps for repeats hold content: the receiving side's are emptied."""
    practice = Membership.objects.in_force().filter(
        organisation_id=referral.practice_id, role__in=(Role.RC, Role.RD)
    )
    own = [f"user:{user_id}" for user_id in practice.values_list("user_id", flat=True)]
    kept = IdempotencyRecord.objects.filter(referral_id=referral.pk, status__gt=0)
    kept.exclude(caller__in=own).update(body=None)
