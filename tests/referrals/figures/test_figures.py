"""The numbers equal those that another query makes of the timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from referrals import clock
from referrals.errors import Forbidden
from referrals.figures import counting, noting, usual
from referrals.lifecycle import Action, State
from referrals.models import Milestones, Organisation, Referral, StateSpan
from tests.cast import Cast
from tests.referrals.figures import independent
from tests.walks import PATHS, act, draft, inputs, referral_at

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
FATES = [State.SUBMITTED, State.IN_REVIEW, State.INFO_REQUESTED, State.ACCEPTED, State.WAITLISTED,
         State.SCHEDULED, State.IN_CARE, State.COMPLETED, State.CLOSED, State.DECLINED,
         State.CANCELLED, State.UNABLE_TO_COMPLETE, State.ENTERED_IN_ERROR]  # fmt: skip


def walk_slowly(cast: Cast, state: State, start: datetime, step: timedelta) -> Referral:
    """To this state with so much time between the steps."""
    with clock.at(start):
        referral = draft(cast, patient={"given_name": f"Marisol {state} {start:%j}"})
    for number, (action, part) in enumerate(PATHS[state], 1):
        with clock.at(start + number * step):
            referral = act(referral, action, cast.actor(part), inputs(action, cast))
    return referral


@pytest.fixture
def lived(cast: Cast) -> Cast:
    """Referrals of many fates over two months, some of them with a second thought."""
    for number, state in enumerate(FATES):
        step = timedelta(hours=5 + 7 * (number % 4))
        walk_slowly(cast, state, START + timedelta(days=4 * number), step)
    with clock.at(START + timedelta(days=9)):
        late = referral_at(State.SCHEDULED, cast, patient={"given_name": "Late"})
        act(late, Action.DECLINE, cast.actor("coordinator"), inputs(Action.DECLINE, cast))
    with clock.at(START + timedelta(days=11)):
        back = referral_at(State.COMPLETED, cast, patient={"given_name": "Back"})
    with clock.at(START + timedelta(days=20)):
        back = act(back, Action.REOPEN, cast.actor("clinician"), inputs(Action.REOPEN, cast))
    with clock.at(START + timedelta(days=26)):
        back = act(back, Action.COMPLETE, cast.actor("clinician"), inputs(Action.COMPLETE, cast))
        act(back, Action.CLOSE, cast.actor("physician"))
    return cast


RANGES = [(0, 90), (0, 12), (10, 30), (60, 90)]


def both(organisation: Organisation, by: Any, days: tuple[int, int]) -> tuple[Any, dict[str, Any]]:
    first, last = (START + timedelta(days=n) for n in days)
    with clock.at(START + timedelta(days=91)):
        found = counting.figures(organisation, by=by, first=first, last=last)
    return found, independent.count(organisation, first, last)


def assert_same(found: counting.Figures, other: dict[str, Any]) -> None:
    assert (found.sent, found.left) == (other["sent"], other["left"])
    lengths = {k: (v.count, v.median, v.ninth) for k, v in found.lengths.items()}
    assert lengths == other["lengths"]
    decided = {k: n for k, n in found.decisions.items() if k != "late" and n}
    assert decided == other["decisions"] and found.decisions["late"] == other["late"]
    assert dict(found.classes) == other["classes"]
    assert {name: n for name, n, _, _ in found.partners} == other["partners"]
    assert {s: (n, pytest.approx(mean)) for s, n, mean in found.stays} == other["stays"]


def test_the_clinics_numbers_are_those_of_the_timeline(lived: Cast) -> None:
    for days in RANGES:
        found, other = both(lived.clinic, lived.actor("coordinator"), days)
        assert_same(found, other)
    found, _ = both(lived.clinic, lived.actor("coordinator"), (0, 90))
    assert found.sent == len(FATES) - 1 + 2  # without the one entered in error
    assert found.decisions["late"] == 1 and found.funnel["closed"] == 2

    # The practice's are its own.
    assert_same(*both(lived.practice, lived.actor("physician"), (0, 90)))
    found, _ = both(lived.other_practice, lived.actor("stranger"), (0, 90))
    assert found.sent == 0 and found.ages == {}
    # Ages count what is open.
    found, _ = both(lived.clinic, lived.actor("coordinator"), (0, 90))
    open_now = Referral.objects.filter(clinic=lived.clinic, submitted_at__isnull=False)
    open_now = open_now.exclude(state__in=["closed", "cancelled", "unable_to_complete",
                                           "entered_in_error"])  # fmt: skip
    assert sum(map(sum, found.ages.values())) == open_now.count()


def test_what_was_noted_is_what_a_rebuild_makes(lived: Cast) -> None:
    def noted() -> tuple[Any, Any]:
        spans = StateSpan.objects.order_by("referral", "entered_at", "state")
        stays = spans.values("referral", "state", "entered_at", "left_at", "seconds")
        return list(Milestones.objects.order_by("pk").values()), list(stays)

    before = noted()
    for referral in Referral.objects.all():
        noting.rebuild(referral)
    assert noted() == before
    Milestones.objects.all().delete()
    assert noting.rebuild_missing() == len(before[0]) and noted() == before

    # Time in a state does not hang on the last change.
    before, _ = both(lived.clinic, lived.actor("coordinator"), (0, 90))
    Referral.objects.update(updated_at=START + timedelta(days=80))
    after, _ = both(lived.clinic, lived.actor("coordinator"), (0, 90))
    assert after == before


@pytest.mark.parametrize("part", ["stranger", "other_coordinator", "privacy", "nobody"])
def test_others_count_nothing(cast: Cast, part: str) -> None:
    with pytest.raises(Forbidden):
        counting.figures(cast.clinic, by=cast.actor(part), first=START, last=START)


def test_the_numbers_cost_the_same_however_many(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for rounds in (1, 3):
        for number in range(rounds):
            walk_slowly(cast, State.CLOSED, START + timedelta(days=rounds * 10 + number),
                        timedelta(hours=1))  # fmt: skip
        with django_assert_max_num_queries(20):
            both_days = {"first": START, "last": START + timedelta(days=90)}
            counting.figures(cast.clinic, by=cast.actor("coordinator"), **both_days)


@pytest.mark.pg
def test_postgresql_finds_the_same_places_in_its_one_pass(lived: Cast) -> None:
    assert counting._places()
    for days in RANGES:
        assert_same(*both(lived.clinic, lived.actor("coordinator"), days))


# --- The usual answer -----------------------------------------------------------------------------


def test_the_usual_answer_is_the_middle_of_the_working_days(cast: Cast) -> None:
    waits = [1, 1, 2, 8, 30]
    for number, days in enumerate(waits):
        start = START + timedelta(minutes=number)
        with clock.at(start):
            referral = referral_at(State.IN_REVIEW, cast, patient={"given_name": f"M{number}"})
        with clock.at(start + timedelta(days=days)):
            act(referral, Action.DECLINE, cast.actor("coordinator"),
                inputs(Action.DECLINE, cast))  # fmt: skip
        if number == 3:
            with clock.at(start + timedelta(days=31)):
                assert usual.answer_days(cast.clinic) is None  # four say nothing yet
    with clock.at(START + timedelta(days=31)):
        assert usual.answer_days(cast.clinic) == 2
        assert usual.answer_days(cast.other_clinic) is None
    with clock.at(START + timedelta(days=130)):
        assert usual.answer_days(cast.clinic) is None
