"""The worklist's folder of what waits on the person who looks."""

from datetime import timedelta

import pytest

from referrals import clock, clocks, timers
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import clinic_settings, drafts, facts
from tests.cast import Cast
from tests.portal.pages.clinic.test_worklist import URL, at, counts, shown
from tests.portal.pages.doors import browser
from tests.walks import act, inputs

ON_ME = {"folder": "waiting-on-me"}


def test_mine_wait_on_me_while_it_is_the_clinics_turn(cast: Cast) -> None:
    mine = at(State.IN_REVIEW, cast)
    asked = at(State.INFO_REQUESTED, cast)  # the practice's turn
    others = at(State.IN_REVIEW, cast)
    act(others, Action.ASSIGN, cast.actor("coordinator"), inputs(Action.ASSIGN, cast))
    page = browser(cast, "coordinator").get(URL, ON_ME)
    assert shown(page) == [mine.reference]
    assert counts(page)["Waiting on me"] == 1
    assert asked.reviewer_id == mine.reviewer_id == cast.coordinator.pk
    assert shown(browser(cast, "second_coordinator").get(URL, ON_ME)) == [others.reference]


def test_flags_without_a_note_wait_on_every_clinician_and_on_no_coordinator(cast: Cast) -> None:
    flagged = at(State.SUBMITTED, cast, medical={"k01": "yes"})
    plain = at(State.SUBMITTED, cast, medical={"k01": "no"})
    page = browser(cast, "clinician").get(URL, ON_ME)
    assert shown(page) == [flagged.reference] and counts(page)["Waiting on me"] == 1
    assert shown(browser(cast, "coordinator").get(URL, ON_ME)) == []
    flags = facts.assess(flagged)["flags"]
    for rule in (flag["rule"] for flag in flags if flag["level"] == "R"):
        act(flagged, Action.REVIEW_FLAG, cast.actor("clinician"), {"rule": rule, "note": "Seen."})
    assert shown(browser(cast, "clinician").get(URL, ON_ME)) == []
    for row in (flagged, plain):
        row.refresh_from_db()
        assert row.awaits_review is False


def test_an_amendment_that_raises_a_flag_waits_on_the_clinicians(cast: Cast) -> None:
    row = at(State.SUBMITTED, cast, medical={"k01": "no"})
    assert shown(browser(cast, "clinician").get(URL, ON_ME)) == []
    drafts.change(
        row.pk, by=cast.actor("physician"), data={"medical": {"k01": "yes"}},
        version=row.version, amendment_reason="Told today.", door="portal",
    )  # fmt: skip
    assert shown(browser(cast, "clinician").get(URL, ON_ME)) == [row.reference]


def test_the_timers_look_again_after_other_levels_of_flags(cast: Cast) -> None:
    row = at(State.SUBMITTED, cast, medical={"k01": "yes"})
    rules = [f["rule"] for f in facts.assess(row)["flags"] if f["level"] == "R"]
    clinic_settings.change(
        cast.clinic.pk, by=cast.actor("clinic_admin"), number=0, door="portal",
        values={"flag_levels": dict.fromkeys(rules, "C")},
    )  # fmt: skip
    assert timers.look_for_reviews() == 1
    row = Referral.objects.get(pk=row.pk)
    left = {f["level"] for f in facts.assess(row)["flags"] if f["rule"] in rules}
    assert row.awaits_review is ("R" in left)
    assert timers.look_for_reviews() == 0


def waiting(cast: Cast) -> int:
    return counts(browser(cast, "clinician").get(URL, ON_ME))["Waiting on me"]


@pytest.mark.parametrize("scope", ["medical", "all"])
def test_a_flag_that_the_consent_closes_waits_on_nobody(cast: Cast, scope: str) -> None:
    """No clinician could find it, read it or write a note on it, until it is open again."""
    row = at(State.SUBMITTED, cast, medical={"k01": "yes"})
    assert waiting(cast) == 1
    row = act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": scope})
    assert waiting(cast) == 0
    signed = clocks.local_day(cast.practice, clock.now()).isoformat()
    drafts.change(
        row.pk, by=cast.actor("physician"), data={"consent": {"written": {"signed_on": signed}}},
        version=row.version, amendment_reason="Signed anew.", door="portal",
    )  # fmt: skip
    assert waiting(cast) == 1


def test_a_flag_waits_on_nobody_once_the_consent_has_run_out(cast: Cast) -> None:
    ends = clocks.local_day(cast.practice, clock.now() + timedelta(days=2)).isoformat()
    at(State.SUBMITTED, cast, medical={"k01": "yes"}, consent={"written": {"expires_on": ends}})
    assert waiting(cast) == 1
    with clock.at(clock.now() + timedelta(days=4)):
        assert timers.tell_expired_consents() == 1
        assert waiting(cast) == 0
