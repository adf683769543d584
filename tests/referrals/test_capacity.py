"""Slots that are taken, the usual wait, and what a booking is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.presenters import waiting
from referrals import capacity, clock
from referrals.errors import Invalid
from referrals.lifecycle import Action, State
from referrals.models import Appointment, AppointmentStatus, Referral, Service
from tests.cast import Cast
from tests.walks import act, appointment, inputs, referral_at

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with clock.at(MONDAY):
        yield


def another(cast: Cast, n: int, state: State = State.ACCEPTED) -> Referral:
    return referral_at(state, cast, patient={"given_name": f"Person{'abcdefghijkl'[n]}"})


def limit(cast: Cast, **columns: int) -> Service:
    services = Service.objects.filter(clinic=cast.clinic, code="dual-diagnosis-evaluation")
    services.update(**columns)
    return services.get()


def test_where_nothing_is_set_everything_can_be_booked(cast: Cast) -> None:
    for n in range(3):
        act(another(cast, n), Action.SCHEDULE, cast.actor("coordinator"), appointment())


def test_a_taken_time_is_refused_and_another_is_not(cast: Cast) -> None:
    limit(cast, at_once=1)
    act(another(cast, 0), Action.SCHEDULE, cast.actor("coordinator"), appointment())
    second = another(cast, 1)
    with pytest.raises(Invalid) as refused:
        act(second, Action.SCHEDULE, cast.actor("coordinator"), appointment())
    assert [(e.pointer, e.code) for e in refused.value.errors] == [("/start", "slot_taken")]
    act(second, Action.SCHEDULE, cast.actor("coordinator"), appointment(4))


def test_one_may_start_as_another_ends(cast: Cast) -> None:
    limit(cast, at_once=1)
    first = act(another(cast, 0), Action.SCHEDULE, cast.actor("coordinator"), appointment())
    booked = first.appointments.get()
    after = {**appointment(), "start": booked.end.isoformat(),
             "end": (booked.end + HOUR).isoformat()}  # fmt: skip
    act(another(cast, 1), Action.SCHEDULE, cast.actor("coordinator"), after)


def test_a_cancelled_time_is_free_again(cast: Cast) -> None:
    limit(cast, at_once=1, slots_per_week=1)
    first = act(another(cast, 0), Action.SCHEDULE, cast.actor("coordinator"), appointment())
    act(first, Action.CANCEL_APPOINTMENT, cast.actor("coordinator"),
        inputs(Action.CANCEL_APPOINTMENT, cast))  # fmt: skip
    act(another(cast, 1), Action.SCHEDULE, cast.actor("coordinator"), appointment())


def test_an_appointment_moves_within_its_own_slot(cast: Cast) -> None:
    limit(cast, at_once=1, slots_per_week=1)
    first = act(another(cast, 0), Action.SCHEDULE, cast.actor("coordinator"), appointment(2))
    later = appointment(2)
    moved = {"start": later["end"], "reason": "patients_wish",
             "end": (datetime.fromisoformat(later["end"]) + HOUR).isoformat()}  # fmt: skip
    act(first, Action.RESCHEDULE, cast.actor("coordinator"), moved)


def test_a_full_week_is_refused_and_the_next_is_not(cast: Cast) -> None:
    limit(cast, slots_per_week=2)
    for n in range(2):
        act(another(cast, n), Action.SCHEDULE, cast.actor("coordinator"), appointment(1 + n))
    third = another(cast, 2)
    with pytest.raises(Invalid, match="slot_taken"):
        act(third, Action.SCHEDULE, cast.actor("coordinator"), appointment(4))
    act(third, Action.SCHEDULE, cast.actor("coordinator"), appointment(7))


def test_the_week_is_the_clinics_own(cast: Cast) -> None:
    """Sunday evening in Florida is Monday in UTC already."""
    first, last = capacity.week_of(cast.clinic, datetime(2026, 11, 30, 3, tzinfo=UTC))
    assert first.isoformat() == "2026-11-23T00:00:00-05:00"
    assert last.isoformat() == "2026-11-30T00:00:00-05:00"


@pytest.mark.parametrize(
    ("spans", "most"),
    [([], 0), ([(0, 2), (1, 3)], 2), ([(0, 1), (1, 2)], 1), ([(0, 9), (1, 2), (3, 4)], 2)],
)
def test_most_at_once(spans: list[tuple[int, int]], most: int) -> None:
    at = [(MONDAY + a * HOUR, MONDAY + b * HOUR) for a, b in spans]
    assert capacity.most_at_once(at) == most


def test_another_clinics_appointments_take_nothing(cast: Cast) -> None:
    Service.objects.update(at_once=1)
    elsewhere = Referral.objects.filter(clinic=cast.other_clinic)
    assert not elsewhere.exists()
    act(another(cast, 0), Action.SCHEDULE, cast.actor("coordinator"), appointment())
    service = cast.other_clinic.services.get(code="dual-diagnosis-evaluation")
    start = datetime.fromisoformat(appointment()["start"])
    assert capacity.problem(service, start, start + HOUR) is None


def test_the_stated_wait_stands_until_enough_is_measured(cast: Cast) -> None:
    service = limit(cast, stated_wait_days=20)
    assert waiting.usual(service) == (
        "Usually about 3 weeks from sending to the first appointment (as the clinic states)."
    )
    for n in range(capacity.FEWEST):
        _seen(another(cast, n), days=4 + n)
    with clock.at(MONDAY + timedelta(days=30)):
        assert waiting.usual(service) == (
            "Usually about 6 days from sending to the first appointment "
            "(median of 5 in the last 90 days)."
        )


def _seen(referral: Referral, *, days: int) -> None:
    start = MONDAY + timedelta(days=days, hours=1)
    Appointment.objects.create(
        referral=referral, start=start, end=start + HOUR, time_zone="America/New_York",
        mode="video", status=AppointmentStatus.KEPT,
    )  # fmt: skip


def test_a_service_without_either_says_nothing(cast: Cast) -> None:
    assert waiting.usual(limit(cast)) == ""
    assert waiting.weeks(limit(cast)) == ""


def test_the_weeks_ahead_in_words(cast: Cast) -> None:
    service = limit(cast, slots_per_week=3)
    act(another(cast, 0), Action.SCHEDULE, cast.actor("coordinator"), appointment())
    assert waiting.weeks(service).startswith(
        "Slots taken: 1 of 3 in the week of Mon, Nov 23, 2026; 0 of 3 in the week of Mon, Nov 30"
    )
