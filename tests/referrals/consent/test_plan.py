"""One plan: both sides add to it with who and when, nobody overwrites, the outcome goes in."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from referrals.lifecycle import Action, State
from referrals.models import PlanContribution, Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.api.calls import Caller, kind_of, one
from tests.walks import act, inputs, referral_at

pytestmark = pytest.mark.django_db
SLEEP = {"side": "daily_life", "topic": "sleep", "text": "Same hour each night."}
PAIN = {"side": "pain", "text": "Paced walking."}


def add(cast: Cast, row: Referral, body: dict[str, Any], part: str = "clinician") -> Any:
    return Caller(getattr(cast, part)).post(one(row, "plan/"), body)


def read(cast: Cast, row: Referral, part: str = "physician") -> dict[str, Any]:
    return Caller(getattr(cast, part)).get(one(row, "plan/")).json()


def test_both_sides_write_on_one_plan(cast: Cast) -> None:
    row = referral_at(State.ACCEPTED, cast, request={"goals": "Sleep through."})
    assert add(cast, row, PAIN).status_code == 201
    assert add(cast, row, SLEEP, "therapist").status_code == 201
    found = read(cast, row)
    assert found["goals"] == "Sleep through."
    assert [(c["side"], c["topic"], c["by"], c["by_side"]) for c in found["contributions"]] == [
        ("pain", None, "Clinician", "clinic"), ("daily_life", "sleep", "Therapist", "practice"),
    ]  # fmt: skip
    assert found["pain"] == "Paced walking."
    assert {"Physician", "Coordinator", "Clinician"} <= {m["name"] for m in found["care_team"]}


def test_the_outcome_is_carried_back_into_it(cast: Cast) -> None:
    row = referral_at(State.IN_CARE, cast)
    add(cast, row, PAIN)
    act(row, Action.COMPLETE, cast.actor("clinician"), inputs(Action.COMPLETE, cast))
    found = read(cast, row)
    assert (found["pain"], found["trauma"]) == ("Paced movement.", "Continue therapy.")
    assert [c["with_outcome"] for c in found["contributions"]] == [False, True, True, True]


def test_a_contribution_is_never_changed_or_taken_back(cast: Cast) -> None:
    row = referral_at(State.ACCEPTED, cast)
    add(cast, row, PAIN)
    for change in (
        lambda: PlanContribution.objects.update(author_name="Somebody else"),
        lambda: PlanContribution.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"side": "moon", "text": "x"}, "/side"), ({"side": "pain"}, "/text"),
        ({"side": "pain", "topic": "sleep", "text": "x"}, "/topic"),
        ({"side": "pain", "text": "x", "author": "me"}, "/author"),
    ],
)  # fmt: skip
def test_bad_input_is_named(body: dict[str, Any], pointer: str, cast: Cast) -> None:
    answer = add(cast, referral_at(State.ACCEPTED, cast), body)
    assert answer.status_code == 400
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]


def test_a_plan_ends_with_its_referral(cast: Cast) -> None:
    answer = add(cast, referral_at(State.CLOSED, cast), PAIN)
    assert (answer.status_code, kind_of(answer)) == (409, "state-conflict")


def test_who_only_reads_does_not_write(cast: Cast) -> None:
    row = referral_at(State.ACCEPTED, cast)
    assert add(cast, row, PAIN, "clinic_admin").status_code == 403
    assert add(cast, row, PAIN, "stranger").status_code == 404


def test_revoked_the_clinic_neither_reads_nor_writes(cast: Cast) -> None:
    row = referral_at(State.ACCEPTED, cast)
    add(cast, row, PAIN)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
    found = read(cast, row, "clinician")
    assert (found["pain"], found["contributions"], found["care_team"]) == (None, [], [])
    assert add(cast, row, PAIN).status_code == 409
    assert read(cast, row)["pain"] == "Paced walking."


def test_one_side_closes_alone(cast: Cast) -> None:
    row = referral_at(State.ACCEPTED, cast)
    add(cast, row, PAIN)
    add(cast, row, SLEEP)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "pain"})
    assert [c["side"] for c in read(cast, row, "clinician")["contributions"]] == ["daily_life"]
    assert add(cast, row, PAIN).status_code == 409


def test_the_page_adds_and_keeps_what_was_typed(cast: Cast) -> None:
    row = referral_at(State.ACCEPTED, cast)
    client, address = browser(cast, "clinician"), reverse("referrals:plan", args=[row.pk])
    assert client.get(address).status_code == 200
    refused = client.post(address, {**PAIN, "topic": "sleep"})
    assert refused.status_code == 400
    assert "Paced walking." in refused.content.decode()
    assert "A topic goes with daily life only" in refused.content.decode()
    assert client.post(address, PAIN)["Location"] == address
    detail = reverse("referrals:detail", args=[row.pk])
    page = browser(cast, "physician").get(detail).content.decode()
    assert "Paced walking." in page and "Clinician, clinic" in page
    assert browser(cast, "clinic_admin").post(address, PAIN).status_code == 403
