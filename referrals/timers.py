"""What the portal does by itself: reminders, mail, expiry, closing, sealing, forgetting.

Each job is safe to run twice and on two hosts: it changes a row only where that row still
says that the job is due, and a move goes through the same function as everybody's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F

from referrals import clock, clocks, notifications
from referrals.access import sealer
from referrals.actors import SYSTEM
from referrals.errors import DomainError
from referrals.lifecycle import Action, State
from referrals.models import IdempotencyRecord, InformationRequest, Referral
from referrals.notifications import digests, reading, sending
from referrals.operations import moves

log = structlog.get_logger(__name__)

# Business days before the due date on which the practice is reminded (clinical reference 10.3).
REMIND_BEFORE = (3, 1)
CLOSE_AFTER = timedelta(days=30)
ANSWERS_LIVE = timedelta(hours=24)


def seal_access_log() -> int:
    return sealer.seal_pending()


def remind() -> int:
    """Remind the practice of open questions, twice at most; returns how many were reminded."""
    waiting = InformationRequest.objects.filter(
        answered_at__isnull=True, reminders_sent__lt=len(REMIND_BEFORE),
        referral__state=State.INFO_REQUESTED,
    ).select_related("referral__clinic")  # fmt: skip
    return sum(_remind_one(asked) for asked in waiting if _reminder_due(asked))


def _reminder_due(asked: InformationRequest) -> bool:
    clinic = asked.referral.clinic
    assert clinic is not None  # only a draft has none
    today, holidays = clocks.local_day(clinic, clock.now()), clocks.holidays_of(clinic)
    days = REMIND_BEFORE[asked.reminders_sent]
    return clocks.add_business_days(today, days, holidays) >= asked.due_on


def _remind_one(asked: InformationRequest) -> bool:
    """Count the reminder and write it, both or neither."""
    with transaction.atomic():
        claimed = InformationRequest.objects.filter(
            pk=asked.pk, reminders_sent=asked.reminders_sent
        ).update(reminders_sent=F("reminders_sent") + 1)
        if claimed:
            key = f"information_due:{asked.pk}:{asked.reminders_sent + 1}"
            notifications.notify("information_due", asked.referral, key=key)
    return bool(claimed)


def expire_unanswered() -> int:
    """Expire what ran out after both reminders."""
    due = InformationRequest.objects.filter(
        answered_at__isnull=True, due_on__lte=clock.now().date(),
        reminders_sent__gte=len(REMIND_BEFORE), referral__state=State.INFO_REQUESTED,
    ).select_related("referral__clinic")  # fmt: skip
    return _move_all(Action.EXPIRE, [asked.referral_id for asked in due if _over(asked)])


def _over(asked: InformationRequest) -> bool:
    clinic = asked.referral.clinic
    return clinic is not None and asked.due_on < clocks.local_day(clinic, clock.now())


def close_answered() -> int:
    """Close what was answered 30 days ago; never while the clinic owes something."""
    due = Referral.objects.filter(
        state=State.COMPLETED, state_since__lte=clock.now() - CLOSE_AFTER
    ).values_list("pk", flat=True)
    return _move_all(Action.CLOSE, list(due))


def _move_all(action: Action, ids: list) -> int:
    done = 0
    for referral_id in ids:
        try:
            moves.perform(
                action, referral_id=referral_id, by=SYSTEM, data={}, version=None, door="portal"
            )
            done += 1
        except DomainError as problem:
            # Somebody was faster; the next round looks at the row as it is then.
            log.info("timer_move_refused", action=action.value, problem=problem.type)
    return done


def forget_answers() -> int:
    """Delete kept API answers that are older than a day."""
    deleted, _ = IdempotencyRecord.objects.filter(
        created_at__lt=clock.now() - ANSWERS_LIVE
    ).delete()
    return deleted


JOBS: dict[str, tuple[Callable[[], int], int]] = {
    # name: (job, seconds between two runs)
    "seal_access_log": (seal_access_log, 2),
    "remind": (remind, 300),
    "expire_unanswered": (expire_unanswered, 300),
    "close_answered": (close_answered, 300),
    "forget_answers": (forget_answers, 3600),
    "gather_daily_mails": (digests.gather, 300),
    "send_mails": (sending.send_waiting, 5),
    "forget_notices": (reading.forget_old, 3600),
}
