"""Milestones and spans follow the timeline: noted with each entry, or made anew from all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction

from referrals.lifecycle import Action, Phase, State
from referrals.lifecycle.states import states_in

if TYPE_CHECKING:
    from datetime import datetime

    from referrals.models import Referral

DECISIONS = {State.ACCEPTED: "accept", State.DECLINED: "decline", State.REDIRECTED: "redirect"}
OUT = (states_in(Phase.ANSWERED) | states_in(Phase.ENDED)) - {State.ENTERED_IN_ERROR}
ANSWERS = states_in(Phase.ANSWERED)
NOBODY_LOOKED = frozenset({State.CANCELLED, State.ENTERED_IN_ERROR})
LENGTHS = {
    "looked_at": "to_look", "decided_at": "to_decision", "booked_at": "to_booking",
    "outcome_at": "to_outcome",
}  # fmt: skip


class Entry(Protocol):
    """What of a timeline entry is counted."""

    action: str
    from_state: str
    to_state: str
    reason_class: str
    occurred_at: datetime


def note(referral: Referral, entry: Entry) -> None:
    """Take one new entry of the timeline into the figures; drafts are not counted."""
    if referral.clinic_id is None or referral.submitted_at is None:
        return
    if entry.action == Action.SUBMIT:
        _begin(referral, entry)
    elif entry.from_state and entry.from_state != entry.to_state:
        _note_step(referral, entry)
        _note_stay(referral, entry)


def rebuild(referral: Referral) -> None:
    """Make the figures of one referral anew from its whole timeline."""
    from referrals.models import Milestones, StateSpan

    with transaction.atomic():
        Milestones.objects.filter(referral=referral).delete()
        StateSpan.objects.filter(referral=referral).delete()
        for entry in referral.timeline.order_by("number"):
            note(referral, entry)


def rebuild_missing(most: int = 200) -> int:
    """Make the figures of referrals that have none, of before there were any."""
    from referrals.models import Referral

    missing = Referral.objects.filter(submitted_at__isnull=False, milestones__isnull=True)
    found: Iterable[Any] = missing.order_by("pk")[:most]
    made = list(found)
    for referral in made:
        rebuild(referral)
    return len(made)


def _begin(referral: Referral, entry: Entry) -> None:
    from referrals.models import Milestones

    assert referral.clinic_id is not None  # only a draft has none
    Milestones.objects.get_or_create(
        referral=referral,
        defaults={"clinic_id": referral.clinic_id, "practice_id": referral.practice_id,
                  "sent_at": entry.occurred_at},
    )  # fmt: skip
    _enter(referral, entry)


def _enter(referral: Referral, entry: Entry) -> None:
    from referrals.models import StateSpan

    assert referral.clinic_id is not None  # only a draft has none
    StateSpan.objects.create(
        referral=referral, clinic_id=referral.clinic_id, practice_id=referral.practice_id,
        state=entry.to_state, entered_at=entry.occurred_at,
    )  # fmt: skip


def _note_stay(referral: Referral, entry: Entry) -> None:
    from referrals.models import StateSpan

    stays = StateSpan.objects.filter(referral=referral)
    if entry.to_state == State.ENTERED_IN_ERROR:
        stays.delete()  # it counts nowhere any more
        return
    for span in stays.filter(left_at__isnull=True):
        span.left_at = entry.occurred_at
        span.seconds = _seconds(span.entered_at, entry.occurred_at)
        span.save(update_fields=["left_at", "seconds"])
    _enter(referral, entry)


def _note_step(referral: Referral, entry: Entry) -> None:
    from referrals.models import Milestones

    row = Milestones.objects.filter(referral=referral).first()
    if row is None:
        return
    for column, reached in _reached(entry).items():
        if reached and getattr(row, column) is None:
            _set(row, column, entry.occurred_at)
    _note_ends(row, entry)
    row.save()


def _reached(entry: Entry) -> dict[str, bool]:
    """Which milestones this step is, by column."""
    before, after = State(entry.from_state), State(entry.to_state)
    return {
        "looked_at": before is State.SUBMITTED and after not in NOBODY_LOOKED,
        "decided_at": after in DECISIONS,
        "booked_at": after is State.SCHEDULED,
        "seen_at": after is State.IN_CARE,
        "outcome_at": after is State.COMPLETED,
        "out_at": after in OUT,
    }


def _set(row: Any, column: str, moment: datetime) -> None:
    setattr(row, column, moment)
    if column in LENGTHS:
        setattr(row, LENGTHS[column], _seconds(row.sent_at, moment))


def _note_ends(row: Any, entry: Entry) -> None:
    after = State(entry.to_state)
    if after in DECISIONS and not row.decision:
        row.decision = DECISIONS[after]
    if after is State.DECLINED:
        row.declined, row.reason_class = True, entry.reason_class
    if after in ANSWERS:
        row.answered_at = entry.occurred_at
    if after is State.CLOSED and row.closed_at is None and row.answered_at is not None:
        row.closed_at = entry.occurred_at
        row.to_closed = _seconds(row.answered_at, entry.occurred_at)
    row.void = row.void or after is State.ENTERED_IN_ERROR


def _seconds(first: datetime, last: datetime) -> int:
    return max(0, int((last - first).total_seconds()))
