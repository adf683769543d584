"""Who is told of what, in the transaction of what happened."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from integrations.errors import NoTransaction
from portal.accounts.models import User
from referrals import notifications
from referrals.actors import SYSTEM
from referrals.errors import Forbidden, Invalid, Stale
from referrals.lifecycle import EVENT_NAMES, Action, State
from referrals.models import How, Mail, Membership, Notice, NotificationChoice
from referrals.notifications import reading
from referrals.notifications.table import EVENTS, KINDS, OWN, SILENT, TOLD, Kind, roles_told
from referrals.operations import conversation, moves
from tests.cast import Cast
from tests.walks import act, draft, inputs, referral_at


def told(what: str) -> set[str]:
    """The parts of the cast who have a notice of this."""
    names = Notice.objects.filter(what=what).values_list("user__email", flat=True)
    return {name.partition("@")[0] for name in names}


def mailed(what: str) -> set[str]:
    return {mail.user.email.partition("@")[0] for mail in Mail.objects.filter(what=what)
            if mail.user}  # fmt: skip


# --- The table ----------------------------------------------------------------------------------


def test_each_event_has_a_row_or_a_reason_for_none() -> None:
    assert {row.what for row in EVENTS} | set(SILENT) == set(EVENT_NAMES)
    assert not {row.what for row in EVENTS} & set(SILENT)


def test_each_kind_has_rows_and_readers() -> None:
    assert {row.kind for row in TOLD.values()} == set(Kind) == set(KINDS)
    assert all(roles_told(kind) for kind in Kind)
    assert len(TOLD) == len(EVENTS) + len(OWN)


# --- Whom ---------------------------------------------------------------------------------------


def test_the_clinic_is_told_of_what_was_sent(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    assert told("submitted") == {"coordinator", "second-coordinator"}
    assert mailed("submitted") == {"coordinator", "second-coordinator"}


def test_the_practice_is_told_of_the_answer_and_the_one_who_acts_is_not(cast: Cast) -> None:
    referral = draft(cast, by="delegate", referring_clinician={"id": str(cast.physician.pk)})
    act(referral, Action.SUBMIT, cast.actor("delegate"))
    act(referral, Action.CLAIM, cast.actor("coordinator"))
    act(referral, Action.ACCEPT, cast.actor("coordinator"), inputs(Action.ACCEPT, cast))
    assert told("accepted") == {"physician", "delegate"}
    assert "coordinator" not in told("accepted")


def test_the_reviewer_alone_is_told_of_an_answer(cast: Cast) -> None:
    referral = referral_at(State.INFO_REQUESTED, cast)
    act(referral, Action.PROVIDE_INFO, cast.actor("physician"), inputs(Action.PROVIDE_INFO, cast))
    assert told("info_provided") == {"coordinator"}


def test_a_message_tells_the_other_side(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    for part in ("physician", "coordinator"):
        conversation.post(referral.pk, by=cast.actor(part), data={"body": "Hello"}, door="portal")
    assert told("message_posted") == {"physician", "coordinator"}
    assert Notice.objects.filter(what="message_posted").count() == 2


def test_immediate_danger_is_told_to_clinicians_too_at_once_and_urgently(cast: Cast) -> None:
    for kind in (Kind.DANGER, Kind.SENT):
        NotificationChoice.objects.create(user=cast.clinician, kind=kind, how=How.NONE)
    referral = draft(cast, safety={"danger_now": True, "action_taken": "ambulance called"})
    act(referral, Action.SUBMIT, cast.actor("physician"), {"danger_acknowledged": True})
    assert told("danger") == {"coordinator", "second-coordinator", "clinician"} == mailed("danger")
    assert not told("submitted")
    assert all(Mail.objects.filter(what="danger").values_list("urgent", flat=True))


def test_immediate_danger_is_told_to_who_is_on_call(cast: Cast) -> None:
    other = User.objects.create_user("second-clinician@tests.example", full_name="Second")
    Membership.objects.create(user=other, organisation=cast.clinic, role="cl", on_call=True)
    referral = draft(cast, safety={"danger_now": True, "action_taken": "ambulance called"})
    act(referral, Action.SUBMIT, cast.actor("physician"), {"danger_acknowledged": True})
    assert told("danger") == {"coordinator", "second-coordinator", "second-clinician"}


def test_assigning_tells_the_one_who_was_chosen(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    act(referral, Action.ASSIGN, cast.actor("coordinator"), inputs(Action.ASSIGN, cast))
    assert told("assigned") == {"second-coordinator"}


def test_who_left_or_was_deactivated_is_not_told(cast: Cast) -> None:
    Membership.objects.filter(user=cast.coordinator).update(ended_at=cast.coordinator.date_joined)
    cast.second_coordinator.is_active = False
    cast.second_coordinator.save()
    referral_at(State.SUBMITTED, cast)
    assert told("submitted") == set()


def test_the_team_is_written_to_where_it_has_an_address(cast: Cast) -> None:
    reading.set_team_address(
        cast.clinic.pk, by=cast.actor("clinic_admin"), address="team@clinic.example"
    )
    referral_at(State.IN_REVIEW, cast)
    assert [m.organisation for m in Mail.objects.filter(organisation__isnull=False)] == [
        cast.clinic
    ]


@pytest.mark.parametrize("part", ["coordinator", "physician", "practice_admin"])
def test_only_an_administrator_of_it_sets_the_teams_address(cast: Cast, part: str) -> None:
    with pytest.raises(Forbidden):
        reading.set_team_address(cast.clinic.pk, by=cast.actor(part), address="a@b.example")


def test_a_row_for_named_people_tells_those_who_still_work_somewhere(cast: Cast) -> None:
    with transaction.atomic():
        notifications.notify(
            "advice_answered", None, key="q1", named=[cast.physician.pk, cast.nobody.pk],
            link="/advice/1/",
        )  # fmt: skip
    assert told("advice_answered") == {"physician"}


def test_a_clinic_is_told_without_a_referral(cast: Cast) -> None:
    with transaction.atomic():
        notifications.notify("advice_asked", None, key="q1", clinic_id=cast.clinic.pk)
    assert told("advice_asked") == {"clinician"}


# --- Once, and whole or not at all --------------------------------------------------------------


def test_the_same_occasion_tells_once(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    for _ in range(2):
        with transaction.atomic():
            notifications.notify("escalated", referral, key="late:1")
    assert Notice.objects.filter(what="escalated").count() == 1
    assert Mail.objects.filter(what="escalated").count() == 1


def test_nothing_is_told_outside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "in_atomic_block", False)
    with pytest.raises(NoTransaction):
        notifications.notify("escalated", None, key="x")


def test_what_is_undone_tells_nobody(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    before = Notice.objects.count(), Mail.objects.count()
    with pytest.raises(Stale):
        moves.perform(
            Action.CLAIM, referral_id=referral.pk, by=cast.actor("coordinator"), data={},
            version=1, door="portal",
        )  # fmt: skip
    assert (Notice.objects.count(), Mail.objects.count()) == before


# --- Choices ------------------------------------------------------------------------------------


def test_each_person_chooses_how_each_kind_is_told(cast: Cast) -> None:
    reading.choose({"sent": "none"}, by=cast.actor("coordinator"))
    reading.choose({"sent": "digest"}, by=cast.actor("second_coordinator"))
    referral_at(State.SUBMITTED, cast)
    assert told("submitted") == {"coordinator", "second-coordinator"}
    assert mailed("submitted") == set()
    hows = dict(Notice.objects.filter(what="submitted").values_list("user__email", "how"))
    assert set(hows.values()) == {"none", "digest"}


@pytest.mark.parametrize(
    "chosen",
    [{"danger": "none"}, {"sent": "never"}, {"nonsense": "none"}, {"accepted": "none"}],
    ids=["fixed", "unknown way", "unknown kind", "not of this role"],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_stored(
    cast: Cast, chosen: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        reading.choose({"message": "none", **chosen}, by=cast.actor("coordinator"))
    assert not NotificationChoice.objects.exists()


def test_the_choices_are_those_of_the_roles(cast: Cast) -> None:
    assert Kind.SENT not in reading.choices_of(cast.actor("physician"))
    assert Kind.OUTCOME not in reading.choices_of(cast.actor("coordinator"))
    assert set(reading.choices_of(cast.actor("privacy"))) == {Kind.OVERSIGHT}
    assert reading.choices_of(cast.actor("nobody")) == {}


# --- Reading ------------------------------------------------------------------------------------


def test_notices_go_with_the_right_to_see(cast: Cast) -> None:
    referral_at(State.ACCEPTED, cast)
    assert reading.unread(cast.actor("physician")) == 2
    Membership.objects.filter(user=cast.physician).update(ended_at=cast.physician.date_joined)
    assert reading.unread(cast.actor("physician")) == 0


def test_nobody_marks_another_persons_notices(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    mine = list(Notice.objects.filter(user=cast.coordinator).values_list("pk", flat=True))
    assert reading.mark_read(mine, by=cast.actor("stranger")) == 0
    assert reading.mark_read(mine, by=cast.actor("coordinator")) == 1
    assert reading.referral_seen(referral.pk, by=cast.actor("second_coordinator")) == 1
    assert reading.referral_seen(referral.pk, by=SYSTEM) == 0
