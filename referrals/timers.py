"""What the portal does by itself: reminders, mail, expiry, closing, sealing, forgetting.

Each job is safe to run twice and on two hosts: it changes a row only where that row still
says that the job is due, and a move goes through the same function as everybody's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from referrals import clock, ladder
from referrals.access import sealer
from referrals.clocks import watch
from referrals.figures import noting
from referrals.files import upkeep
from referrals.models import IdempotencyRecord
from referrals.notifications import digests, reading, sending

ANSWERS_LIVE = timedelta(hours=24)


def seal_access_log() -> int:
    return sealer.seal_pending()


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
    "forget_answers": (forget_answers, 3600),
    "gather_daily_mails": (digests.gather, 300),
    "send_mails": (sending.send_waiting, 5),
    "note_figures": (noting.rebuild_missing, 60),
    "forget_notices": (reading.forget_old, 3600),
    "scan_documents": (upkeep.scan_waiting, 15),
    "forget_orphan_files": (upkeep.forget_orphans, 3600),
}
