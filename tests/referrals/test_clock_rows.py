"""The stored clocks: they follow the referral, and each warns, breaches and escalates once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from integrations.models import Event
from referrals import clock
from referrals.clocks import ClockKind, limits_of, watch
from referrals.errors import Forbidden, Invalid
from referrals.lifecycle import Action, State
from referrals.models import Holiday, Notice, Referral, ReferralClock, TimelineEntry
from referrals.operations import clock_settings, drafts
from tests.cast import Cast
from tests.walks import act, draft, inputs, referral_at

FRIDAY = datetime(2026, 11, 20, 15, tzinfo=UTC)  # ten in the morning in New York


@pytest.fixture
def friday(cast: Cast) -> Iterator[Cast]:
    """The cast on Friday, November 20, 2026, in a clinic that keeps Thanksgiving."""
    Holiday.objects.create(clinic=cast.clinic, day=date(2026, 11, 26), name="Thanksgiving")
    with clock.at(FRIDAY):
        yield cast


def row(referral: Referral, kind: ClockKind) -> ReferralClock:
    return ReferralClock.objects.filter(referral=referral, kind=kind).latest("started_at")


def running(referral: Referral) -> set[str]:
    rows = ReferralClock.objects.filter(referral=referral, ended_at__isnull=True)
    return set(rows.values_list("kind", flat=True))


def told(what: str) -> list[str]:
    names = Notice.objects.filter(what=what).values_list("user__email", flat=True)
    return sorted(name.partition("@")[0] for name in names)


def events(referral: Referral, name: str) -> int:
    return Event.objects.filter(subject=referral.pk, type__contains=f".{name}.").count()


def eastern(month: int, day: int, hour: int = 17) -> datetime:
    """That hour in New York in winter."""
    return datetime(2026, month, day, hour + 5, tzinfo=UTC)


# --- They follow --------------------------------------------------------------------------------

EXPECTED: dict[State, set[str]] = {
    State.DRAFT: set(),
    State.SUBMITTED: {"first_look", "decision"},
    State.IN_REVIEW: {"decision"},
    State.INFO_REQUESTED: {"decision"},
    State.ACCEPTED: {"appointment"},
    State.WAITLISTED: {"appointment"},
    State.SCHEDULED: set(),
    State.IN_CARE: {"outcome"},
    State.COMPLETED: {"loop"},
    State.DECLINED: {"loop"},
    State.CANCEL_REQUESTED: {"decision"},
    State.CLOSED: set(),
    State.CANCELLED: set(),
    State.ENTERED_IN_ERROR: set(),
}


@pytest.mark.parametrize("state", EXPECTED, ids=lambda s: s.value)
def test_the_clocks_of_each_state(cast: Cast, state: State) -> None:
    assert running(referral_at(state, cast)) == EXPECTED[state]


def test_a_whole_life_meets_every_clock(cast: Cast) -> None:
    referral = referral_at(State.CLOSED, cast)
    rows = {r.kind: r.met for r in ReferralClock.objects.filter(referral=referral)}
    assert rows == dict.fromkeys((str(kind) for kind in ClockKind), True)


def test_what_was_withdrawn_met_nothing(cast: Cast) -> None:
    referral = referral_at(State.CANCELLED, cast)
    assert not ReferralClock.objects.filter(referral=referral, met=True).exists()
    assert not running(referral)


def test_the_worked_examples_end_as_the_reference_says(friday: Cast) -> None:
    referral = referral_at(State.SUBMITTED, friday)
    assert row(referral, ClockKind.DECISION).due_at == eastern(11, 25)  # P3: three days
    referral = act(referral, Action.CLAIM, friday.actor("coordinator"))
    referral = act(referral, Action.ACCEPT, friday.actor("coordinator"),
                   inputs(Action.ACCEPT, friday))  # fmt: skip
    assert row(referral, ClockKind.APPOINTMENT).due_at == eastern(12, 7)
    assert referral.due_at == eastern(12, 7)


def test_a_question_pauses_a_routine_clock_and_an_answer_moves_its_end(friday: Cast) -> None:
    referral = referral_at(State.INFO_REQUESTED, friday)
    paused = row(referral, ClockKind.DECISION)
    assert paused.due_at is None and paused.ended_at is None
    with clock.at(eastern(11, 24, 10)):
        act(referral, Action.PROVIDE_INFO, friday.actor("physician"),
            inputs(Action.PROVIDE_INFO, friday))  # fmt: skip
    # Three business days and the two of the pause, past Thanksgiving.
    assert row(referral, ClockKind.DECISION).due_at == eastern(11, 30)


def test_a_question_pauses_nothing_for_an_urgent_one(friday: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, friday)
    referral = act(referral, Action.CHANGE_PRIORITY, friday.actor("coordinator"),
                   inputs(Action.CHANGE_PRIORITY, friday))  # fmt: skip
    assert row(referral, ClockKind.DECISION).due_at == FRIDAY + timedelta(hours=24)
    referral = act(referral, Action.REQUEST_INFO, friday.actor("coordinator"),
                   inputs(Action.REQUEST_INFO, friday))  # fmt: skip
    assert row(referral, ClockKind.DECISION).due_at == FRIDAY + timedelta(hours=24)
    assert referral.due_at == FRIDAY + timedelta(hours=24)


def test_a_release_does_not_undo_the_first_look(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    referral = act(referral, Action.RELEASE, cast.actor("coordinator"))
    assert running(referral) == {"decision"}


def test_a_missed_appointment_starts_the_clock_anew(friday: Cast) -> None:
    referral = referral_at(State.SCHEDULED, friday)
    with clock.at(FRIDAY + timedelta(days=4)):
        referral = act(referral, Action.RECORD_NO_SHOW, friday.actor("coordinator"),
                       inputs(Action.RECORD_NO_SHOW, friday))  # fmt: skip
    again = row(referral, ClockKind.APPOINTMENT)
    assert again.started_at == FRIDAY + timedelta(days=4)
    assert referral.due_at == again.due_at


# --- They ring ----------------------------------------------------------------------------------


def ring_through(days: int, *, start: datetime = FRIDAY, hosts: int = 1) -> None:
    """The timers on every half hour of so many days, on so many hosts."""
    for half_hour in range(days * 48):
        with clock.at(start + timedelta(minutes=30 * half_hour)):
            for _ in range(hosts):
                watch.ring()


def test_each_clock_warns_once_breaches_once_and_escalates_once(friday: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, friday)
    version = referral.version
    ring_through(10, hosts=2)
    decision = row(referral, ClockKind.DECISION)
    assert decision.warned_at == eastern(11, 24)
    assert decision.breached_at == eastern(11, 25)
    assert decision.escalated_at == eastern(11, 27)  # the next business day, past the holiday
    assert events(referral, "clock_at_risk") == events(referral, "clock_breached") == 1
    assert told("clock_at_risk") == ["coordinator"]
    assert told("clock_breached") == ["coordinator", "second-coordinator"]
    assert told("escalated") == ["clinic-admin"]
    referral.refresh_from_db()
    assert referral.version == version
    actions = TimelineEntry.objects.filter(referral=referral).values_list("action", flat=True)
    assert list(actions)[-2:] == ["clock_at_risk", "clock_breached"]


def test_two_clocks_that_end_together_are_told_once(friday: Cast) -> None:
    referral = referral_at(State.SUBMITTED, friday)
    ring_through(7)
    assert events(referral, "clock_breached") == 2
    assert told("clock_breached") == ["coordinator", "second-coordinator"]


def test_a_clock_that_was_met_in_time_does_not_ring(friday: Cast) -> None:
    referral = referral_at(State.SCHEDULED, friday)
    ring_through(12)
    assert events(referral, "clock_at_risk") == 0


def test_a_paused_clock_does_not_ring(friday: Cast) -> None:
    referral = referral_at(State.INFO_REQUESTED, friday)
    ring_through(8)
    assert events(referral, "clock_at_risk") == 0


def test_the_last_clock_is_the_practices(friday: Cast) -> None:
    referral = referral_at(State.COMPLETED, friday)
    with clock.at(FRIDAY + timedelta(days=15)):
        watch.ring()
    assert events(referral, "clock_at_risk") == events(referral, "clock_breached") == 1
    assert told("practice_at_risk") == ["physician"]
    assert told("clock_at_risk") == told("clock_breached") == []


def test_danger_rings_within_the_hour_and_reaches_the_administrator(friday: Cast) -> None:
    referral = draft(friday, safety={"danger_now": True, "action_taken": "called 911"})
    referral = act(referral, Action.SUBMIT, friday.actor("physician"),
                   {"danger_acknowledged": True})  # fmt: skip
    look = row(referral, ClockKind.FIRST_LOOK)
    assert look.warn_at == FRIDAY + timedelta(minutes=45)
    assert look.due_at == FRIDAY + timedelta(hours=1)
    with clock.at(FRIDAY + timedelta(hours=2)):
        watch.ring()
    assert told("escalated") == ["clinic-admin"]


def in_danger(cast: Cast, state: State) -> Any:
    """A referral of four days ago on which the practice finds danger now."""
    referral = referral_at(state, cast)
    with clock.at(LATER):
        return drafts.change(
            referral.pk, by=cast.actor("physician"), data={"safety": {"danger_now": True}},
            version=None, amendment_reason="She called.", door="portal",
        )  # fmt: skip


LATER = FRIDAY + timedelta(days=4)
AFTER_THE_LOOK = (State.IN_REVIEW, State.INFO_REQUESTED, State.ACCEPTED, State.SCHEDULED,
                  State.IN_CARE, State.CANCEL_REQUESTED)  # fmt: skip


@pytest.mark.parametrize("state", AFTER_THE_LOOK, ids=lambda s: s.value)
def test_danger_found_after_the_look_asks_for_one_within_the_hour(
    friday: Cast, state: State
) -> None:
    referral = in_danger(friday, state)
    look = referral.clock_rows.get(kind=ClockKind.FIRST_LOOK, ended_at=None)
    assert (look.started_at, look.due_at) == (LATER, LATER + timedelta(hours=1))
    assert referral.due_at <= look.due_at
    with clock.at(LATER + timedelta(minutes=20)):
        act(referral, Action.LOG_CONTACT, friday.actor("clinician"),
            inputs(Action.LOG_CONTACT, friday))  # fmt: skip
    look.refresh_from_db()
    assert (look.met, look.ended_at) == (True, LATER + timedelta(minutes=20))


def test_nobody_who_acts_on_found_danger_is_escalated(friday: Cast) -> None:
    referral = in_danger(friday, State.IN_CARE)
    with clock.at(LATER + timedelta(hours=2)):
        watch.ring()
    assert told("clock_breached") == ["coordinator", "second-coordinator"]
    assert told("escalated") == ["clinic-admin"]
    assert events(referral, "clock_breached") == 1


def test_what_the_practice_adds_is_no_look(friday: Cast) -> None:
    referral = in_danger(friday, State.IN_CARE)
    with clock.at(LATER + timedelta(minutes=5)):
        drafts.change(
            referral.pk, by=friday.actor("physician"), version=None, amendment_reason="More.",
            data={"safety": {"action_taken": "Called 911."}}, door="portal",
        )  # fmt: skip
    assert "first_look" in running(referral)


def test_whoever_raises_it_at_the_clinic_has_looked(friday: Cast) -> None:
    referral = act(referral_at(State.IN_CARE, friday), Action.CHANGE_PRIORITY,
                   friday.actor("clinician"), {"priority": "p0", "comment": "Called."})  # fmt: skip
    assert running(referral) == {"outcome"}


def test_a_change_between_the_look_and_the_lock_stops_the_bell(
    friday: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = referral_at(State.IN_REVIEW, friday)
    lock = watch.transition.lock

    def decided_meanwhile(referral_id: Any) -> Referral:
        ReferralClock.objects.filter(referral_id=referral_id).update(ended_at=clock.now(), met=True)
        return lock(referral_id)

    monkeypatch.setattr(watch.transition, "lock", decided_meanwhile)
    with clock.at(FRIDAY + timedelta(days=6)):
        assert watch.ring() == 0
    assert events(referral, "clock_breached") == 0


# --- Nights on which the clock changes, and the ends of months ------------------------------------


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        # Spring forward on March 8, 2026: Friday + 3 ends at five, summer time.
        (datetime(2026, 3, 6, 15, tzinfo=UTC), datetime(2026, 3, 11, 21, tzinfo=UTC)),
        # Fall back on November 1, 2026.
        (datetime(2026, 10, 30, 14, tzinfo=UTC), datetime(2026, 11, 4, 22, tzinfo=UTC)),
        # Over the end of a month, and of a year.
        (datetime(2026, 1, 30, 15, tzinfo=UTC), datetime(2026, 2, 4, 22, tzinfo=UTC)),
        (datetime(2026, 12, 30, 15, tzinfo=UTC), datetime(2027, 1, 4, 22, tzinfo=UTC)),
    ],
    ids=["spring", "fall", "month", "year"],
)
def test_five_o_clock_is_five_o_clock(cast: Cast, sent: datetime, due: datetime) -> None:
    with clock.at(sent):
        assert referral_at(State.IN_REVIEW, cast).due_at == due


def test_an_urgent_clock_counts_hours_through_the_night_of_the_change(cast: Cast) -> None:
    sent = datetime(2026, 3, 8, 4, tzinfo=UTC)  # eleven at night, three hours before the change
    with clock.at(sent):
        referral = referral_at(State.IN_REVIEW, cast)
        referral = act(referral, Action.CHANGE_PRIORITY, cast.actor("coordinator"),
                       inputs(Action.CHANGE_PRIORITY, cast))  # fmt: skip
    assert referral.due_at == sent + timedelta(hours=24)


# --- A clinic's own limits ------------------------------------------------------------------------


def test_a_clinic_sets_its_own_limits(friday: Cast) -> None:
    clock_settings.change(
        friday.clinic.pk, by=friday.actor("clinic_admin"),
        data={"decision": {"p3": 1}, "outcome_days": 7},
    )  # fmt: skip
    clock_settings.change(
        friday.clinic.pk, by=friday.actor("clinic_admin"), data={"decision": {"p2": 1}}
    )
    friday.clinic.refresh_from_db()
    assert limits_of(friday.clinic).decision == {"p0": 1, "p1": 24, "p2": 1, "p3": 1}
    assert referral_at(State.IN_REVIEW, friday).due_at == eastern(11, 23)


@pytest.mark.parametrize("part", ["coordinator", "clinician", "physician", "other_coordinator"])
def test_nobody_else_sets_them(cast: Cast, part: str) -> None:
    with pytest.raises(Forbidden):
        clock_settings.change(cast.clinic.pk, by=cast.actor(part), data={"outcome_days": 7})


@pytest.mark.parametrize(
    "data",
    [{"decision": {"p3": 0}}, {"decision": {"p9": 3}}, {"decision": {"p0": 10_000}},
     {"outcome_days": "soon"}, {"outcome_days": True}, {"outcome_days": 366}, {"lunch": 1}],
)  # fmt: skip
def test_what_is_no_limit_is_refused(cast: Cast, data: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        clock_settings.change(cast.clinic.pk, by=cast.actor("clinic_admin"), data=data)
    assert limits_of(cast.clinic).outcome_days == 30
