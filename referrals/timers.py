"""What the portal does by itself: reminders, mail, expiry, closing, sealing, forgetting.

Each job is safe to run twice and on two hosts: it changes a row only where that row still
says that the job is due, and a move goes through the same function as everybody's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from referrals import clock, ladder
from referrals.access import sealer
from referrals.actors import SYSTEM
from referrals.clocks import watch
from referrals.errors import DomainError
from referrals.figures import noting
from referrals.files import upkeep
from referrals.lifecycle import OPEN_STATES, Phase
from referrals.lifecycle.states import states_in
from referrals.models import IdempotencyRecord, Referral
from referrals.notifications import digests, reading, sending
from referrals.operations import consents, facts, transition

ANSWERS_LIVE = timedelta(hours=24)
MOST_LOOKED_AT = 200  # referrals in one round


def seal_access_log() -> int:
    return sealer.seal_pending()


def tell_expired_consents() -> int:
    """Say that a consent has run out; its content has closed at midnight by itself."""
    # A day early, since the calendar that counts is the practice's; the operation asks again.
    due = Referral.objects.filter(
        consent_expires_on__lt=clock.now().date() + timedelta(days=1), submitted_at__isnull=False,
        state__in=OPEN_STATES,
    ).values_list("pk", flat=True)  # fmt: skip
    return sum(_told(referral_id) for referral_id in due)


def _told(referral_id: UUID) -> bool:
    try:
        consents.tell_expiry(referral_id, by=SYSTEM)
    except DomainError:
        return False  # not over yet where the practice is, or told meanwhile
    return True


def look_for_reviews() -> int:
    """Look again at what was sent before flags were counted, or under other levels of flags."""
    unknown = Referral.objects.filter(
        awaits_review__isnull=True, state__in=states_in(Phase.DECIDING)
    ).order_by("pk")[:MOST_LOOKED_AT]
    return sum(_looked_at(pk) for pk in list(unknown.values_list("pk", flat=True)))


def _looked_at(referral_id: UUID) -> bool:
    with transaction.atomic():
        referral = transition.lock(referral_id)
        found = facts.awaits_review(referral, facts.assess(referral))
        return bool(Referral.objects.filter(pk=referral_id).update(awaits_review=found))


def forget_answers() -> int:
    """Delete kept API answers that are older than a day."""
    deleted, _ = IdempotencyRecord.objects.filter(
        created_at__lt=clock.now() - ANSWERS_LIVE
    ).delete()
    return deleted


JOBS: dict[str, tuple[Callable[[], int], int]] = {
    # name: (job, seconds between two runs)
    "seal_access_log": (seal_access_log, 2),
    "ring_clocks": (watch.ring, 30),
    "remind": (ladder.remind, 300),
    "expire_unanswered": (ladder.expire_unanswered, 300),
    "announce_closing": (ladder.announce_closing, 300),
    "close_answered": (ladder.close_answered, 300),
    "announce_draft_removal": (ladder.announce_draft_removal, 300),
    "remove_old_drafts": (ladder.remove_old_drafts, 300),
    "note_passed_appointments": (ladder.note_passed, 300),
    "remind_unrecorded": (ladder.remind_unrecorded, 300),
    "look_for_reviews": (look_for_reviews, 60),
    "remind_reviews": (ladder.remind_reviews, 300),
    "announce_consent_end": (ladder.announce_consent_end, 300),
    "tell_expired_consents": (tell_expired_consents, 60),
    "forget_answers": (forget_answers, 3600),
    "gather_daily_mails": (digests.gather, 300),
    "send_mails": (sending.send_waiting, 5),
    "note_figures": (noting.rebuild_missing, 60),
    "forget_notices": (reading.forget_old, 3600),
    "scan_documents": (upkeep.scan_waiting, 15),
    "forget_orphan_files": (upkeep.forget_orphans, 3600),
}
