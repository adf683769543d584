"""Advice by the API: the same as on the pages, and nothing for partners."""

from __future__ import annotations

import json
from typing import Any

from referrals.models import Advice, Referral
from tests.cast import Cast
from tests.referrals.api.calls import Caller, partner_caller
from tests.referrals.operations.test_advice import QUESTION, SAID


def body(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def test_asked_answered_and_turned_into_a_draft(cast: Cast) -> None:
    practice, clinic = Caller(cast.physician), Caller(cast.clinician)
    made = practice.post("advice/", QUESTION, Idempotency_Key="k")
    one = body(made, 201)
    assert body(practice.post("advice/", QUESTION, Idempotency_Key="k"), 201) == one
    assert made["Location"] == f"/api/v1/advice/{one['id']}/"
    assert one["available_actions"] == ["follow-up", "refer", "close"]
    assert [r["id"] for r in body(clinic.get("advice/"))["results"]] == [one["id"]]
    path = f"advice/{one['id']}/"
    assert body(clinic.get(path))["body"]["patient"]["family_name"] == "Quintrell"
    assert body(clinic.post(path + "answer/", SAID))["stage"] == "answered"
    assert body(practice.post(path + "follow-up/", SAID))["stage"] == "asked"
    draft = practice.post(path + "refer/", {})
    assert body(draft, 201)["referral"] == str(Referral.objects.get().pk)
    assert draft["Location"] == f"/api/v1/referrals/{Referral.objects.get().pk}/"
    assert practice.post(path + "close/", {}).status_code == 409


def test_a_therapist_says_that_the_patient_agreed_in_writing(cast: Cast) -> None:
    caller = Caller(cast.therapist)
    refused = body(caller.post("advice/", QUESTION), 400)
    assert [e["pointer"] for e in refused["errors"]] == ["/patient_agrees_in_writing"]
    made = body(caller.post("advice/", {**QUESTION, "patient_agrees_in_writing": True}), 201)
    assert made["patient_agreed_in_writing"] is True
    assert "consent" not in made["body"]  # a referral that comes of it asks anew


def test_refusals(cast: Cast) -> None:
    one = body(Caller(cast.physician).post("advice/", QUESTION), 201)
    path = f"advice/{one['id']}/"
    assert Caller(cast.stranger).get(path).status_code == 404
    assert Caller(cast.coordinator).post(path + "answer/", SAID).status_code == 403
    assert Caller(cast.clinician).post(path + "answer/", {}).status_code == 400
    assert Caller(cast.coordinator).post("advice/", QUESTION).status_code == 403
    assert (
        Caller(cast.physician).call("POST", "advice/", b"x", kind="text/plain").status_code == 415
    )
    partner = partner_caller(cast)
    for answer in (partner.get("advice/"), partner.get(path), partner.post("advice/", QUESTION)):
        assert answer.status_code == 403
    assert Advice.objects.count() == 1


def test_the_list_is_read_page_by_page(cast: Cast) -> None:
    caller = Caller(cast.physician)
    made = [body(caller.post("advice/", QUESTION), 201)["id"] for _ in range(3)]
    first = body(caller.get("advice/", "limit=2"))
    assert [row["id"] for row in first["results"]] == made[:0:-1] and first["previous"] is None
    cursor = first["next"].partition("?")[2]
    last = body(caller.get("advice/", cursor))
    assert [row["id"] for row in last["results"]] == made[:1] and last["next"] is None
    back = body(caller.get("advice/", last["previous"].partition("?")[2]))
    assert back["results"] == first["results"]
    assert caller.get("advice/", "cursor=nonsense").status_code == 400
    assert caller.get("advice/", "stage=asked").status_code == 400
