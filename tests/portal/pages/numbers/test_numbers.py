"""The page of numbers: days in the address, definitions beside, a table under each drawing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from referrals import clock
from referrals.lifecycle import State
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import referral_at


def test_each_drawing_has_its_words_and_its_table(cast: Cast) -> None:
    referral_at(State.CLOSED, cast)
    referral_at(State.IN_REVIEW, cast, patient={"given_name": "Other"})
    referral_at(State.DECLINED, cast, patient={"given_name": "Another"})
    page = browser(cast, "coordinator").get("/numbers/").content.decode()
    drawings = re.findall(r'<svg role="img".*?</svg>', page, re.DOTALL)
    assert len(drawings) == 2
    assert all("<title" in d and "<desc" in d and "style=" not in d for d in drawings)
    # Drawn in pixels and shares of the width: nothing shrinks the words on a phone.
    assert all("viewBox" not in d and 'width="100%"' in d for d in drawings)
    assert page.count("<table") == 7
    assert "The first decision was to accept." in page
    assert "Marisol" not in page


def test_the_days_stand_in_the_address(cast: Cast) -> None:
    with clock.at(clock.now() - timedelta(days=200)):
        referral_at(State.SUBMITTED, cast)
    client = browser(cast, "coordinator")
    assert client.get("/numbers/").context["found"].sent == 0
    first = (clock.now() - timedelta(days=210)).date().isoformat()
    found = client.get("/numbers/", {"first": first, "last": clock.now().date().isoformat()})
    assert found.context["found"].sent == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"first": "2026-03-09", "last": "2026-03-01"}, "swap them"),
        ({"first": "yesterday", "last": "2026-03-01"}, "for example"),
        ({"first": "1990-01-01", "last": "2026-03-01"}, "three years"),
        ({"first": "2026-03-01"}, "to which day"),
    ],
)
def test_wrong_days_are_named_and_kept(cast: Cast, query: dict[str, str], words: str) -> None:
    answer = browser(cast, "coordinator").get("/numbers/", query)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert words in page and f'value="{query["first"]}"' in page


@pytest.mark.parametrize(("part", "status"), [("physician", 200), ("practice_admin", 200),
                                              ("clinic_admin", 200), ("privacy", 403)])  # fmt: skip
def test_who_sees_numbers(cast: Cast, part: str, status: int) -> None:
    assert browser(cast, part).get("/numbers/").status_code == status
