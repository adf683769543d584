"""The page of each action: works, refuses the wrong method, a stranger, the wrong role or state."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from portal.forms import action_forms
from portal.forms.actions import OWN, form_of
from portal.pages import actions, asks
from portal.presenters import consequences
from referrals import clock
from referrals.access.models import AccessEntry
from referrals.lifecycle import MOVE_FOR, Action, State
from referrals.models import Referral, TimelineEntry
from tests.cast import Cast
from tests.portal.pages.doors import act_url, browser, detail_url, hidden, send
from tests.walks import PATHS, act, inputs, referral_at

HEART = {"medical": {"k01": "yes"}}


def day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def typed(action: Action, referral: Referral, cast: Cast) -> dict[str, Any]:
    """Good input of an action as a browser sends it."""
    item = referral.information_requests.last()
    key = item.items.get().pk if item else ""
    special: dict[Action, dict[str, Any]] = {
        Action.REQUEST_INFO: {
            "items": ["medications", "other"], "note__other": "The imaging center's name",
            "due_on": day(9), "message": "Which medicines?",
        },
        Action.PROVIDE_INFO: {f"answer__{key}": "Listed in the letter."},
        Action.SCHEDULE: {
            "day": day(3), "start_time": "09:30", "end_time": "10:30",
            "time_zone": "America/New_York", "mode": "in_person", "place": "Main Street 1",
        },
        Action.RESCHEDULE: {
            "day": day(5), "start_time": "13:00", "end_time": "14:00", "reason": "patients_wish",
        },
        Action.COMPLETE: {
            "disposition": "treated_back_to_referrer", "report": "Evaluated.",
            "plan__pain": "Paced movement.", "plan__trauma": "Continue therapy.",
        },
        Action.REDIRECT: {
            "clinic": "winter-park", "consent__basis": "written", "consent__obtained_on": day(0)
        },
        Action.REVOKE_CONSENT: {"scope": "all"},
    }  # fmt: skip
    return special.get(action, inputs(action, cast))


# action, a state it starts from, who makes it
WALKS = [
    (Action.CLAIM, State.SUBMITTED, "coordinator"),
    (Action.RELEASE, State.IN_REVIEW, "coordinator"),
    (Action.REQUEST_INFO, State.IN_REVIEW, "coordinator"),
    (Action.PROVIDE_INFO, State.INFO_REQUESTED, "delegate"),
    (Action.ACCEPT, State.IN_REVIEW, "coordinator"),
    (Action.DECLINE, State.IN_REVIEW, "coordinator"),
    (Action.WAITLIST, State.ACCEPTED, "coordinator"),
    (Action.UNWAITLIST, State.WAITLISTED, "coordinator"),
    (Action.SCHEDULE, State.ACCEPTED, "coordinator"),
    (Action.RESCHEDULE, State.SCHEDULED, "coordinator"),
    (Action.CANCEL_APPOINTMENT, State.SCHEDULED, "coordinator"),
    (Action.RECORD_NO_SHOW, State.SCHEDULED, "coordinator"),
    (Action.START_CARE, State.SCHEDULED, "clinician"),
    (Action.ADD_INTERIM_NOTE, State.IN_CARE, "clinician"),
    (Action.COMPLETE, State.IN_CARE, "clinician"),
    (Action.CLOSE, State.COMPLETED, "physician"),
    (Action.CANCEL, State.SUBMITTED, "physician"),
    (Action.REQUEST_CANCEL, State.ACCEPTED, "physician"),
    (Action.CONFIRM_CANCEL, State.CANCEL_REQUESTED, "coordinator"),
    (Action.REFUSE_CANCEL, State.CANCEL_REQUESTED, "coordinator"),
    (Action.REDIRECT, State.IN_REVIEW, "coordinator"),
    (Action.MARK_UNABLE, State.ACCEPTED, "coordinator"),
    (Action.REOPEN, State.COMPLETED, "coordinator"),
    (Action.RESUBMIT, State.DECLINED, "physician"),
    (Action.MARK_ERROR, State.SUBMITTED, "clinic_admin"),
    (Action.ASSIGN, State.IN_REVIEW, "coordinator"),
    (Action.CHANGE_PRIORITY, State.IN_REVIEW, "coordinator"),
    (Action.LOG_CONTACT, State.ACCEPTED, "coordinator"),
    (Action.REVOKE_CONSENT, State.IN_REVIEW, "physician"),
]


@pytest.mark.parametrize(("action", "state", "part"), WALKS, ids=lambda v: str(v))
def test_each_action_can_be_made_on_its_page(
    cast: Cast, action: Action, state: State, part: str
) -> None:
    referral = referral_at(state, cast)
    client = browser(cast, part)
    answer = send(client, referral, action, **typed(action, referral, cast))
    assert answer.status_code == 303, answer.context and answer.context["form"].errors
    last = TimelineEntry.objects.filter(referral=referral).latest("number")
    assert last.action == action
    assert last.actor_user_id == getattr(cast, part).pk
    shown = client.get(answer["Location"], follow=True).content.decode()
    assert consequences.done(action, referral) in shown


def test_a_safety_flag_is_reviewed_from_its_link(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast, **HEART)
    client = browser(cast, "clinician")
    page = client.get(act_url(referral, Action.REVIEW_FLAG) + "?rule=K-01")
    assert page.context["form"].initial["rule"] == "K-01"
    answer = send(client, referral, Action.REVIEW_FLAG, rule="K-01", note="Stable, cardiology.")
    assert answer.status_code == 303
    assert referral.flag_reviews.get().note == "Stable, cardiology."


def test_the_walks_above_leave_out_no_action() -> None:
    elsewhere = {Action.SUBMIT, Action.EXPIRE, Action.REVIEW_FLAG}
    assert {a for a, _, _ in WALKS} == set(MOVE_FOR) - elsewhere


@pytest.mark.parametrize(("action", "state", "part"), WALKS, ids=lambda v: str(v))
def test_the_consequence_stands_on_the_page_in_words(
    cast: Cast, action: Action, state: State, part: str
) -> None:
    referral = referral_at(state, cast)
    text = browser(cast, part).get(act_url(referral, action)).content.decode()
    assert MOVE_FOR[action].consequence.replace("'", "&#x27;") in text


# --- Refusals ----------------------------------------------------------------------------------


def test_a_stranger_finds_nothing_for_any_action(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    for part in ("stranger", "other_coordinator", "nobody"):
        client = browser(cast, part)
        for action in MOVE_FOR:
            assert client.get(act_url(referral, action)).status_code == 404
            assert client.post(act_url(referral, action), {"version": 2}).status_code == 404
    assert referral.timeline.count() == 3


@pytest.mark.parametrize(
    ("part", "action"),
    [("physician", Action.ACCEPT), ("coordinator", Action.START_CARE),
     ("coordinator", Action.CANCEL), ("clinic_admin", Action.CLAIM), ("delegate", Action.DECLINE),
     ("coordinator", Action.EXPIRE)],
)  # fmt: skip
def test_a_role_that_may_not_is_refused(cast: Cast, part: str, action: Action) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, part)
    before = AccessEntry.objects.count()
    assert client.get(act_url(referral, action)).status_code == 403
    assert client.post(act_url(referral, action), {"version": 3}).status_code == 403
    # Refused before the record was opened, so nobody is said to have read it.
    assert AccessEntry.objects.count() == before


def test_an_unknown_action_is_not_found(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "coordinator")
    for slug in ("explode", "create", "request_info"):
        assert client.get(f"{detail_url(referral)}{slug}/").status_code == 404


def test_other_methods_are_refused(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    for method in ("put", "patch", "delete"):
        answer = getattr(browser(cast, "coordinator"), method)(act_url(referral, Action.ACCEPT))
        assert answer.status_code == 405


def test_a_visitor_signs_in_first(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    assert Client().post(act_url(referral, Action.ACCEPT)).status_code == 302
    referral.refresh_from_db()
    assert referral.state == State.IN_REVIEW


def test_a_form_without_its_token_is_refused(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.coordinator)
    assert client.post(act_url(referral, Action.CLAIM), {"version": 2}).status_code == 403


def test_a_state_that_does_not_allow_it_says_what_is_possible(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    page = browser(cast, "coordinator").get(act_url(referral, Action.SCHEDULE))
    assert page.status_code == 409
    assert act_url(referral, Action.CLAIM) in page.content.decode()
    assert "is not possible now" in page.content.decode()


# --- Somebody was faster -----------------------------------------------------------------------


def test_of_two_coordinators_the_second_reads_who_was_faster(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    first, second = browser(cast, "coordinator"), browser(cast, "second_coordinator")
    form = hidden(second.get(act_url(referral, Action.CLAIM)))
    assert send(first, referral, Action.CLAIM).status_code == 303
    late = second.post(act_url(referral, Action.CLAIM), form)
    text = late.content.decode()
    assert late.status_code == 409
    assert "Claimed for review: Coordinator, coordinator" in text
    referral.refresh_from_db()
    assert referral.reviewer_id == cast.coordinator.pk


def test_a_stale_page_keeps_what_was_typed_and_can_be_sent_again(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "coordinator")
    answers = {"reason": "no_capacity", "alternative": "Winter Park has openings."}
    form = hidden(client.get(act_url(referral, Action.DECLINE)))
    act(referral, Action.ASSIGN, cast.actor("second_coordinator"), inputs(Action.ASSIGN, cast))
    stale = client.post(act_url(referral, Action.DECLINE), {**form, **answers})
    assert stale.status_code == 412
    assert "Reviewer assigned: Second Coordinator, coordinator" in stale.content.decode()
    assert "Winter Park has openings." in stale.content.decode()
    again = client.post(act_url(referral, Action.DECLINE), {**hidden(stale), **answers})
    assert again.status_code == 303
    referral.refresh_from_db()
    assert referral.state == State.DECLINED


def test_a_form_without_its_version_changes_nothing(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    for version in ("", "x", "-1", "²", "9" * 30):
        answer = browser(cast, "coordinator").post(
            act_url(referral, Action.CLAIM), {"version": version}
        )
        assert answer.status_code == 412
    referral.refresh_from_db()
    assert referral.state == State.SUBMITTED


@pytest.mark.parametrize("action", [Action.CLAIM, Action.LOG_CONTACT])
def test_a_double_click_acts_once_and_ends_well(cast: Cast, action: Action) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    client = browser(cast, "coordinator")
    form = {**hidden(client.get(act_url(referral, action))), **inputs(action, cast)}
    answers = [client.post(act_url(referral, action), form) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert referral.timeline.filter(action=action).count() == 1


def test_a_refused_form_can_be_sent_again(cast: Cast) -> None:
    """The word of a form is not used up by a refusal."""
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "coordinator")
    form = hidden(client.get(act_url(referral, Action.CHANGE_PRIORITY)))
    url = act_url(referral, Action.CHANGE_PRIORITY)
    assert client.post(url, {**form, "priority": "p1"}).status_code == 400
    assert client.post(url, {**form, "priority": "p1", "comment": "Call."}).status_code == 303


# --- Faults beside their fields ----------------------------------------------------------------


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    page = send(browser(cast, "coordinator"), referral, Action.SCHEDULE, day=day(3),
                start_time="10:00", end_time="09:00", time_zone="America/New_York",
                mode="in_person")  # fmt: skip
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"place"}
    page = send(browser(cast, "coordinator"), referral, Action.SCHEDULE, day=day(3),
                start_time="10:00", end_time="09:00", time_zone="America/New_York",
                mode="video")  # fmt: skip
    assert page.context["form"].errors["end_time"] == ["The end must be after the start."]
    assert 'value="09:00"' in page.content.decode()


def test_an_appointment_is_kept_in_the_zone_that_was_chosen(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    send(browser(cast, "coordinator"), referral, Action.SCHEDULE, day="2027-07-05",
         start_time="09:30", end_time="10:30", time_zone="America/Chicago",
         mode="video")  # fmt: skip
    assert referral.appointments.get().start.isoformat() == "2027-07-05T14:30:00+00:00"


def test_a_comment_is_asked_where_the_reason_demands_it(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    page = send(browser(cast, "coordinator"), referral, Action.DECLINE, reason="other",
                alternative="Ask us next month.")  # fmt: skip
    assert set(page.context["form"].errors) == {"comment"}


def test_a_coordinator_is_offered_no_clinical_reason(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    reasons = {}
    for part in ("coordinator", "clinician"):
        form = browser(cast, part).get(act_url(referral, Action.DECLINE)).context["form"]
        reasons[part] = {code for code, _ in form.fields["reason"].choices}
    assert "pregnancy" in reasons["clinician"]
    assert "pregnancy" not in reasons["coordinator"]
    forced = send(browser(cast, "coordinator"), referral, Action.DECLINE, reason="pregnancy",
                  alternative="None")  # fmt: skip
    assert forced.status_code == 400


def test_a_request_starts_from_what_is_missing_and_each_item_has_its_note(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "coordinator")
    page = client.get(act_url(referral, Action.REQUEST_INFO))
    groups = [group["title"] for group in page.context["form"].rows()]
    assert groups == ["Not in this referral yet", "Something else"]
    send(client, referral, Action.REQUEST_INFO, **typed(Action.REQUEST_INFO, referral, cast))
    items = referral.information_requests.get().items.all()
    assert [(i.code, i.note) for i in items] == [
        ("medications", None), ("other", "The imaging center's name"),
    ]  # fmt: skip


def test_each_item_is_answered_or_declined_in_place(cast: Cast) -> None:
    referral = referral_at(State.INFO_REQUESTED, cast)
    item = referral.information_requests.get().items.get()
    client = browser(cast, "physician")
    page = send(client, referral, Action.PROVIDE_INFO)
    assert set(page.context["form"].errors) == {f"answer__{item.pk}"}
    done = send(client, referral, Action.PROVIDE_INFO,
                **{f"declined_because__{item.pk}": "The pharmacy is closed."})  # fmt: skip
    assert done.status_code == 303
    item.refresh_from_db()
    assert item.declined_because == "The pharmacy is closed."


def test_acceptance_names_a_licensed_reviewer_and_says_when_flags_wait(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast, **HEART)
    client = browser(cast, "coordinator")
    page = client.get(act_url(referral, Action.ACCEPT))
    assert "Needs clinician review" in page.content.decode()
    assert [name for _, name in page.context["form"].fields["licensed_reviewer"].choices] == [
        "Choose one", "Clinician",
    ]  # fmt: skip
    refused = send(client, referral, Action.ACCEPT, expected_by=day(14),
                   licensed_reviewer=str(cast.clinician.pk))  # fmt: skip
    assert refused.status_code == 400
    assert "safety flag" in refused.content.decode()


def test_a_new_draft_opens_after_sending_again(cast: Cast) -> None:
    referral = referral_at(State.DECLINED, cast)
    answer = send(browser(cast, "physician"), referral, Action.RESUBMIT)
    draft = Referral.objects.get(replaces=referral)
    assert answer["Location"] == detail_url(draft)


def test_the_officer_confirms_an_error_and_loses_sight_of_it(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    act(referral, Action.MARK_ERROR, cast.actor("clinic_admin"), {"reason": "Wrong person"})
    answer = send(browser(cast, "privacy"), referral, Action.MARK_ERROR)
    assert answer.status_code == 303
    assert answer["Location"] == "/"
    referral.refresh_from_db()
    assert referral.state == State.ENTERED_IN_ERROR


def test_each_form_offers_the_fields_of_its_serializer(cast: Cast) -> None:
    """A field added to an action's input appears on its page, or this fails."""
    from referrals.lifecycle.inputs import INPUTS

    for action, serializer in INPUTS.items():
        if action in OWN:
            continue
        form = form_of(action, action_forms.Ask())
        shown = {name.split("__")[0] for name in form.fields}
        assert shown == set(serializer().fields), action
    assert set(asks.ASKS) <= set(MOVE_FOR)
    assert set(actions.TEMPLATES) <= set(MOVE_FOR)
    assert State.IN_REVIEW in PATHS


def test_what_was_sent_after_the_session_had_run_out_is_still_there(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "coordinator")
    form = hidden(client.get(act_url(referral, Action.DECLINE)))
    UserSession.objects.update(last_seen_at=clock.now() - timedelta(days=1))
    answers = {"reason": "no_capacity", "alternative": "Winter Park has openings."}
    assert client.post(act_url(referral, Action.DECLINE), {**form, **answers}).status_code == 302
    client.force_login(cast.coordinator)
    page = client.get(act_url(referral, Action.DECLINE))
    assert "Winter Park has openings." in page.content.decode()
    done = client.post(act_url(referral, Action.DECLINE), {**hidden(page), **answers})
    assert done.status_code == 303
