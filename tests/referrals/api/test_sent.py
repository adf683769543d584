"""What was sent before, by the API: versions, copies, and others for the same person."""

from __future__ import annotations

import json

import pytest

from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import drafts
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of, one, partner_caller
from tests.walks import act, draft, referral_at

REASON = "The patient remembers the onset better."


@pytest.fixture
def amended(cast: Cast) -> Referral:
    referral = referral_at(State.IN_REVIEW, cast)
    return drafts.change(
        referral.pk, by=cast.actor("delegate"), data={"pain": {"onset": "2020-02"}},
        version=referral.version, amendment_reason=REASON, door="api",
    )  # fmt: skip


@pytest.fixture
def pair(cast: Cast) -> tuple[Referral, Referral]:
    """The same person, sent by two practices to one clinic."""
    mine, theirs = draft(cast), draft(cast, by="stranger")
    return (act(mine, Action.SUBMIT, cast.actor("physician")),
            act(theirs, Action.SUBMIT, cast.actor("stranger")))  # fmt: skip


# --- Versions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["physician", "coordinator", "clinician"])
def test_both_sides_read_what_was_sent(cast: Cast, amended: Referral, part: str) -> None:
    caller = Caller(getattr(cast, part))
    first, second = caller.get(one(amended, "versions/")).json()["results"]
    assert (first["number"], first["reason"], first["changed"]) == (1, None, [])
    assert (second["number"], second["reason"]) == (2, REASON)
    assert second["changed"] == ["pain.onset"] and second["unaltered"] is True
    assert (first["read_by_clinic"], second["read_by_clinic"]) == (True, False)
    before = caller.get(one(amended, "versions/1/")).json()
    after = caller.get(one(amended, "versions/2/")).json()
    assert before["sha256"] == first["sha256"] != after["sha256"]
    assert before["content"]["pain"]["onset"] != after["content"]["pain"]["onset"] == "2020-02"


def test_a_version_that_is_not_there_is_404_and_each_reading_is_logged(
    cast: Cast, amended: Referral
) -> None:
    caller = Caller(cast.coordinator)
    for number in ("0", "3", "99999999999999999999"):
        assert kind_of(caller.get(one(amended, f"versions/{number}/"))) == "not-found"
    assert caller.get(one(amended, "versions/2/")).status_code == 200
    entry = AccessEntry.objects.order_by("-pk")[0]
    assert (entry.verb, entry.door) == ("read", "api")
    assert json.loads(entry.detail) == {"version": 2}


def test_the_clinic_marks_what_it_has_read(cast: Cast, amended: Referral) -> None:
    caller, path = Caller(cast.coordinator), one(amended, "versions/read/")
    assert caller.post(path, {"number": 2}).status_code == 204
    amended.refresh_from_db()
    assert amended.clinic_read_version == 2
    assert kind_of(caller.post(path, {"number": 3})) == "not-found"
    assert caller.post(path, {"number": 0}).json()["errors"][0]["pointer"] == "/number"
    assert kind_of(Caller(cast.physician).post(path, {"number": 2})) == "forbidden"


def test_versions_close_with_the_consent(cast: Cast, amended: Referral) -> None:
    act(amended, Action.REVOKE_CONSENT, cast.actor("physician"), {})
    caller = Caller(cast.coordinator)
    assert caller.get(one(amended, "versions/")).json() == {"results": []}
    assert kind_of(caller.get(one(amended, "versions/1/"))) == "not-found"
    assert kind_of(caller.post(one(amended, "versions/read/"), {"number": 2})) == "forbidden"


# --- Copies -------------------------------------------------------------------------------------


