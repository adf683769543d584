"""How soon a clinic usually answers: on both sides' pages, and before sending."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.presenters import usual
from referrals import clock
from referrals.lifecycle import Action, State
from referrals.models import Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.walks import act, draft, inputs, referral_at

SAID = "Usually answered in"


@pytest.fixture
def known(cast: Cast) -> Referral:
    """Five decisions of some days each, and one referral that waits."""
    start = clock.now() - timedelta(days=20)
    for number in range(5):
        with clock.at(start):
            one = referral_at(State.IN_REVIEW, cast, patient={"given_name": f"M{number}"})
        with clock.at(start + timedelta(days=7)):
            act(one, Action.DECLINE, cast.actor("coordinator"), inputs(Action.DECLINE, cast))
    return referral_at(State.SUBMITTED, cast)


def test_it_stands_where_somebody_waits(cast: Cast, known: Referral) -> None:
    doctor, coordinator = browser(cast, "physician"), browser(cast, "coordinator")
    sentence = usual.sentence(cast.clinic)
    assert sentence == f"{SAID} 5 working days."
    assert sentence in doctor.get("/").content.decode()
    assert sentence in coordinator.get("/worklist/").content.decode()
    for client in (doctor, coordinator):
        assert f"{sentence} Now " in client.get(detail_url(known)).content.decode()


def test_it_stands_before_sending(cast: Cast, known: Referral) -> None:
    waiting = draft(cast, patient={"given_name": "Zora"})
    page = browser(cast, "physician").get(f"/referrals/{waiting.pk}/edit/check/")
    assert usual.sentence(cast.clinic) in page.content.decode()


def test_too_few_decisions_say_nothing(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    assert SAID not in browser(cast, "physician").get(detail_url(referral)).content.decode()
