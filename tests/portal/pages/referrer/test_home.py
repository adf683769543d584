"""The home that fits the person, and its lists in a constant number of queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.presenters import referrer_home
from referrals import clock
from referrals.access.models import AccessEntry
from referrals.lifecycle import STATES, State, Turn
from referrals.models import Referral
from referrals.operations import conversation
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import draft, referral_at

HOME = "/"


def words(cast: Cast, part: str, url: str = HOME) -> str:
    page = browser(cast, part).get(url)
    assert page.status_code == 200
    return page.content.decode()


def lists(text: str) -> dict[str, str]:
    """The page's three parts by their heading's id."""
    names = ("needs-you", "on-its-way", "drafts")
    return {name: text.split(f'id="{name}"')[1].split("</section>")[0] for name in names}


@pytest.mark.parametrize("state", [s for s in State if s is not State.ENTERED_IN_ERROR])
def test_each_state_stands_in_its_list(cast: Cast, state: State) -> None:
    one = referral_at(state, cast)
    draft(cast)
    found = lists(words(cast, "physician"))
    turn = STATES[state].turn
    where = {Turn.PRACTICE: "needs-you", Turn.CLINIC: "on-its-way", Turn.NOBODY: None}[turn]
    where = "drafts" if state is State.DRAFT else where
    assert [name for name, text in found.items() if one.reference in text] == (
        [where] if where else []
    )


def test_an_open_question_of_the_clinic_needs_the_practice(cast: Cast, monkeypatch: Any) -> None:
    """The state is the clinic's turn, and its clock: the question is the practice's."""
    one = referral_at(State.IN_REVIEW, cast)
    asked = conversation.post(
        one.pk, by=cast.actor("coordinator"), data={"body": "Which dose?", "item": "medications"},
        door="portal",
    )  # fmt: skip
    monkeypatch.setattr(referrer_home, "MOST", 1)  # what is overdue does not push it off
    late = referral_at(State.COMPLETED, cast, patient={"family_name": "Other"})
    Referral.objects.filter(pk=late.pk).update(due_at=clock.now() - timedelta(days=9))
    found = lists(words(cast, "physician"))
    assert one.reference in found["needs-you"] and one.reference not in found["on-its-way"]
    assert "Answer the question" in found["needs-you"] and "Decision" not in found["needs-you"]
    data = {"body": "50 mg.", "answers": str(asked.pk)}
    conversation.post(one.pk, by=cast.actor("delegate"), data=data, door="portal")
    found = lists(words(cast, "physician"))
    assert one.reference in found["on-its-way"] and one.reference not in found["needs-you"]


def test_a_draft_says_what_is_left(cast: Cast) -> None:
    draft(cast)
    draft(cast, pain=None, safety=None)
    text = lists(words(cast, "physician"))["drafts"]
    assert "Ready to send" in text and "answers left" in text and "kept until" in text


def test_the_first_sign_in_shows_how_to_begin(cast: Cast) -> None:
    text = words(cast, "physician")
    assert "Your first referral" in text and reverse("referrals:new") in text


def test_a_stranger_sees_none_of_it(cast: Cast) -> None:
    one = referral_at(State.INFO_REQUESTED, cast)
    text = words(cast, "stranger")
    assert one.reference not in text and "Quintrell" not in text


@pytest.mark.parametrize("part", ["coordinator", "clinician", "clinic_admin"])
def test_the_clinic_lands_on_its_worklist(cast: Cast, part: str) -> None:
    assert browser(cast, part).get(HOME)["Location"] == reverse("worklist")


@pytest.mark.parametrize("part", ["privacy", "practice_admin", "nobody"])
def test_who_has_no_referrals_gets_a_simple_home(cast: Cast, part: str) -> None:
    referral_at(State.SUBMITTED, cast)
    text = words(cast, part)
    assert "Quintrell" not in text and "New referral" not in text


def test_looking_at_the_home_is_logged(cast: Cast) -> None:
    one = referral_at(State.SUBMITTED, cast)
    browser(cast, "physician").get(HOME)
    entry = AccessEntry.objects.filter(verb="list").latest("pk")
    assert str(one.pk) in str(entry.detail)


def _queries(cast: Cast, url: str) -> int:
    client = browser(cast, "physician")
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("url", [HOME, "/referrals/"])
def test_the_number_of_queries_does_not_grow(cast: Cast, url: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(referrer_home, "MOST", 100)
    for state in (State.SUBMITTED, State.DECLINED, State.DRAFT):
        referral_at(state, cast, patient={"given_name": state.name.title()})
    few = _queries(cast, url)
    for number in range(39):
        state = (State.SUBMITTED, State.DECLINED, State.DRAFT)[number % 3]
        referral_at(state, cast, patient={"given_name": f"Marisol {number}"})
    assert Referral.objects.count() >= 40
    assert _queries(cast, url) == few