def test_a_copy_is_a_draft_that_asks_anew_what_it_must(cast: Cast) -> None:
    old = referral_at(State.IN_REVIEW, cast)
    caller, key = Caller(cast.delegate), "copy-1"
    made = caller.post(one(old, "copy/"), {"what": "everything"}, Idempotency_Key=key)
    assert made.status_code == 201 and made["ETag"] == '"1"'
    body = caller.get(made["Location"]).json()
    assert body["state"] == "draft" and body["replaces"] is None
    assert body["patient"]["family_name"] == old.content.as_dict()["patient"]["family_name"]
    assert not body["consent"].get("patient_agrees") and body["instruments"] == []
    again = caller.post(one(old, "copy/"), {"what": "everything"}, Idempotency_Key=key)
    assert again.content == made.content and Referral.objects.count() == 2


@pytest.mark.parametrize(("part", "status"), [("coordinator", 403), ("stranger", 404)])
def test_others_copy_nothing(cast: Cast, part: str, status: int) -> None:
    old = referral_at(State.IN_REVIEW, cast)
    answer = Caller(getattr(cast, part)).post(one(old, "copy/"), {"what": "patient"})
    assert answer.status_code == status and Referral.objects.count() == 1


def test_a_draft_is_not_copied_and_the_choice_is_named(cast: Cast) -> None:
    caller = Caller(cast.physician)
    assert kind_of(caller.post(one(draft(cast), "copy/"), {"what": "patient"})) == "forbidden"
    sent = referral_at(State.IN_REVIEW, cast)
    wrong = caller.post(one(sent, "copy/"), {"what": "all"})
    assert wrong.json()["errors"][0]["pointer"] == "/what"


# --- Duplicates ---------------------------------------------------------------------------------


def test_the_clinic_sees_another_and_decides(cast: Cast, pair: tuple[Referral, Referral]) -> None:
    mine, theirs = pair
    caller = Caller(cast.coordinator)
    (found,) = caller.get(one(mine, "duplicates/")).json()["results"]
    assert found["referral"]["id"] == str(theirs.pk) and found["verdict"] is None
    path = one(mine, f"duplicates/{theirs.pk}/")
    missing = caller.post(path, {"verdict": "set_aside"})
    assert [e["pointer"] for e in missing.json()["errors"]] == ["/note"]
    done = caller.post(path, {"verdict": "set_aside", "note": "Twins."})
    assert done.status_code == 200 and done.json()["verdict"] == "set_aside"
    (seen,) = Caller(cast.clinician).get(one(theirs, "duplicates/")).json()["results"]
    assert (seen["note"], seen["decided_by"]) == ("Twins.", cast.coordinator.full_name)


def test_nobody_else_learns_of_it(cast: Cast, pair: tuple[Referral, Referral]) -> None:
    mine, theirs = pair
    nothing = {"results": [], "acknowledged": []}
    for caller in (Caller(cast.physician), Caller(cast.clinic_admin), partner_caller(cast)):
        assert caller.get(one(mine, "duplicates/")).json() == nothing
    refused = Caller(cast.physician).post(one(mine, f"duplicates/{theirs.pk}/"), {})
    assert kind_of(refused) == "forbidden"
    lone = act(draft(cast, clinic="winter-park"), Action.SUBMIT, cast.actor("physician"),
               {"duplicate_reason": "Elsewhere."})  # fmt: skip
    path = one(mine, f"duplicates/{lone.pk}/")
    assert kind_of(Caller(cast.coordinator).post(path, {"verdict": "linked"})) == "not-found"


def test_what_the_practice_said_of_its_own_is_seen_by_both_sides(cast: Cast) -> None:
    first = act(draft(cast), Action.SUBMIT, cast.actor("physician"))
    second = act(draft(cast), Action.SUBMIT, cast.actor("physician"),
                 {"duplicate_reason": "A new pain."})  # fmt: skip
    for part in ("physician", "coordinator"):
        told = Caller(getattr(cast, part)).get(one(first, "duplicates/")).json()["acknowledged"]
        assert [(row["referral"]["id"], row["note"]) for row in told] == [
            (str(second.pk), "A new pain.")
        ]
