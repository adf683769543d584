"""Danger first: acknowledged, told without a name, one hour for a person to take it up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from referrals import clock
from referrals.errors import Invalid
from referrals.lifecycle import Action, State
from referrals.models import Membership, Referral
from referrals.models.notices import Mail, Notice
from referrals.notifications import sending
from referrals.operations import facts
from tests.cast import Cast
from tests.referrals.api.calls import Caller, one
from tests.walks import act, draft, referral_at

pytestmark = pytest.mark.django_db
DANGER = {"danger_now": True, "action_taken": "Called 911.", "action_by": "Dr. Rivers"}


def sent(cast: Cast) -> Referral:
    row = draft(cast, safety=DANGER)
    return act(row, Action.SUBMIT, cast.actor("physician"), {"danger_acknowledged": True})


def told(what: str = "danger") -> set[object]:
    return set(Notice.objects.filter(what=what).values_list("user_id", flat=True))


def test_the_api_asks_for_the_acknowledgement(cast: Cast) -> None:
    row = draft(cast, safety=DANGER)
    answer = Caller(cast.physician).post(one(row) + "submit/", {}, If_Match=f'"{row.version}"')
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "danger_not_acknowledged"
    body = {"danger_acknowledged": True}
    assert Caller(cast.physician).post(
        one(row) + "submit/", body, If_Match=f'"{row.version}"'
    ).json()["priority"] == "p0"  # fmt: skip


def refused(cast: Cast, row: Referral, data: dict[str, bool]) -> set[str]:
    with pytest.raises(Invalid) as caught:
        act(row, Action.SUBMIT, cast.actor("physician"), data)
    return {error.code for error in caught.value.errors}


def test_what_was_done_is_asked_at_every_door(cast: Cast) -> None:
    row = draft(cast, safety={"danger_now": True})
    body = {"danger_acknowledged": True}
    assert refused(cast, row, {}) == {"danger_not_acknowledged", "danger_action_needed"}
    assert refused(cast, row, body) == {"danger_action_needed"}
    caller, version = Caller(cast.physician), f'"{row.version}"'
    answer = caller.post(one(row) + "submit/", body, If_Match=version)
    assert answer.status_code == 400
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/safety/action_taken"]
    said = caller.patch(one(row), {"safety": {"action_taken": "Called 911."}}, If_Match=version)
    answer = caller.post(one(row) + "submit/", body, If_Match=said["ETag"])
    assert (answer.status_code, answer.json()["priority"]) == (200, "p0")


def test_in_danger_the_rest_may_be_missing(cast: Cast) -> None:
    row = draft(cast, safety=DANGER, request=None, pain=None, trauma=None, instruments=[])
    sent = act(row, Action.SUBMIT, cast.actor("physician"), {"danger_acknowledged": True})
    assert sent.state == State.SUBMITTED
    missing = facts.assess(sent)["completeness"]["submit"]
    assert (missing["complete"], missing["blocked"]) == (False, False)


def test_an_urgent_one_is_asked_for_neither(cast: Cast) -> None:
    row = draft(cast, instruments=[
        {"instrument": "c-ssrs", "administered_on": clock.now().date().isoformat(),
         "level": "moderate"},
    ])  # fmt: skip
    assert act(row, Action.SUBMIT, cast.actor("physician")).priority == "p1"


def test_a_high_c_ssrs_is_danger_too(cast: Cast) -> None:
    row = draft(cast, instruments=[
        {"instrument": "c-ssrs", "administered_on": clock.now().date().isoformat(),
         "level": "high"},
    ])  # fmt: skip
    with pytest.raises(Invalid):
        act(row, Action.SUBMIT, cast.actor("physician"))


def test_the_clinicians_are_told_where_nobody_is_on_call(cast: Cast) -> None:
    sent(cast)
    assert cast.clinician.pk in told()
    assert cast.clinic_admin.pk not in told()


def test_whoever_is_on_call_is_told(cast: Cast) -> None:
    seat = Membership.objects.create(
        user=cast.nobody, organisation=cast.clinic, role="cl", on_call=True
    )
    sent(cast)
    assert seat.user_id in told()
    assert cast.clinician.pk not in told()


def test_the_mail_names_nobody(cast: Cast) -> None:
    row = sent(cast)
    assert Mail.objects.filter(what="danger").exists()
    sending.send_waiting()
    found = [m for m in mail.outbox if cast.clinician.email in m.to]
    assert found
    for message in found:
        text = f"{message.subject} {message.body}"
        assert "Quintrell" not in text and "Marisol" not in text and row.reference not in text
        assert f"/referrals/{row.pk}/" in text


def test_an_amendment_that_brings_danger_is_told(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    assert not told()
    body = {"safety": {"danger_now": True}, "amendment_reason": "She called this morning."}
    answer = Caller(cast.physician).patch(one(row), body, If_Match=f'"{row.version}"')
    assert answer.status_code == 200 and answer.json()["priority"] == "p0"
    assert cast.clinician.pk in told()


def test_a_person_who_takes_it_up_stops_the_clock_of_one_hour(cast: Cast) -> None:
    row = sent(cast)
    assert row.submitted_at and row.due_at
    assert row.due_at - row.submitted_at == timedelta(hours=1)
    claimed = act(row, Action.CLAIM, cast.actor("coordinator"))
    assert claimed.state == State.IN_REVIEW
    assert claimed.reviewer_id == cast.coordinator.pk
