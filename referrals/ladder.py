"""What runs out by itself, and the words that come before: nothing ends unannounced.

A request for information is reminded of three and one business days before its day, then
expires. An outcome that nobody read closes itself after 30 days, announced five days before.
A draft that was left alone is removed after 30 days, announced seven days before.
An appointment of which nothing was recorded is owed a word within a business day.
A consent with a last day is announced two weeks before it.
A referral on the waiting list is brought up again on the day that was chosen for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from referrals import access, clock, clocks, notifications
from referrals.actors import SYSTEM
from referrals.clocks import running
from referrals.errors import DomainError
from referrals.lifecycle import OPEN_STATES, Action, State
from referrals.models import (
    Appointment,
    AppointmentStatus,
    InformationRequest,
    Organisation,
    Referral,
)
from referrals.operations import consents, documents, moves, transition

log = structlog.get_logger(__name__)

# Business days before the due date on which the practice is reminded (clinical reference 10.3).
REMIND_BEFORE = (3, 1)
CLOSING_ANNOUNCED = timedelta(days=5)
DRAFT_LIVES = timedelta(days=30)
REMOVAL_ANNOUNCED = timedelta(days=7)


# --- Requests for information -------------------------------------------------------------------


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


# --- Outcomes that nobody closes ----------------------------------------------------------------


def announce_closing() -> int:
    """Say that an outcome waits and closes soon; once for each outcome."""
    return sum(
        _announce("closing_soon", referral, since=referral.state_since)
        for referral in _completed(before=CLOSING_ANNOUNCED)
        if not _announced_since(referral, referral.state_since)
    )


def close_answered() -> int:
    """Close what was answered 30 days ago, if that was announced in time."""
    in_time = clock.now() - CLOSING_ANNOUNCED
    due = [r.pk for r in _completed(before=timedelta(0))
           if r.announced_at and r.state_since < r.announced_at <= in_time]  # fmt: skip
    return _move_all(Action.CLOSE, [*due, *_nobody_to_acknowledge()])


def _nobody_to_acknowledge() -> Iterable[UUID]:
    """Declined or expired, of a practice in which nobody signs in: its clinic knows already."""
    for clinic in Organisation.objects.filter(kind="clinic").select_related("clock_limits"):
        lives = timedelta(days=clocks.limits_of(clinic).close_days)
        yield from Referral.objects.filter(
            clinic=clinic, practice__recorded_by__isnull=False,
            state__in=(State.DECLINED, State.EXPIRED), state_since__lte=clock.now() - lives,
        ).values_list("pk", flat=True)  # fmt: skip


def _completed(*, before: timedelta) -> Iterable[Referral]:
    """The outcomes of each clinic whose time to close comes within `before`."""
    for clinic in Organisation.objects.filter(kind="clinic").select_related("clock_limits"):
        lives = timedelta(days=clocks.limits_of(clinic).close_days)
        yield from Referral.objects.filter(
            clinic=clinic, state=State.COMPLETED, state_since__lte=clock.now() - lives + before
        )


# --- Drafts that nobody sends -------------------------------------------------------------------


def announce_draft_removal() -> int:
    """Say that a draft is removed soon; once, until somebody works on it again."""
    old = _drafts(left_alone=DRAFT_LIVES - REMOVAL_ANNOUNCED)
    waiting = old.filter(Q(announced_at__isnull=True) | Q(announced_at__lt=F("updated_at")))
    return sum(_announce("draft_expiring", draft, since=draft.updated_at) for draft in waiting)


def remove_old_drafts() -> int:
    """Empty and hide the drafts of 30 days ago whose removal was announced a week before."""
    due = _drafts(left_alone=DRAFT_LIVES).filter(
        announced_at__gte=F("updated_at"), announced_at__lte=clock.now() - REMOVAL_ANNOUNCED
    )
    return sum(_remove(draft.pk, draft.updated_at) for draft in due)


def _drafts(*, left_alone: timedelta) -> QuerySet[Referral]:
    return Referral.objects.filter(
        state=State.DRAFT, discarded_at__isnull=True, updated_at__lte=clock.now() - left_alone
    )


def _remove(referral_id: UUID, updated_at: datetime) -> bool:
    with transaction.atomic():
        transition.lock(referral_id)
        gone = Referral.objects.filter(
            pk=referral_id, state=State.DRAFT, updated_at=updated_at, discarded_at__isnull=True
        )
        if not gone.update(discarded_at=clock.now(), patient_index=""):
            return False
        _empty(Referral.objects.select_related("content").get(pk=referral_id))
        access.record(by=SYSTEM, verb="discard", referral_id=referral_id, door="portal")
    return True


def _empty(draft: Referral) -> None:
    draft.content.fill({})
    draft.content.save()
    draft.assessments.all().delete()
    documents.forget(draft, by=SYSTEM)


# --- Appointments of which nothing was recorded -------------------------------------------------


def note_passed() -> int:
    """Once an appointment is over, its referral is due again: kept, missed or called off?"""
    over = Appointment.objects.filter(
        status=AppointmentStatus.BOOKED, end__lte=clock.now(), referral__state=State.SCHEDULED,
        referral__due_at__isnull=True,
    ).values_list("referral_id", flat=True)  # fmt: skip
    return sum(_note_due(referral_id) for referral_id in list(over))


def _note_due(referral_id: UUID) -> bool:
    with transaction.atomic():
        referral = transition.lock(referral_id)
        running.follow(referral)
    return referral.due_at is not None


def remind_unrecorded() -> int:
    """Remind the clinic once, and its administrators once a business day later."""
    late = Referral.objects.filter(
        state=State.SCHEDULED, due_at__lte=clock.now()
    ).select_related("clinic")  # fmt: skip
    return sum(_remind_unrecorded(referral) for referral in late)


def _remind_unrecorded(referral: Referral) -> bool:
    assert referral.clinic is not None and referral.due_at is not None
    if not _announced_since(referral, referral.due_at):
        return _announce("appointment_unrecorded", referral, since=referral.due_at)
    again = clocks.Calendar.of(referral.clinic).after(referral.due_at, 1)
    if clock.now() < again or _announced_since(referral, again):
        return False
    return _announce("escalated", referral, since=again)


# --- The waiting list ---------------------------------------------------------------------------


def remind_reviews() -> int:
    """Remind the reviewer on the day on which a waiting referral is to be looked at again."""
    # A day early, since the calendar that counts is the clinic's.
    waiting = Referral.objects.filter(
        state=State.WAITLISTED, review_on__lte=clock.now().date() + timedelta(days=1)
    ).select_related("clinic")  # fmt: skip
    return sum(_remind_review(referral) for referral in waiting)


def _remind_review(referral: Referral) -> bool:
    assert referral.clinic is not None and referral.review_on is not None
    if clocks.local_day(referral.clinic, clock.now()) < referral.review_on:
        return False
    evening_before = clocks.end_of_day(referral.review_on - timedelta(days=1), referral.clinic)
    if _announced_since(referral, evening_before):
        return False
    return _announce("review_due", referral, since=evening_before)


# --- Consents with a last day -------------------------------------------------------------------


def announce_consent_end() -> int:
    """Remind the practices whose content closes soon; once for each last day."""
    # A day more on each side, since the calendar that counts is the practice's.
    day, today = timedelta(days=1), clock.now().date()
    due = Referral.objects.filter(
        consent_expires_on__range=(today - day, today + consents.ANNOUNCED + day),
        consent_revoked_at__isnull=True, submitted_at__isnull=False, state__in=OPEN_STATES,
    ).exclude(consent_reminded_of=F("consent_expires_on"))  # fmt: skip
    return sum(
        consents.announce_end(pk, by=SYSTEM) for pk in list(due.values_list("pk", flat=True))
    )


# --- What the steps share -----------------------------------------------------------------------


def _announced_since(referral: Referral, moment: datetime) -> bool:
    return referral.announced_at is not None and referral.announced_at >= moment


def _announce(what: str, referral: Referral, *, since: datetime) -> bool:
    """Mark and tell, both or neither; of two hosts one does it."""
    with transaction.atomic():
        untold = Q(announced_at__isnull=True) | Q(announced_at__lt=since)
        same = Referral.objects.filter(
            untold, pk=referral.pk, state=referral.state, updated_at=referral.updated_at
        )
        if not same.update(announced_at=clock.now()):
            return False
        notifications.notify(
            what, referral, key=f"{what}:{referral.pk}:{since.isoformat()}",
            named=[pk for pk in (referral.referring_clinician_id, referral.created_by_id) if pk],
        )  # fmt: skip
    return True


def _move_all(action: Action, ids: Iterable[UUID]) -> int:
    return sum(_move(action, referral_id) for referral_id in ids)


def _move(action: Action, referral_id: UUID) -> bool:
    try:
        moves.perform(
            action, referral_id=referral_id, by=SYSTEM, data={}, version=None, door="portal"
        )
    except DomainError as problem:
        # Somebody was faster; the next round looks at the row as it is then.
        log.info("timer_move_refused", action=action.value, problem=problem.type)
        return False
    return True


STEPS: tuple[Callable[[], int], ...] = (
    remind, expire_unanswered, announce_closing, close_answered, announce_draft_removal,
    remove_old_drafts, note_passed, remind_unrecorded, remind_reviews,
    announce_consent_end,
)  # fmt: skip
