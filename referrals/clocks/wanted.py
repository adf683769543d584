"""Which clocks run on a referral now, and when each warns and ends. Nothing is stored here.

P0 and P1 run on the wall clock and never pause. P2 and P3 run on the clinic's business days
(its holidays and time zone) and pause while the clinic waits for information. Day 0 is the
day of submission; what was sent on a non-business day counts the next business day as day 1.
Immediate danger that comes up after the first look starts the clock of the first look again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from referrals import clock
from referrals.actors import Role
from referrals.clocks.calendar import Calendar, end_of_day
from referrals.clocks.limits import WALL, ByPriority
from referrals.lifecycle import Action, State

if TYPE_CHECKING:
    from referrals.models import Organisation, Referral

DECIDING = (State.SUBMITTED, State.IN_REVIEW, State.INFO_REQUESTED)
TO_BOOK = (State.ACCEPTED, State.WAITLISTED)
LOOKED_AT = (State.IN_REVIEW, State.INFO_REQUESTED, *TO_BOOK, State.SCHEDULED, State.IN_CARE,
             State.CANCEL_REQUESTED)  # fmt: skip
TO_CLOSE = (State.COMPLETED, State.DECLINED, State.EXPIRED)
WARN_DAYS = timedelta(days=3)  # before the end of a clock that counts days of the calendar
ESCALATE_WALL = timedelta(hours=1)
RECORD_DAYS = 1  # business days after an appointment to say whether it was kept


class ClockKind(StrEnum):
    FIRST_LOOK = "first_look"
    DECISION = "decision"
    APPOINTMENT = "appointment"
    OUTCOME = "outcome"
    LOOP = "loop"


LABELS: dict[ClockKind, str] = {
    ClockKind.FIRST_LOOK: "First look",
    ClockKind.DECISION: "Decision",
    ClockKind.APPOINTMENT: "First appointment",
    ClockKind.OUTCOME: "Outcome",
    ClockKind.LOOP: "Loop closed",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One clock that should run. Without `due_at` it is paused."""

    kind: ClockKind
    started_at: datetime
    due_at: datetime | None = None
    warn_at: datetime | None = None
    escalate_at: datetime | None = None


def wanted(referral: Referral) -> list[Wanted]:
    """The clocks of a referral that was sent, in the order of the process."""
    if referral.clinic is None or referral.submitted_at is None:
        return []
    return list(_running(referral, Calendar.of(referral.clinic)))


def due_at(referral: Referral, *, now: datetime | None = None) -> datetime | None:
    """When the first of the running clocks ends; None where none runs or all are paused.

    While the practice is asked something, its own day counts on a routine referral. After an
    appointment of which nothing was recorded, the clinic has a business day to do so.
    """
    clocks = wanted(referral)
    ends = [one.due_at for one in clocks if one.due_at is not None]
    if State(referral.state) is State.SCHEDULED:
        record_by = _record_by(referral, now or clock.now())
        ends += [record_by] if record_by else []
    if ends:
        return min(ends)
    if clocks and referral.clinic and State(referral.state) is State.INFO_REQUESTED:
        return _information_due(referral, referral.clinic)
    return None


def _running(referral: Referral, calendar: Calendar) -> Iterator[Wanted]:
    state, sent, limits = State(referral.state), referral.submitted_at, calendar.limits
    assert sent is not None  # wanted() has looked
    if state is State.SUBMITTED:
        yield _counted(ClockKind.FIRST_LOOK, referral, calendar, sent, limits.first_look)
    if state in LOOKED_AT and (found := _danger_found(referral)):
        yield _counted(ClockKind.FIRST_LOOK, referral, calendar, found, limits.first_look)
    if state in DECIDING:
        yield _counted(ClockKind.DECISION, referral, calendar, sent, limits.decision)
    if state is State.CANCEL_REQUESTED:
        since = referral.state_since
        yield _counted(ClockKind.DECISION, referral, calendar, since, limits.decision)
    if state in TO_BOOK:
        start = _to_book_since(referral) or sent
        yield _counted(ClockKind.APPOINTMENT, referral, calendar, start, limits.appointment)
    if state is State.IN_CARE:
        yield _days(ClockKind.OUTCOME, referral, calendar, limits.outcome_days)
    if state in TO_CLOSE:
        yield _days(ClockKind.LOOP, referral, calendar, limits.loop_days)


def _danger_found(referral: Referral) -> datetime | None:
    """When immediate danger came up after the first look and nobody of the clinic acted since.

    It asks for a second look: a person takes it up within the hour, by whatever act.
    """
    if referral.priority != "p0":
        return None
    for entry in reversed(list(referral.timeline.all())):
        if entry.actor_role in (Role.CO, Role.CL):
            return None
        if entry.action == Action.CHANGE_PRIORITY:
            return entry.occurred_at
    return None


def _to_book_since(referral: Referral) -> datetime | None:
    """When the last appointment was missed or cancelled; None where there was none yet."""
    ended = [a.ended_at for a in referral.appointments.all() if a.ended_at is not None]
    return max(ended, default=None)


def _counted(
    kind: ClockKind, referral: Referral, calendar: Calendar, start: datetime, limit: ByPriority
) -> Wanted:
    """A clock whose length goes by the priority."""
    number = limit[referral.priority]
    if referral.priority in WALL:
        length = timedelta(hours=number)
        end = start + length
        return Wanted(kind, start, end, start + length * 3 / 4, end + ESCALATE_WALL)
    if State(referral.state) is State.INFO_REQUESTED:
        return Wanted(kind, start)
    end = calendar.after(start, number + _paused_days(referral, calendar, start))
    return Wanted(kind, start, end, max(start, calendar.day_before(end)), calendar.after(end, 1))


def _days(kind: ClockKind, referral: Referral, calendar: Calendar, days: int) -> Wanted:
    """A clock of so many days of the calendar, from the start of the present state."""
    start = referral.state_since
    end = start + timedelta(days=days)
    return Wanted(kind, start, end, max(start, end - WARN_DAYS), calendar.after(end, 1))


def _paused_days(referral: Referral, calendar: Calendar, start: datetime) -> int:
    """A pause counts as it was counted: in business days, so that the end is one again."""
    return sum(
        calendar.between(asked.asked_at, asked.answered_at)
        for asked in referral.information_requests.all()
        if asked.answered_at and asked.asked_at >= start
    )


def _record_by(referral: Referral, now: datetime) -> datetime | None:
    """No clock of the process: until the appointment is over nobody owes anything."""
    over = [a.end for a in referral.appointments.all() if a.ended_at is None and a.end <= now]
    if not over or referral.clinic is None:
        return None
    return Calendar.of(referral.clinic).after(max(over), RECORD_DAYS)


def _information_due(referral: Referral, clinic: Organisation) -> datetime | None:
    asked = referral.information_requests.filter(answered_at__isnull=True).first()
    return end_of_day(asked.due_on, clinic) if asked else None
