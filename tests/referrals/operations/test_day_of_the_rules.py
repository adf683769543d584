"""The rules count from the day on the practice's calendar, in the evening too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from referrals import clock
from referrals.lifecycle import State
from referrals.models import AssessmentResult, Organisation, Referral
from referrals.operations import facts
from tests.cast import Cast
from tests.walks import draft, referral_at

# Half past eight on November 23 in New York, which is November 24 in UTC.
EVENING = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
HERE = date(2026, 11, 23)


def hospital(day: str) -> dict[str, Any]:
    return {"mental_health": {"hospitalized": "yes", "last_discharge_on": day}}


@pytest.mark.parametrize(
    ("discharged", "priority"), [("2026-10-24", "p1"), ("2026-10-23", "p3")],
    ids=["30 days ago", "31 days ago"],
)  # fmt: skip
def test_a_discharge_thirty_local_days_ago_counts(
    cast: Cast, discharged: str, priority: str
) -> None:
    with clock.at(EVENING):
        one = referral_at(State.SUBMITTED, cast, **hospital(discharged))
    assert (one.priority, one.computed_priority) == (priority, priority)
    assert facts.as_of(one) == HERE


@pytest.mark.parametrize(
    ("level", "taken", "rules"),
    [("none", "2026-11-09", []), ("none", "2026-11-08", ["S-08"])],
    ids=["14 days old", "15 days old"],
)
def test_reassurance_lasts_fourteen_local_days(
    cast: Cast, level: str, taken: str, rules: list[str]
) -> None:
    screen = {"instrument": "c-ssrs", "administered_on": taken, "level": level}
    with clock.at(EVENING):
        found = facts.assess(draft(cast, instruments=[screen]))
    assert found["priority"]["rules"] == rules


@pytest.mark.parametrize(
    ("onset", "side"), [("2026-08-22", "documented"), ("2026-08-23", "partial")]
)
def test_pain_becomes_chronic_on_the_local_day(cast: Cast, onset: str, side: str) -> None:
    with clock.at(EVENING):
        found = facts.assess(draft(cast, pain={"onset": onset}))
    assert found["dual_diagnosis"]["pain_side"] == side


def test_a_result_is_stale_by_the_local_day(cast: Cast) -> None:
    entry = {"instrument": "peg", "administered_on": "2026-10-24", "items": [6, 5, 6]}
    with clock.at(EVENING):
        one = draft(cast, instruments=[entry])
        [found] = facts.computed_instruments(one, one.content.as_dict())
    assert found["stale"] is False


def test_the_day_is_kept_with_the_result_and_does_not_move(cast: Cast) -> None:
    with clock.at(EVENING):
        one = referral_at(State.SUBMITTED, cast)
    kept = AssessmentResult.objects.filter(referral=one).latest("computed_at")
    assert (kept.as_of, kept.result["as_of"]) == (HERE, HERE.isoformat())
    again = facts.assess(Referral.objects.get(pk=one.pk))
    assert again["as_of"] == HERE.isoformat()


def test_another_zone_of_the_clinic_changes_nothing(cast: Cast) -> None:
    Organisation.objects.filter(pk=cast.clinic.pk).update(time_zone="Pacific/Honolulu")
    with clock.at(datetime(2026, 11, 24, 6, 30, tzinfo=UTC)):  # the 24th here, the 23rd there
        one = referral_at(State.SUBMITTED, cast, **hospital("2026-10-24"))
    assert facts.as_of(one) == date(2026, 11, 24)
    assert one.priority == "p3"
