"""Forty days of two practices and two clinics, with the clock in hand.

Everybody does what the portal offers them, through the operations behind every door, and the
timers run twice a day. At the end nothing is forgotten: each open referral has an owner, each
clock rang as the calendar says, each mail went once, and the figures are those of the timeline.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from integrations.models import Event
from referrals import clock, timers
from referrals.actors import Role
from referrals.clocks.limits import OFFER, TRIAGE
from referrals.figures.counting import figures
from referrals.lifecycle import OPEN_STATES, Action, State, Turn
from referrals.models import (
    Mail,
    MailStatus,
    Membership,
    Organisation,
    Referral,
    ReferralClock,
    TimelineEntry,
)
from referrals.operations import clinic_admin, drafts, moves
from referrals.permissions import available_actions
from tests.cast import Cast, complete_answers
from tests.story.fates import FATES, THIRTY, Step
from tests.walks import inputs

FIRST, DAYS = date(2026, 11, 2), 40
ZONE = ZoneInfo("America/New_York")
# Written down, not asked of the portal: Veterans Day, Thanksgiving and the day after in Florida.
HOLIDAYS = {date(2026, 11, 11), date(2026, 11, 26), date(2026, 11, 27)}
TIMERS = (time(7, 30), time(17, 30))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def working_days(first: date, last: date) -> int:
    """After the first day, up to and with the last."""
    return sum(works(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=ZONE).astimezone(UTC)


@dataclass
class Thread:
    """One referral on its way through its fate."""

    referral: Referral
    steps: list[Step]
    last: date
    done: list[Action] = field(default_factory=list)


class Story:
    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.threads: list[Thread] = []
        self.runs: list[datetime] = []
        self.mails: dict[UUID, str] = {}  # what was written is forgotten after some days

    def live(self) -> None:
        with clock.at(at(FIRST, time(6))):
            admin = self.cast.actor("clinic_admin")
            for year in (2026, 2027):
                clinic_admin.prefill_holidays(self.cast.clinic.pk, year=year, by=admin)
        for n in range(DAYS):
            day = FIRST + timedelta(days=n)
            self.run_timers(at(day, TIMERS[0]))
            for number, (fate, begins) in enumerate(THIRTY):
                if begins == n:
                    self.begin(number, fate, day)
            with clock.at(at(day, time(10))):
                self.work(day)
            self.run_timers(at(day, TIMERS[1]))

    def run_timers(self, moment: datetime) -> None:
        self.runs.append(moment)
        with clock.at(moment):
            for job, _ in timers.JOBS.values():
                job()
        self.mails |= dict(Mail.objects.values_list("pk", "status"))

    def begin(self, number: int, fate: str, day: date) -> None:
        """A practice's person types and sends, on any day of the week."""
        with clock.at(at(day, time(9))):
            patient = {"given_name": f"Person{LETTERS[number % 26]}",
                       "family_name": ("Abernathy", "Fernathy")[number // 26]}  # fmt: skip
            draft = drafts.create(
                by=self.cast.actor("physician"), data=complete_answers(patient=patient),
                door="portal",
            )  # fmt: skip
            thread = Thread(draft, list(FATES[fate]), day)
            self.threads.append(thread)
            self.act(thread, thread.steps.pop(0), day)

    def work(self, day: date) -> None:
        for thread in list(self.threads):
            while thread.steps and self.is_due(thread, thread.steps[0], day):
                self.act(thread, thread.steps.pop(0), day)

    def is_due(self, thread: Thread, step: Step, day: date) -> bool:
        thread.referral.refresh_from_db()
        if not works(day):
            return False
        if step.itself is not None and thread.referral.state != step.itself:
            thread.last = day  # it is waited for from here on
            return False
        return working_days(thread.last, day) >= step.days

    def act(self, thread: Thread, step: Step, day: date) -> None:
        """The person finds the button there, and presses it."""
        actor = self.cast.actor(step.part)
        thread.referral.refresh_from_db()
        offered = available_actions(thread.referral, actor)
        assert step.action in offered, (thread.done, step, thread.referral.state, offered)
        given = {**inputs(step.action, self.cast), **step.data}
        result = moves.perform(
            step.action, referral_id=thread.referral.pk, by=actor, version=thread.referral.version,
            data={name: value for name, value in given.items() if value is not None},
        )  # fmt: skip
        thread.done.append(step.action)
        thread.last = day
        if step.action is Action.RESUBMIT:
            assert result.successor is not None
            self.threads.append(Thread(result.successor, list(FATES["nobody looks"]), day))


@pytest.fixture
def story(cast: Cast) -> Story:
    told = Story(cast)
    told.live()
    return told


def test_forty_days(story: Story) -> None:
    """One story, looked at from four sides: it is lived once."""
    everything_happened(story)
    nothing_is_without_an_owner(story.cast)
    clocks_rang_as_the_calendar_says(story)
    every_mail_went_once(story)
    figures_are_the_timelines(story.cast)


def everything_happened(story: Story) -> None:
    assert len(story.threads) == 32  # thirty, and two that were sent again
    left = [(t.done, t.steps) for t in story.threads if t.steps]
    assert left == []
    states = {State(s) for s in Referral.objects.values_list("state", flat=True)}
    # What is passed through on the way stands in the timeline.
    seen = {State(s) for s in TimelineEntry.objects.values_list("to_state", flat=True)}
    assert seen >= set(State)
    assert len(states) >= 10
    closed = TimelineEntry.objects.filter(action=Action.CLOSE, automatic=True)
    assert closed.count() == 1


# --- Owners --------------------------------------------------------------------------------------


def nothing_is_without_an_owner(cast: Cast) -> None:
    with clock.at(at(FIRST + timedelta(days=DAYS), time(8))):
        rows = Referral.objects.filter(state__in=OPEN_STATES)
        assert rows.count() > 10
        for row in rows:
            owners = list(_owners(row))
            assert owners, (row.state, row.info.turn)
            assert any(available_actions(row, user.as_actor()) for user in owners), row.state
            assert row.due_at or row.state in (State.SCHEDULED, State.DRAFT), row.state


def _owners(row: Referral) -> Iterator[Any]:
    """The people whose turn it is, by the roles that the lifecycle gives the turn to."""
    clinic = row.info.turn is Turn.CLINIC
    if clinic and row.reviewer_id:
        yield row.reviewer
        return
    at_clinic, at_practice = (Role.CO, Role.CL), (Role.RC, Role.RD)
    seats = Membership.objects.in_force().filter(
        organisation_id=row.clinic_id if clinic else row.practice_id,
        role__in=at_clinic if clinic else at_practice, user__is_active=True,
    )  # fmt: skip
    for seat in seats.select_related("user"):
        yield seat.user


# --- Clocks --------------------------------------------------------------------------------------


def clocks_rang_as_the_calendar_says(story: Story) -> None:
    rows = list(ReferralClock.objects.select_related("referral", "clinic"))
    assert len(rows) > 60
    for row in rows:
        _check_end(row)
        for mark, moment in (("warned_at", row.warn_at), ("breached_at", row.due_at)):
            assert getattr(row, mark) == _first_run(story, row, moment), (row.kind, mark)
    for name, mark in (("clock_at_risk", "warned_at"), ("clock_breached", "breached_at")):
        rang = ReferralClock.objects.filter(**{f"{mark}__isnull": False}).count()
        assert rang > 3
        assert Event.objects.filter(type=f"tandem.referral.{name}.v1").count() == rang
        assert TimelineEntry.objects.filter(action=name).count() == rang
    late = ReferralClock.objects.filter(escalated_at__isnull=False)
    assert late.exists()


def _first_run(story: Story, row: ReferralClock, moment: datetime | None) -> datetime | None:
    """The first run of the timers at or after the moment, while the clock still ran."""
    if moment is None:
        return None
    changed = row.referral.timeline.filter(action=Action.CHANGE_PRIORITY).first()
    if changed is not None:  # before that the clock had another length
        moment = max(moment, changed.occurred_at)
    last = row.ended_at or datetime.max.replace(tzinfo=UTC)
    return next((run for run in story.runs if moment <= run and run <= last), None)


def _check_end(row: ReferralClock) -> None:
    """The end by a calendar of this test's own, where neither a pause nor a change moved it."""
    acts = set(row.referral.timeline.values_list("action", flat=True))
    if row.clinic.slug != "apopka" or acts & {"request_info", "change_priority", "release"}:
        return
    limits = {"first_look": TRIAGE, "decision": TRIAGE, "appointment": OFFER}.get(row.kind)
    if limits is None or row.due_at is None:
        return
    day, left = row.started_at.astimezone(ZONE).date(), limits[row.referral.priority]
    while left:
        day += timedelta(days=1)
        left -= works(day)
    assert row.due_at == at(day, time(17)), (row.kind, row.started_at, row.due_at)


# --- Mails ---------------------------------------------------------------------------------------


def every_mail_went_once(story: Story) -> None:
    """As many as were written, each under its own Message-ID, and no name in any."""
    assert set(story.mails.values()) == {MailStatus.SENT}
    assert len(story.mails) == len(mail.outbox) > 100
    ids = Counter(message.extra_headers.get("Message-ID") for message in mail.outbox)
    assert None not in ids
    assert max(ids.values()) == 1
    for message in mail.outbox:
        assert "ernathy" not in message.body + message.subject


# --- Figures -------------------------------------------------------------------------------------


def figures_are_the_timelines(cast: Cast) -> None:
    first, last = at(FIRST, time(0)), at(FIRST + timedelta(days=DAYS), time(0))
    with clock.at(last):
        for organisation, part in ((cast.clinic, "coordinator"), (cast.practice, "physician"),
                                   (cast.other_clinic, "other_coordinator")):  # fmt: skip
            found = figures(organisation, by=cast.actor(part), first=first, last=last)
            own = [_milestones(row) for row in _sent_of(organisation)]
            rows = [row for row in own if row is not None]
            assert rows
            assert found.sent == len(rows)
            assert found.funnel == _funnel(rows)
            for name, (count, middle) in _lengths(rows).items():
                length = found.lengths[name]
                assert (length.count, length.median) == (count, middle), (organisation, name)
            declined = Counter(row["class"] for row in rows if row["declined"])
            assert dict(found.classes) == dict(declined)


def _sent_of(organisation: Organisation) -> Any:
    side = {organisation.kind: organisation}
    return Referral.objects.filter(**side, submitted_at__isnull=False).order_by("pk")


def _milestones(referral: Referral) -> dict[str, Any] | None:
    """What the timeline says of one referral; None where it was entered in error."""
    entries = list(referral.timeline.order_by("number"))
    if any(e.to_state == State.ENTERED_IN_ERROR for e in entries):
        return None

    def first(*states: State, given: State | None = None) -> Any:
        return next(
            (e for e in entries if e.to_state in states and e.to_state != e.from_state
             and (given is None or e.from_state == given)), None,
        )  # fmt: skip

    answers = (State.COMPLETED, State.DECLINED, State.EXPIRED)
    close = first(State.CLOSED)
    answered = [e for e in entries if e.to_state in answers and e.from_state != e.to_state
                and (close is None or e.number < close.number)]  # fmt: skip
    not_looks = (State.CANCELLED, State.SUBMITTED)
    return {
        "sent": first(State.SUBMITTED),
        "looked": first(*(s for s in State if s not in not_looks), given=State.SUBMITTED),
        "decided": first(State.ACCEPTED, State.DECLINED, State.REDIRECTED),
        "booked": first(State.SCHEDULED),
        "outcome": first(State.COMPLETED),
        "closed": close if answered else None,
        "answered": answered[-1] if answered else None,
        "declined": first(State.DECLINED),
        "class": next((e.reason_class for e in reversed(entries)
                       if e.to_state == State.DECLINED and e.from_state != e.to_state), ""),
    }  # fmt: skip


def _funnel(rows: list[dict[str, Any]]) -> dict[str, int]:
    yes = [r for r in rows if r["decided"] and r["decided"].to_state == State.ACCEPTED]
    return {
        "sent": len(rows),
        "looked": sum(bool(r["looked"]) for r in rows),
        "decided": sum(bool(r["decided"]) for r in rows),
        "accepted": len(yes),
        "booked": sum(bool(r["booked"]) for r in yes),
        "outcome": sum(bool(r["outcome"]) for r in yes),
        "closed": sum(bool(r["outcome"] and r["closed"]) for r in yes),
    }


SPANS = {"to_look": ("sent", "looked"), "to_decision": ("sent", "decided"),
         "to_booking": ("sent", "booked"), "to_outcome": ("sent", "outcome"),
         "to_closed": ("answered", "closed")}  # fmt: skip


def _lengths(rows: list[dict[str, Any]]) -> dict[str, tuple[int, int | None]]:
    found = {}
    for name, (begin, end) in SPANS.items():
        seconds = [
            int((r[end].occurred_at - r[begin].occurred_at).total_seconds())
            for r in rows
            if r[begin] and r[end]
        ]
        found[name] = (len(seconds), statistics.median_low(seconds) if seconds else None)
    return found
