"""The stored clocks follow the referral: started, paused, moved and ended with each change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from referrals import clock
from referrals.clocks.wanted import ClockKind, Wanted, due_at, wanted
from referrals.lifecycle import State
from referrals.models.clocks import ReferralClock

if TYPE_CHECKING:
    from referrals.models import Referral

Key = tuple[str, datetime]

STOPPED = frozenset({State.CANCELLED, State.EXPIRED, State.ENTERED_IN_ERROR})
SEEN = frozenset({State.SCHEDULED, State.IN_CARE, State.COMPLETED})
CLOSED = frozenset({State.CLOSED, State.REDIRECTED})


def follow(referral: Referral) -> None:
    """Bring the stored clocks and `due_at` to what the referral's state asks for.

    The caller holds the lock on the referral's row.
    """
    asked: dict[Key, Wanted] = {(str(w.kind), w.started_at): w for w in wanted(referral)}
    stored: dict[Key, ReferralClock] = {
        (row.kind, row.started_at): row for row in referral.clock_rows.all()
    }
    for key, row in stored.items():
        if row.ended_at is None and key not in asked:
            _end(row, referral)
    for key, want in asked.items():
        _run(want, stored.get(key), referral)
    _note_due(referral)


def _run(want: Wanted, row: ReferralClock | None, referral: Referral) -> None:
    times = {"due_at": want.due_at, "warn_at": want.warn_at, "escalate_at": want.escalate_at}
    if row is None:
        assert referral.clinic_id is not None  # no clock runs on a draft
        ReferralClock.objects.create(
            referral=referral, clinic_id=referral.clinic_id, kind=want.kind,
            started_at=want.started_at, **times,
        )  # fmt: skip
    elif not row.met:  # what was met stays met: a release does not undo the first look
        ReferralClock.objects.filter(pk=row.pk).update(ended_at=None, **times)


def _end(row: ReferralClock, referral: Referral) -> None:
    met = _is_met(row, referral)
    ReferralClock.objects.filter(pk=row.pk).update(ended_at=clock.now(), met=met)


def _is_met(row: ReferralClock, referral: Referral) -> bool:
    state = State(referral.state)
    match ClockKind(row.kind):
        case ClockKind.FIRST_LOOK:
            return state not in STOPPED
        case ClockKind.DECISION:
            # A second round waits for the word on a cancellation, which every end is.
            return state not in STOPPED or row.started_at != referral.submitted_at
        case ClockKind.APPOINTMENT:
            return state in SEEN
        case ClockKind.OUTCOME:
            return state is State.COMPLETED
        case ClockKind.LOOP:
            return state in CLOSED


def _note_due(referral: Referral) -> None:
    due = due_at(referral)
    if due != referral.due_at:
        type(referral).objects.filter(pk=referral.pk).update(due_at=due)
        referral.due_at = due
