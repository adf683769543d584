"""Advice first: asked, answered by a licensed person, turned into a draft without retyping."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Event
from referrals.access.models import AccessEntry
from referrals.actors import Actor
from referrals.errors import Conflict, Forbidden, Invalid, NotFound
from referrals.lifecycle import State
from referrals.models import Advice, AdviceStage, Referral
from referrals.models.notices import Notice
from referrals.operations import advice, asking_advice
from tests.cast import Cast

QUESTION: dict[str, Any] = {
    "clinic": "apopka", "service": "dual-diagnosis-evaluation", "topic": "is_it_for_you",
    "question": "Pain since 2021 and nightmares. Is this for you?", "pain": "Low back, since 2021",
    "ptsd_status": "suspected",
    "patient": {"given_name": "Marisol", "family_name": "Quintrell", "birth_date": "1979-04-12"},
}  # fmt: skip
SAID = {"text": "Yes. Send the medicines along."}


def asked(cast: Cast, by: str = "physician", **changes: Any) -> Advice:
    return asking_advice.ask(by=cast.actor(by), data={**QUESTION, **changes}, door="portal")


def acts(cast: Cast, one: Advice, by: str) -> list[str]:
    return advice.available(advice.find(one.pk, by=cast.actor(by)), by=cast.actor(by))


def test_a_question_needs_no_patient(cast: Cast) -> None:
    one = asking_advice.ask(
        by=cast.actor("therapist"), door="api",
        data={"clinic": "apopka", "topic": "other", "question": "Do you see veterans?"},
    )  # fmt: skip
    assert one.body == {"request": {"reason": "Do you see veterans?"}}
    assert one.stage == AdviceStage.ASKED
    assert not Referral.objects.exists() and not Event.objects.exists()


def test_a_delegate_asks_for_a_named_clinician(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        asked(cast, "delegate")
    assert refused.value.errors[0].pointer == "/clinician"
    one = asked(cast, "delegate", clinician=str(cast.therapist.pk), patient_agrees_in_writing=True)
    assert (one.clinician, one.asked_by) == (cast.therapist, cast.delegate)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"clinic": "nowhere"}, "/clinic"), ({"service": "nothing"}, "/service"),
     ({"topic": "x"}, "/topic"), ({"question": ""}, "/question"), ({"other": 1}, "/other"),
     ({"patient": {"ssn": "1"}}, "/patient/ssn"), ({"ptsd_status": "maybe"}, "/ptsd_status"),
     ({"patient": {"birth_date": "2052-01-01"}}, "/patient/birth_date")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(cast: Cast, changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(cast, **changes)
    assert pointer in [e.pointer for e in refused.value.errors]
    assert not Advice.objects.exists()


@pytest.mark.parametrize(
    "patient", [{"given_name": "Marisol"}, {"family_name": "Quintrell"},
                {"birth_date": "1979-04-12"}]
)  # fmt: skip
@pytest.mark.parametrize("by", ["therapist", "delegate"])
def test_a_therapist_names_a_patient_only_with_a_written_agreement(
    cast: Cast, by: str, patient: dict[str, str]
) -> None:
    changes: dict[str, Any] = {"patient": patient, "clinician": str(cast.therapist.pk)}
    for answer in ({}, {"patient_agrees_in_writing": False}, {"patient_agrees_in_writing": None}):
        with pytest.raises(Invalid) as refused:
            asked(cast, by, **changes, **answer)
        (error,) = refused.value.errors
        assert error.pointer == "/patient_agrees_in_writing"
        assert error.code == "written_consent_needed"
    assert not Advice.objects.exists()
    assert asked(cast, by, **changes, patient_agrees_in_writing=True).agreed_in_writing


def test_without_a_name_a_therapist_asks_freely_and_a_physician_for_treatment(cast: Cast) -> None:
    nobody = {"patient": {"sex_for_clinical_use": "female"}, "patient_agrees_in_writing": True}
    assert not asked(cast, "therapist", **nobody).agreed_in_writing  # it names nobody
    assert not asked(cast, "physician").agreed_in_writing


@pytest.mark.parametrize("by", ["coordinator", "clinician", "clinic_admin", "practice_admin"])
def test_others_do_not_ask(cast: Cast, by: str) -> None:
    with pytest.raises(Forbidden):
        asked(cast, by)


def test_both_sides_have_their_list_and_nobody_else(cast: Cast, partner_actor: Actor) -> None:
    one = asked(cast)
    for by in ("physician", "therapist", "delegate", "coordinator", "clinician"):
        assert list(advice.listed(by=cast.actor(by))) == [one]
    for by in ("stranger", "other_coordinator", "practice_admin", "clinic_admin", "privacy"):
        assert list(advice.listed(by=cast.actor(by))) == []
        with pytest.raises(NotFound):
            advice.open_record(one.pk, by=cast.actor(by), door="portal")
    assert list(advice.listed(by=partner_actor)) == []


def test_each_reading_is_logged(cast: Cast) -> None:
    one = asked(cast)
    advice.open_record(one.pk, by=cast.actor("clinician"), door="portal")
    entry = AccessEntry.objects.get(verb="read")
    assert str(one.pk) in entry.detail
    assert entry.organisation_id == cast.clinic.pk


def test_a_clinician_answers_and_the_practice_hears_of_it(cast: Cast) -> None:
    one = asked(cast)
    assert acts(cast, one, "clinician") == ["answer"]
    assert acts(cast, one, "coordinator") == []
    with pytest.raises(Forbidden):
        advice.answer(one.pk, by=cast.actor("coordinator"), data=SAID, door="portal")
    done = advice.answer(one.pk, by=cast.actor("clinician"), data=SAID, door="portal")
    assert done.stage == AdviceStage.ANSWERED and done.answered_at
    told = {n.what: n.user_id for n in Notice.objects.all()}
    assert told == {"advice_asked": cast.clinician.pk, "advice_answered": cast.physician.pk}
    texts = [(e.act, e.side, e.text) for e in one.entries.all()]
    assert texts == [
        ("asked", "practice", QUESTION["question"]), ("answered", "clinic", SAID["text"])
    ]  # fmt: skip


def test_the_practice_asks_on_and_closes(cast: Cast) -> None:
    one = asked(cast)
    advice.answer(one.pk, by=cast.actor("clinician"), data=SAID, door="portal")
    again = advice.follow_up(one.pk, by=cast.actor("delegate"), data=SAID, door="portal")
    assert again.stage == AdviceStage.ASKED
    assert advice.close(one.pk, by=cast.actor("physician"), door="portal").stage == "closed"
    assert acts(cast, one, "physician") == acts(cast, one, "clinician") == []
    for act in (advice.answer, advice.follow_up):
        by = "clinician" if act is advice.answer else "physician"
        with pytest.raises(Conflict):
            act(one.pk, by=cast.actor(by), data=SAID, door="portal")
    assert [e.number for e in one.entries.all()] == [1, 2, 3, 4]


def test_a_referral_is_made_of_it_and_nothing_is_typed_twice(cast: Cast) -> None:
    one = asked(cast)
    advice.answer(one.pk, by=cast.actor("clinician"), data=SAID, door="portal")
    draft = advice.refer(one.pk, by=cast.actor("delegate"), door="portal")
    assert draft.state == State.DRAFT
    assert (draft.clinic, draft.practice) == (cast.clinic, cast.practice)
    assert draft.referring_clinician == cast.physician
    assert draft.service and draft.service.code == QUESTION["service"]
    body = draft.content.as_dict()
    assert body["patient"]["family_name"] == "Quintrell"
    assert body["patient"]["birth_date"] == "1979-04-12"
    assert body["request"]["reason"] == QUESTION["question"]
    assert body["pain"]["problem"] == QUESTION["pain"]
    assert body["trauma"]["ptsd_status"] == "suspected"
    one.refresh_from_db()
    assert (one.stage, one.referral) == (AdviceStage.REFERRED, draft)
    with pytest.raises(Conflict):
        advice.refer(one.pk, by=cast.actor("physician"), door="portal")
    assert Referral.objects.count() == 1


def test_what_was_asked_on_comes_along_as_far_as_there_is_room(cast: Cast) -> None:
    by = cast.actor("physician")
    one = asked(cast, question="Q" * 1400)
    for text in ("And sleep?", "W" * 200):
        advice.follow_up(one.pk, by=by, data={"text": text}, door="portal")
    draft = advice.refer(one.pk, by=by, door="portal")
    assert draft.content.as_dict()["request"]["reason"] == "Q" * 1400 + "\n\nAnd sleep?"


@pytest.mark.parametrize(("name", "most"), [("question", 1500), ("pain", 200)])
def test_a_question_is_no_longer_than_what_it_may_become(cast: Cast, name: str, most: int) -> None:
    asked(cast, **{name: "Q" * most})
    with pytest.raises(Invalid) as refused:
        asked(cast, **{name: "Q" * (most + 1)})
    assert [e.pointer for e in refused.value.errors] == [f"/{name}"]


def test_nobody_answers_what_they_asked(cast: Cast) -> None:
    from referrals.models import Membership

    Membership.objects.create(user=cast.physician, organisation=cast.clinic, role="cl")
    one = asked(cast)
    with pytest.raises(Forbidden):
        advice.answer(one.pk, by=cast.actor("physician"), data=SAID, door="portal")


def test_what_was_asked_is_sealed(cast: Cast) -> None:
    from django.db import connection

    asked(cast)
    with connection.cursor() as cursor:
        cursor.execute("SELECT topic, body FROM referrals_advice")
        cursor_rows = cursor.fetchall()
        cursor.execute("SELECT text FROM referrals_adviceentry")
        cursor_rows += cursor.fetchall()
    raw = str(cursor_rows)
    assert "Quintrell" not in raw and "nightmares" not in raw and "is_it_for_you" not in raw
