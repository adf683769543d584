"""The page of one referral: who sees what, what is logged, how many queries."""

import pytest
from django.test import Client
from django.urls import reverse

from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.operations import conversation
from tests.cast import Cast
from tests.portal.pages.doors import act_url, browser, detail_url
from tests.walks import act, inputs, referral_at

SIDES = ("physician", "therapist", "delegate", "coordinator", "clinician", "clinic_admin")
STRANGERS = ("stranger", "practice_admin", "other_coordinator", "privacy", "nobody")
# A finding that a clinician has to review (rule K-01).
HEART = {"medical": {"k01": "yes"}}


@pytest.mark.parametrize("part", SIDES)
def test_both_sides_see_the_referral(cast: Cast, part: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, part).get(detail_url(referral))
    assert page.status_code == 200
    for words in (referral.reference, "Marisol Quintrell", "M54.16", "Timeline and messages"):
        assert words in page.content.decode()


@pytest.mark.parametrize("part", STRANGERS)
def test_a_stranger_finds_nothing(cast: Cast, part: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    assert browser(cast, part).get(detail_url(referral)).status_code == 404


def test_a_visitor_is_asked_to_sign_in(cast: Cast) -> None:
    page = Client().get(detail_url(referral_at(State.SUBMITTED, cast)))
    assert page.status_code == 302
    assert reverse("account_login") in page["Location"]


def test_it_refuses_to_be_posted_to(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    assert browser(cast, "physician").post(detail_url(referral)).status_code == 405


@pytest.mark.parametrize("state", list(State))
def test_it_opens_in_every_state(cast: Cast, state: State) -> None:
    referral = referral_at(state, cast)
    page = browser(cast, "physician").get(detail_url(referral))
    assert page.status_code == 200
    assert referral.reference in page.content.decode()


def test_each_look_is_logged_once(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    before = AccessEntry.objects.count()
    browser(cast, "coordinator").get(detail_url(referral))
    entry = AccessEntry.objects.latest("pk")
    assert AccessEntry.objects.count() == before + 1
    assert (entry.verb, entry.referral_id, entry.user_id) == (
        "read", referral.pk, str(cast.coordinator.pk),
    )  # fmt: skip


def test_the_one_button_is_the_table_s_first(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    page = browser(cast, "coordinator").get(detail_url(referral))
    assert page.context["header"]["primary"].action == Action.CLAIM
    assert act_url(referral, Action.CLAIM) in page.content.decode()
    assert browser(cast, "physician").get(detail_url(referral)).context["header"]["primary"] is None


def test_a_clinician_sees_flags_with_their_basis(cast: Cast) -> None:
    page = browser(cast, "clinician").get(detail_url(referral_at(State.IN_REVIEW, cast, **HEART)))
    text = page.content.decode()
    assert "Rule K-01" in text
    assert "Decision support. A clinician decides." in text
    assert "Review K-01" in text


def test_a_coordinator_sees_that_a_clinician_is_needed_and_no_finding(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast, **HEART)
    page = browser(cast, "coordinator").get(detail_url(referral))
    assert "Needs clinician review" in page.content.decode()
    assert "Rule K-01" not in page.content.decode()
    assert page.context["flags"] == []


def test_the_referrer_sees_the_finding_and_not_what_the_clinic_noted(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast, **HEART)
    act(referral, Action.REVIEW_FLAG, cast.actor("clinician"),
        inputs(Action.REVIEW_FLAG, cast))  # fmt: skip
    text = browser(cast, "physician").get(detail_url(referral)).content.decode()
    assert "Rule K-01" in text and "The clinic reviews this" in text
    assert "Needs clinician review" not in text
    assert "Safety flag reviewed" not in text and "Review K-01" not in text
    assert inputs(Action.REVIEW_FLAG, cast)["note"] not in text


def test_a_delegate_sees_no_finding(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast, **HEART)
    text = browser(cast, "delegate").get(detail_url(referral)).content.decode()
    assert "Rule K-01" not in text and "Safety flags" not in text


def test_an_open_question_stands_on_top_with_its_answer_page(cast: Cast) -> None:
    referral = referral_at(State.INFO_REQUESTED, cast)
    text = browser(cast, "physician").get(detail_url(referral)).content.decode()
    assert "The clinic asks you" in text
    assert "Current medications and doses" in text
    assert act_url(referral, Action.PROVIDE_INFO) in text
    clinic = browser(cast, "coordinator").get(detail_url(referral)).content.decode()
    assert "Asked of the practice" in clinic
    assert act_url(referral, Action.PROVIDE_INFO) not in clinic


def test_the_outcome_with_the_plan_for_both_conditions_is_there(cast: Cast) -> None:
    text = browser(cast, "physician").get(
        detail_url(referral_at(State.COMPLETED, cast))
    ).content.decode()  # fmt: skip
    for words in ("Evaluated and treated.", "Paced movement.", "Continue therapy.",
                  "Sleep first.", "Treated, back to referrer"):  # fmt: skip
        assert words in text


def test_a_delegate_s_step_shows_both_names(cast: Cast) -> None:
    referral = referral_at(State.INFO_REQUESTED, cast)
    act(referral, Action.PROVIDE_INFO, cast.actor("delegate"),
        inputs(Action.PROVIDE_INFO, cast))  # fmt: skip
    text = browser(cast, "clinician").get(detail_url(referral)).content.decode()
    assert "Delegate for Physician" in text


def test_revoked_consent_closes_protected_content_to_the_clinic_alone(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"))
    page = browser(cast, "clinician").get(detail_url(referral))
    clinic = page.content.decode()
    assert "M54.16" not in clinic
    assert "Quintrell" not in clinic
    assert (page.context["header"]["age"], page.context["header"]["reason"]) == (None, "")
    assert "consent was revoked" in clinic
    assert "M54.16" in browser(cast, "physician").get(detail_url(referral)).content.decode()


def test_the_privacy_officer_sees_the_request_and_no_patient(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    act(referral, Action.MARK_ERROR, cast.actor("clinic_admin"), {"reason": "Typed for another"})
    text = browser(cast, "privacy").get(detail_url(referral)).content.decode()
    assert "Typed for another" in text
    assert "Quintrell" not in text
    assert "M54.16" not in text


def test_the_stream_can_be_narrowed(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    conversation.post(
        referral.pk, by=cast.actor("physician"), data={"body": "A word on sleep"}, door="portal"
    )
    client = browser(cast, "coordinator")
    only = client.get(detail_url(referral) + "?show=messages").context["stream"]
    assert [item.body for item in only] == ["A word on sleep"]
    steps = client.get(detail_url(referral) + "?show=moves").context["stream"]
    assert "message" not in {item.kind for item in steps}
    assert len(client.get(detail_url(referral) + "?show=nonsense").context["stream"]) == 4


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "clinician")
    say = {"body": "A first word."}
    conversation.post(referral.pk, by=cast.actor("physician"), data=say, door="portal")
    client.get(detail_url(referral))  # the first request of a session does more
    few = _queries(client, detail_url(referral))
    for number in range(40):
        conversation.post(
            referral.pk, by=cast.actor("physician"), data={"body": f"Word {number}"}, door="portal"
        )
        act(referral, Action.LOG_CONTACT, cast.actor("coordinator"),
            inputs(Action.LOG_CONTACT, cast))  # fmt: skip
    client.get(detail_url(referral))  # remembers how far was read
    assert _queries(client, detail_url(referral)) == few


def _queries(client: Client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_printed_page_has_reference_and_notices_and_is_logged_as_printing(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast, consent={"part2_source": "yes"})
    page = browser(cast, "physician").get(reverse("referrals:print", args=[referral.pk]))
    text = page.content.decode()
    assert "42 CFR Part 2" in text
    assert text.count(referral.reference) >= 3
    assert AccessEntry.objects.latest("pk").verb == "print"


def test_a_stranger_prints_nothing(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    address = reverse("referrals:print", args=[referral.pk])
    assert browser(cast, "stranger").get(address).status_code == 404


def test_a_language_is_named_and_a_question_keeps_its_mark(cast: Cast) -> None:
    therapy = {"therapy": "emdr", "sessions": 8, "ongoing": "no"}
    referral = referral_at(
        State.IN_REVIEW, cast, patient={"language": "ht"},
        trauma={"ptsd_status": "positive_screen", "therapies": [therapy]},
    )  # fmt: skip
    text = browser(cast, "clinician").get(detail_url(referral)).content.decode()
    assert "Haitian Creole" in text and "?:" not in text
