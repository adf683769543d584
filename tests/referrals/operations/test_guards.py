"""What stops a move, one guard at a time; each of these goes through with its guard off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from referrals import clock
from referrals.actors import SYSTEM, Role
from referrals.errors import Conflict, DomainError, Forbidden, Invalid
from referrals.lifecycle import Action, Guard, State
from referrals.models import Document, Membership, Referral, ScanState, Service
from referrals.operations import guards
from referrals.permissions import available_actions
from tests.cast import Cast
from tests.walks import act, appointment, draft, inputs, referral_at


def day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def refused(
    referral: Referral, action: Action, cast: Cast, part: str, **data: Any
) -> tuple[type[DomainError], set[str]]:
    """The error's class and the codes in it."""
    by = SYSTEM if part == "system" else cast.actor(part)
    with pytest.raises(DomainError) as caught:
        act(referral, action, by, {**inputs(action, cast), **data})
    return type(caught.value), {error.code for error in caught.value.errors}


def turned_off(monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
    monkeypatch.setitem(guards.GUARDS, guard, lambda ctx: None)


Case = tuple[State, Action, str, dict[str, Any], Guard, str]
FIELD_CASES: list[Case] = [
    (State.SUBMITTED, Action.REQUEST_INFO, "coordinator", {"due_on": day(-2)}, Guard.DAY_AHEAD,
     "in_the_past"),
    (State.SUBMITTED, Action.REQUEST_INFO, "coordinator", {"due_on": "9999-12-31"},
     Guard.DAY_AHEAD, "too_far"),
    (State.SUBMITTED, Action.REQUEST_INFO, "coordinator",
     {"items": [{"code": "how the patient feels"}]}, Guard.ITEMS_CODED, "unknown_item"),
    (State.IN_REVIEW, Action.ACCEPT, "coordinator", {"expected_by": day(-2)}, Guard.DAY_AHEAD,
     "in_the_past"),
    (State.IN_REVIEW, Action.ACCEPT, "coordinator", {"licensed_reviewer": None},
     Guard.LICENSED_REVIEWER, "licensed_reviewer_needed"),
    (State.ACCEPTED, Action.WAITLIST, "coordinator", {"review_on": day(-2)}, Guard.DAY_AHEAD,
     "in_the_past"),
    (State.ACCEPTED, Action.SCHEDULE, "coordinator", appointment(-1), Guard.TIME_FREE,
     "in_the_past"),
    (State.ACCEPTED, Action.SCHEDULE, "coordinator", appointment(900), Guard.TIME_FREE, "too_far"),
    (State.ACCEPTED, Action.SCHEDULE, "coordinator", {"end": appointment(9)["end"]},
     Guard.TIME_FREE, "too_long"),
    (State.IN_REVIEW, Action.DECLINE, "coordinator", {"reason": "pregnancy"},
     Guard.REASON_ALLOWED, "reason_not_for_role"),
    (State.IN_REVIEW, Action.DECLINE, "clinician", {"reason": "because"},
     Guard.REASON_ALLOWED, "unknown_reason"),
    (State.IN_REVIEW, Action.DECLINE, "coordinator", {"reason": "other"},
     Guard.REASON_ALLOWED, "required"),
    (State.IN_REVIEW, Action.REDIRECT, "coordinator", {"clinic": "apopka"},
     Guard.CLINIC_DIFFERS, "unknown_clinic"),
    (State.IN_REVIEW, Action.REDIRECT, "coordinator", {"consent": None},
     Guard.CLINIC_DIFFERS, "consent_needed"),
    (State.ACCEPTED, Action.MARK_UNABLE, "coordinator", {"clinical_reason": None},
     Guard.CONTACT_ATTEMPTED, "contact_attempts_needed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "action", "part", "data", "guard", "code"), FIELD_CASES,
    ids=[f"{c[1]}-{c[5]}-{n}" for n, c in enumerate(FIELD_CASES)],
)  # fmt: skip
def test_a_guard_says_what_is_wrong(
    state: State, action: Action, part: str, data: dict[str, Any], guard: Guard, code: str,
    cast: Cast, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    referral = referral_at(state, cast)
    assert refused(referral, action, cast, part, **data) == (Invalid, {code})
    assert Referral.objects.get(pk=referral.pk).version == referral.version
    turned_off(monkeypatch, guard)
    try:
        act(referral, action, cast.actor(part), {**inputs(action, cast), **data})
    except DomainError as other:
        pytest.fail(f"another guard holds it too: {other}")
    except Exception as deeper:
        # Without the guard, the database's own constraint or the effect is what is left.
        assert type(deeper).__name__ in ("AttributeError", "DoesNotExist", "IntegrityError")


def test_items_that_share_a_code_are_answered_by_id(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    asked = {"items": [{"code": "other", "note": "One"}, {"code": "other", "note": "Two"}]}
    referral = act(
        referral, Action.REQUEST_INFO, cast.actor("coordinator"),
        {**inputs(Action.REQUEST_INFO, cast), **asked},
    )  # fmt: skip
    both = [{"item": "other", "answer": "A"}, {"item": "other", "answer": "B"}]
    got = refused(referral, Action.PROVIDE_INFO, cast, "physician", answers=both)
    assert got == (Invalid, {"ambiguous_item"})
    first, second = referral.information_requests.get().items.all()
    twice = [{"item": str(first.pk), "answer": "A"}] * 2
    got = refused(referral, Action.PROVIDE_INFO, cast, "physician", answers=twice)
    assert got == (Invalid, {"item_twice", "item_unanswered"})
    each = [{"item": str(second.pk), "answer": "B"}, {"item": str(first.pk), "answer": "A"}]
    act(referral, Action.PROVIDE_INFO, cast.actor("physician"), {"answers": each})
    kept = referral.information_requests.get().items.all()
    assert [item.answer for item in kept] == ["A", "B"]


def test_an_item_left_out_and_one_not_asked_for(cast: Cast) -> None:
    referral = referral_at(State.INFO_REQUESTED, cast)
    other = [{"item": "allergies", "answer": "None known."}]
    got = refused(referral, Action.PROVIDE_INFO, cast, "physician", answers=other)
    assert got == (Invalid, {"unknown_item", "item_unanswered"})


def test_a_reviewer_who_left_no_longer_answers_for_an_acceptance(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    Referral.objects.filter(pk=referral.pk).update(licensed_reviewer=cast.clinician)
    Membership.objects.filter(user=cast.clinician).update(ended_at=clock.now())
    got = refused(referral, Action.ACCEPT, cast, "coordinator", licensed_reviewer=None)
    assert got == (Invalid, {"licensed_reviewer_needed"})


@pytest.mark.parametrize("who", ["other_clinician", "coordinator", "physician"])
def test_only_the_clinics_own_licensed_people_answer(cast: Cast, who: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    named = str(getattr(cast, who).pk)
    got = refused(referral, Action.ACCEPT, cast, "coordinator", licensed_reviewer=named)
    assert got == (Invalid, {"licensed_reviewer_needed"})


def test_who_wrote_it_answers_for_no_other_side(cast: Cast) -> None:
    """The physician also works at the clinic: not as reviewer, nor by own hand."""
    Membership.objects.create(user=cast.physician, organisation=cast.clinic, role=Role.CL)
    referral = referral_at(State.IN_REVIEW, cast)
    named = str(cast.physician.pk)
    got = refused(referral, Action.ACCEPT, cast, "coordinator", licensed_reviewer=named)
    assert got == (Invalid, {"licensed_reviewer_needed"})
    got = refused(referral, Action.ASSIGN, cast, "coordinator", reviewer=named)
    assert got == (Invalid, {"unknown_reviewer"})
    assert refused(referral, Action.ACCEPT, cast, "physician")[0] is Forbidden


@pytest.mark.parametrize("who", ["other_coordinator", "physician", "clinic_admin", "nobody"])
def test_a_reviewer_works_at_the_clinic(cast: Cast, who: str) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    named = str(getattr(cast, who).pk)
    got = refused(referral, Action.ASSIGN, cast, "coordinator", reviewer=named)
    assert got == (Invalid, {"unknown_reviewer"})


def test_lowering_a_priority_needs_a_license(cast: Cast) -> None:
    referral = act(
        referral_at(State.SUBMITTED, cast), Action.CHANGE_PRIORITY, cast.actor("coordinator"),
        {"priority": "p0", "comment": "The practice called."},
    )  # fmt: skip
    lower = {"priority": "p3", "comment": "Seen."}
    assert refused(referral, Action.CHANGE_PRIORITY, cast, "coordinator", **lower)[0] is Forbidden
    lowered = act(referral, Action.CHANGE_PRIORITY, cast.actor("clinician"), lower)
    assert lowered.priority == "p3"


@pytest.mark.parametrize("scan", [ScanState.PENDING, ScanState.BLOCKED])
def test_no_acceptance_while_a_file_is_not_settled(cast: Cast, scan: ScanState) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    Document.objects.create(
        referral=referral, name="letter.pdf", media_type="application/pdf", size=1,
        sha256="0" * 64, scan_state=scan,
    )  # fmt: skip
    assert refused(referral, Action.ACCEPT, cast, "coordinator")[1] == {"file_not_settled"}


def end_membership(cast: Cast) -> None:
    Membership.objects.filter(user=cast.physician).update(ended_at=clock.now())


def deactivate_clinician(cast: Cast) -> None:
    cast.physician.is_active = False
    cast.physician.save(update_fields=["is_active"])


def end_service(cast: Cast) -> None:
    Service.objects.filter(clinic=cast.clinic).update(active=False)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (end_membership, "unknown_clinician"),
        (deactivate_clinician, "unknown_clinician"),
        (end_service, "unknown_service"),
    ],
)
def test_what_a_draft_names_must_still_be_there(
    cast: Cast, change: Callable[[Cast], None], code: str
) -> None:
    referral = draft(cast)
    change(cast)
    assert refused(referral, Action.SUBMIT, cast, "delegate")[1] == {code}


def test_a_delegate_names_the_clinician(cast: Cast) -> None:
    referral = draft(cast, by="delegate")
    assert refused(referral, Action.SUBMIT, cast, "delegate")[1] == {"required"}


def test_a_practice_is_told_only_of_its_own_duplicate(cast: Cast) -> None:
    act(draft(cast, by="stranger"), Action.SUBMIT, cast.actor("stranger"))
    referral_at(State.SUBMITTED, cast)  # goes through: the other practice's is not mentioned
    assert refused(draft(cast), Action.SUBMIT, cast, "physician")[1] == {"possible_duplicate"}
    again = act(draft(cast), Action.SUBMIT, cast.actor("physician"), {"duplicate_reason": "New."})
    assert again.state == State.SUBMITTED


def test_sent_again_once_only(cast: Cast) -> None:
    referral = act(referral_at(State.DECLINED, cast), Action.RESUBMIT, cast.actor("physician"))
    assert refused(referral, Action.RESUBMIT, cast, "delegate")[0] is Conflict
    seen = Referral.objects.with_people().get(pk=referral.pk)
    assert Action.RESUBMIT not in available_actions(seen, cast.actor("physician"))
    assert referral.successors.count() == 1


def test_consent_is_revoked_once(cast: Cast) -> None:
    referral = act(
        referral_at(State.ACCEPTED, cast), Action.REVOKE_CONSENT, cast.actor("physician")
    )
    when = referral.consent_revoked_at
    assert refused(referral, Action.REVOKE_CONSENT, cast, "delegate")[0] is Conflict
    assert Referral.objects.get(pk=referral.pk).consent_revoked_at == when
    assert Action.REVOKE_CONSENT not in available_actions(referral, cast.actor("physician"))


def test_reopened_only_where_the_outcome_was_the_last_word(cast: Cast) -> None:
    """Completed, reopened, then declined and closed: that loop did not end in an outcome."""
    referral = referral_at(State.COMPLETED, cast)
    for action, part in ((Action.REOPEN, "coordinator"), (Action.DECLINE, "coordinator"),
                         (Action.CLOSE, "physician")):  # fmt: skip
        referral = act(referral, action, cast.actor(part), inputs(action, cast))
    assert refused(referral, Action.REOPEN, cast, "coordinator")[0] is Conflict


def ask(referral: Referral, cast: Cast) -> Referral:
    return act(referral, Action.MARK_ERROR, cast.actor("clinic_admin"), {"reason": "Twice."})


def test_an_error_that_nobody_confirmed_in_time_can_be_asked_again(cast: Cast) -> None:
    referral = ask(referral_at(State.SUBMITTED, cast), cast)
    assert refused(referral, Action.MARK_ERROR, cast, "clinic_admin")[0] is Conflict
    privacy = cast.actor("privacy")
    assert Referral.objects.visible_to(privacy).count() == 1
    with clock.at(clock.now() + timedelta(days=7, minutes=1)):
        assert not Referral.objects.visible_to(privacy).exists()
        seen = Referral.objects.with_people().get(pk=referral.pk)
        assert Action.MARK_ERROR in available_actions(seen, cast.actor("clinic_admin"))
        referral = ask(referral, cast)
        referral = act(referral, Action.MARK_ERROR, privacy)
    assert referral.state == State.ENTERED_IN_ERROR
    confirmed = referral.error_requests.filter(confirmed_at__isnull=False)
    assert confirmed.count() == 1


def test_one_person_does_not_confirm_the_own_request(cast: Cast) -> None:
    referral = ask(referral_at(State.SUBMITTED, cast), cast)
    Membership.objects.filter(user=cast.clinic_admin).update(ended_at=clock.now())
    Membership.objects.create(user=cast.clinic_admin, role=Role.PO)
    assert refused(referral, Action.MARK_ERROR, cast, "clinic_admin")[0] is Forbidden


@pytest.mark.parametrize(
    ("days", "reminders", "goes"), [(12, 2, True), (12, 1, False), (9, 2, False)]
)
def test_nothing_expires_before_its_day_or_without_two_reminders(
    cast: Cast, days: int, reminders: int, goes: bool
) -> None:
    referral = referral_at(State.INFO_REQUESTED, cast)
    referral.information_requests.update(reminders_sent=reminders)
    with clock.at(clock.now() + timedelta(days=days)):
        if goes:
            assert act(referral, Action.EXPIRE, SYSTEM).state == State.EXPIRED
        else:
            assert refused(referral, Action.EXPIRE, cast, "system")[0] is Conflict


@pytest.mark.parametrize("naive", ["2026-12-01T09:00:00", "2026-12-01 09:00"])
def test_a_time_without_its_offset_is_refused(cast: Cast, naive: str) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    got = refused(referral, Action.SCHEDULE, cast, "coordinator", start=naive)
    assert got == (Invalid, {"naive"})
