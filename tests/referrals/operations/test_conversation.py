"""Messages: questions tied to an item, read state, drafts, ready-made texts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from referrals import clock
from referrals.actors import Actor
from referrals.errors import Forbidden, Invalid, NotFound
from referrals.lifecycle import Action, State
from referrals.models import CannedAnswer, Message, MessageRead, Referral
from referrals.operations import canned_answers, conversation
from tests.cast import Cast
from tests.walks import act, referral_at


def say(cast: Cast, referral: Referral, by: str, body: str = "Hello.", **data: Any) -> Message:
    return conversation.post(
        referral.pk, by=cast.actor(by), data={"body": body, **data}, door="portal"
    )


def read(cast: Cast, referral: Referral, by: str) -> list[Message]:
    found = conversation.listed(referral, by=cast.actor(by))
    conversation.mark_read(referral, found, by=cast.actor(by))
    return found


def is_read(cast: Cast, referral: Referral, message: Message) -> bool:
    return conversation.is_read(
        message, conversation.read_up_to(referral, by=cast.actor("physician"))
    )


# --- Read state ---------------------------------------------------------------------------------


def test_a_message_is_read_once_the_other_side_has_seen_it(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    message = say(cast, referral, "physician")
    for own in ("physician", "therapist", "delegate"):
        read(cast, referral, own)
    assert not is_read(cast, referral, message)
    read(cast, referral, "coordinator")
    assert is_read(cast, referral, message)


def test_a_later_message_is_not_read_by_an_earlier_look(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    first = say(cast, referral, "physician")
    read(cast, referral, "coordinator")
    with clock.at(clock.now() + timedelta(minutes=1)):
        second = say(cast, referral, "delegate")
    assert is_read(cast, referral, first)
    assert not is_read(cast, referral, second)


def test_looking_twice_writes_once(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    say(cast, referral, "physician")
    read(cast, referral, "coordinator")
    kept = MessageRead.objects.get()
    with clock.at(clock.now() + timedelta(hours=1)):
        read(cast, referral, "coordinator")
    assert MessageRead.objects.get().read_at == kept.read_at


def test_a_program_and_an_administrator_read_for_nobody(cast: Cast, partner_actor: Actor) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    say(cast, referral, "physician")
    read(cast, referral, "clinic_admin")
    found = conversation.listed(referral, by=partner_actor)
    conversation.mark_read(referral, found, by=partner_actor)
    assert len(found) == 1
    assert not MessageRead.objects.exists()


def test_once_consent_is_revoked_the_clinic_reads_none(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    say(cast, referral, "physician")
    referral = act(referral, Action.REVOKE_CONSENT, cast.actor("physician"), {})
    assert conversation.listed(referral, by=cast.actor("coordinator")) == []
    assert len(conversation.listed(referral, by=cast.actor("delegate"))) == 1


# --- Questions about an item --------------------------------------------------------------------


def test_a_question_about_an_item_is_open_until_it_is_answered(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    question = say(cast, referral, "coordinator", "Which ones?", item="allergies")

    def open_ones() -> list[Message]:
        found = conversation.listed(referral, by=cast.actor("physician"))
        return conversation.open_questions(found, by_side="clinic")

    assert open_ones() == [question]
    say(cast, referral, "physician", "Not about that.")
    assert open_ones() == [question]
    say(cast, referral, "delegate", "Penicillin.", answers=str(question.pk))
    assert open_ones() == []


def test_an_item_may_be_one_that_the_rules_find_missing(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    assert say(cast, referral, "clinician", item="pain.mechanism").item == "pain.mechanism"


@pytest.mark.parametrize(
    ("by", "data", "pointer"),
    [("coordinator", {"item": "nonsense"}, "/item"), ("physician", {"item": "allergies"}, "/item"),
     ("physician", {"answers": "0" * 8 + "-0000-0000-0000-" + "0" * 12}, "/answers"),
     ("physician", {"unknown": 1}, "/unknown"), ("physician", {"attachments": ["x"]},
      "/attachments/0")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    cast: Cast, by: str, data: dict[str, Any], pointer: str
) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    with pytest.raises(Invalid) as refused:
        say(cast, referral, by, **data)
    assert [e.pointer for e in refused.value.errors] == [pointer]
    assert not Message.objects.exists()


def test_only_a_question_of_the_other_side_on_the_same_referral_is_answered(cast: Cast) -> None:
    first = referral_at(State.IN_REVIEW, cast)
    second = referral_at(State.IN_REVIEW, cast, patient={"given_name": "Other"})
    question = say(cast, first, "coordinator", item="allergies")
    plain = say(cast, first, "coordinator")
    for referral, by, meant in ((second, "physician", question), (first, "clinician", question),
                                (first, "physician", plain)):  # fmt: skip
        with pytest.raises(Invalid):
            say(cast, referral, by, answers=str(meant.pk))


# --- Drafts -------------------------------------------------------------------------------------


def test_a_draft_is_kept_for_one_person_until_it_is_sent(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    for by, body in (("physician", "First."), ("delegate", "Mine."), ("physician", "Second.")):
        conversation.save_draft(referral.pk, by=cast.actor(by), data={"body": body})
    assert conversation.draft_of(referral, by=cast.actor("physician")) == "Second."
    assert conversation.draft_of(referral, by=cast.actor("delegate")) == "Mine."
    say(cast, referral, "physician", "Second.")
    assert conversation.draft_of(referral, by=cast.actor("physician")) == ""
    assert conversation.draft_of(referral, by=cast.actor("delegate")) == "Mine."


def test_an_emptied_draft_is_forgotten(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    for body in ("Something.", "  "):
        conversation.save_draft(referral.pk, by=cast.actor("clinician"), data={"body": body})
    assert not referral.message_drafts.exists()


@pytest.mark.parametrize(("by", "problem"), [("stranger", NotFound), ("clinic_admin", Forbidden)])
def test_others_keep_no_draft(cast: Cast, by: str, problem: type[Exception]) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    with pytest.raises(problem):
        conversation.save_draft(referral.pk, by=cast.actor(by), data={"body": "x"})


# --- Ready-made texts ---------------------------------------------------------------------------

TEXT = {"title": "Received", "text": "Thank you. We read it today."}


def test_an_administrator_keeps_the_clinics_texts(cast: Cast) -> None:
    admin = cast.actor("clinic_admin")
    made = canned_answers.add(cast.clinic.pk, by=admin, data=TEXT)
    canned_answers.change(made.pk, by=admin, data={**TEXT, "title": "Got it"})
    assert [a.title for a in canned_answers.listed(cast.clinic.pk, by=cast.actor("clinician"))] == [
        "Got it"
    ]
    canned_answers.retire(made.pk, by=admin)
    assert canned_answers.listed(cast.clinic.pk, by=admin) == []
    canned_answers.add(cast.clinic.pk, by=admin, data={**TEXT, "title": "Got it"})


def test_a_title_is_there_once(cast: Cast) -> None:
    admin = cast.actor("clinic_admin")
    canned_answers.add(cast.clinic.pk, by=admin, data=TEXT)
    with pytest.raises(Invalid):
        canned_answers.add(cast.clinic.pk, by=admin, data=TEXT)
    assert CannedAnswer.objects.count() == 1


def test_texts_are_for_their_own_clinic(cast: Cast) -> None:
    made = canned_answers.add(cast.clinic.pk, by=cast.actor("clinic_admin"), data=TEXT)
    for by in ("physician", "other_coordinator"):
        assert canned_answers.listed(cast.clinic.pk, by=cast.actor(by)) == []
        with pytest.raises(NotFound):
            canned_answers.find(made.pk, by=cast.actor(by))
    for by in ("coordinator", "clinician", "physician"):
        with pytest.raises((Forbidden, NotFound)):
            canned_answers.change(made.pk, by=cast.actor(by), data=TEXT)
        with pytest.raises(Forbidden):
            canned_answers.add(cast.clinic.pk, by=cast.actor(by), data=TEXT)
