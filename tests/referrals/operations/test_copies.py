"""Referrals made from others: what is carried along, what is not, and who made them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.models import Event
from referrals import clock, clocks, disclosure
from referrals.access.models import AccessEntry
from referrals.errors import Conflict, DomainError, Invalid, NotFound
from referrals.lifecycle import Action, State
from referrals.models import Referral, Service
from referrals.operations import moves, records
from tests.cast import Cast
from tests.walks import act, inputs, referral_at


def day(days: int = 0) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def redirect(referral: Referral, cast: Cast, consent: dict[str, Any] | None) -> Referral:
    data = {"clinic": "winter-park"} | ({"consent": consent} if consent else {})
    act(referral, Action.REDIRECT, cast.actor("coordinator"), data)
    return Referral.objects.get(replaces=referral)


def codes(caught: pytest.ExceptionInfo[DomainError]) -> set[str]:
    return {error.code for error in caught.value.errors}


def revoked(cast: Cast, state: State) -> Referral:
    return act(referral_at(state, cast), Action.REVOKE_CONSENT, cast.actor("physician"))


def test_the_successor_is_the_other_clinics_alone(cast: Cast) -> None:
    old = referral_at(State.IN_REVIEW, cast)
    new = redirect(old, cast, {"basis": "written", "obtained_on": day()})
    assert (new.submitted_by, new.created_by) == (cast.physician, cast.physician)
    assert new.service is not None
    assert (new.clinic, new.service.clinic) == (cast.other_clinic, cast.other_clinic)
    assert records.find(new.pk, by=cast.actor("other_coordinator"))
    with pytest.raises(NotFound):
        records.find(new.pk, by=cast.actor("coordinator"))
    assert AccessEntry.objects.filter(referral_id=new.pk, verb="create").count() == 1
    told = Event.objects.get(subject=new.pk)
    assert told.data["replaces"] == str(old.pk)


def test_what_grew_stale_makes_the_successor_more_urgent(cast: Cast) -> None:
    old = referral_at(State.IN_REVIEW, cast, instruments=[
        {"instrument": "c-ssrs", "administered_on": day(), "level": "none"},
    ])  # fmt: skip
    assert old.priority == "p3"
    with clock.at(clock.now() + timedelta(days=20)):
        new = redirect(old, cast, {"basis": "written", "obtained_on": day()})
        assert (new.priority, new.computed_priority) == ("p2", "p2")
        due = clocks.Calendar.of(cast.other_clinic).after(clock.now(), 2)
    assert set(new.clock_rows.values_list("due_at", flat=True)) == {due} == {new.due_at}
    assert Event.objects.get(subject=new.pk).data["priority"] == "p2"
    assert new.timeline.get().detail == {"priority": "p2"}


def test_a_redirect_lowers_no_priority_that_a_person_raised(cast: Cast) -> None:
    old = act(referral_at(State.IN_REVIEW, cast), Action.CHANGE_PRIORITY,
              cast.actor("coordinator"), {"priority": "p1", "comment": "Called."})  # fmt: skip
    new = redirect(old, cast, {"basis": "written", "obtained_on": day()})
    assert (new.priority, new.computed_priority) == ("p1", "p3")
    assert new.due_at == new.submitted_at + timedelta(hours=24)


def test_a_new_consent_is_recorded_as_one(cast: Cast) -> None:
    new = redirect(
        referral_at(State.IN_REVIEW, cast, consent={"written": {"recipients": ["Apopka"]}}),
        cast, {"basis": "written", "obtained_on": day()},
    )  # fmt: skip
    assert new.content.consent["written"] == {"signed_on": day()}
    assert new.content.consent["obtained_on"] == day()
    assert new.versions.get().content["consent"] == new.content.consent


def test_no_redirect_to_a_clinic_without_the_service(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    Service.objects.filter(clinic=cast.other_clinic).update(active=False)
    with pytest.raises(Invalid) as caught:
        redirect(referral, cast, {"basis": "written", "obtained_on": day()})
    assert codes(caught) == {"service_not_offered"}
    assert not referral.successors.exists()


@pytest.mark.parametrize(
    ("consent", "code"),
    [
        (None, "consent_needed"),
        ({"basis": "treatment"}, "consent_revoked"),
        ({"basis": "written"}, "consent_revoked"),
        ({"basis": "written", "obtained_on": day(-3)}, "consent_revoked"),
        ({"basis": "written", "obtained_on": day(3)}, "in_the_future"),
    ],
)
def test_a_clinics_word_does_not_undo_a_revocation(
    cast: Cast, consent: dict[str, Any] | None, code: str
) -> None:
    referral = revoked(cast, State.IN_REVIEW)
    with pytest.raises(Invalid) as caught:
        redirect(referral, cast, consent)
    assert codes(caught) == {code}
    assert redirect(referral, cast, {"basis": "written", "obtained_on": day()})


def test_a_therapists_redirect_needs_a_written_consent(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    Referral.objects.filter(pk=referral.pk).update(referring_clinician=cast.therapist)
    with pytest.raises(Invalid) as caught:
        redirect(referral, cast, {"basis": "treatment"})
    assert codes(caught) == {"written_consent_needed"}


def test_a_revoked_consent_is_not_sent_again(cast: Cast) -> None:
    physician = cast.actor("physician")
    referral = act(
        revoked(cast, State.SUBMITTED), Action.CANCEL, physician, inputs(Action.CANCEL, cast)
    )
    made = moves.perform(
        Action.RESUBMIT, referral_id=referral.pk, by=physician, data={}, version=referral.version
    )
    assert made.successor is not None
    assert not made.successor.content.consent
    assert made.successor.content.patient["family_name"]
    with pytest.raises(Invalid):
        act(made.successor, Action.SUBMIT, physician)


def test_sent_again_the_new_one_says_what_it_replaces(cast: Cast) -> None:
    physician = cast.actor("physician")
    old = act(referral_at(State.DECLINED, cast), Action.RESUBMIT, physician)
    new = Referral.objects.get(replaces=old)
    assert AccessEntry.objects.filter(referral_id=new.pk, verb="create").count() == 1
    act(new, Action.SUBMIT, physician)
    assert Event.objects.get(subject=new.pk).data["replaces"] == str(old.pk)


@pytest.mark.parametrize(
    ("part", "closed"),
    [("physician", False), ("delegate", False), ("coordinator", True), ("clinician", True)],
)
def test_after_a_revocation_only_the_practice_reads_on(cast: Cast, part: str, closed: bool) -> None:
    before = referral_at(State.ACCEPTED, cast)
    assert disclosure.content_for(before, cast.actor(part))
    after = act(before, Action.REVOKE_CONSENT, cast.actor("physician"))
    assert disclosure.is_closed_to(after, cast.actor(part)) is closed
    assert bool(disclosure.content_for(after, cast.actor(part))) is not closed


def test_a_partner_and_the_privacy_officer_read_no_further(cast: Cast, partner_actor: Any) -> None:
    after = revoked(cast, State.ACCEPTED)
    assert disclosure.is_closed_to(after, partner_actor)
    assert disclosure.is_closed_to(after, cast.actor("privacy"))


def test_an_acceptance_needs_a_consent_that_stands(cast: Cast) -> None:
    referral = revoked(cast, State.IN_REVIEW)
    with pytest.raises(DomainError) as caught:
        act(referral, Action.ACCEPT, cast.actor("coordinator"), inputs(Action.ACCEPT, cast))
    assert not isinstance(caught.value, Conflict)
    assert codes(caught) == {"consent_revoked"}
