"""Messages on a referral's page."""

import pytest
from django.urls import reverse

from referrals.lifecycle import State
from referrals.models import Message, Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import referral_at


def url(referral: Referral) -> str:
    return reverse("referrals:message", args=[referral.pk])


@pytest.mark.parametrize(
    ("part", "side"), [("physician", "practice"), ("delegate", "practice"),
                       ("coordinator", "clinic"), ("clinician", "clinic")],
)  # fmt: skip
def test_both_sides_write_and_read(cast: Cast, part: str, side: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, part)
    answer = client.post(url(referral), {"body": "Calls after three, please."})
    assert answer.status_code == 303
    assert answer["Location"].endswith("#stream")
    assert Message.objects.get().side == side
    for reader in ("physician", "coordinator"):
        page = browser(cast, reader).get(reverse("referrals:detail", args=[referral.pk]))
        assert "Calls after three, please." in page.content.decode()


@pytest.mark.parametrize(
    ("part", "status"), [("stranger", 404), ("other_coordinator", 404), ("nobody", 404),
                         ("clinic_admin", 403)],
)  # fmt: skip
def test_others_write_nothing(cast: Cast, part: str, status: int) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    assert browser(cast, part).post(url(referral), {"body": "Hello"}).status_code == status
    assert browser(cast, part).get(url(referral)).status_code == status
    assert Message.objects.count() == 0


def test_a_double_click_writes_one_message(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "physician")
    for _ in range(2):
        answer = client.post(url(referral), {"body": "Once", "attempt": "w" * 32})
        assert answer.status_code == 303
    assert Message.objects.count() == 1


@pytest.mark.parametrize("body", ["", "   ", "x" * 4001, "\x00"])
def test_a_refused_message_is_kept_in_its_box(cast: Cast, body: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, "physician").post(url(referral), {"body": body})
    assert page.status_code == 400
    assert page.context["error"]
    assert page.context["body"] == body


def test_a_draft_takes_no_message(cast: Cast) -> None:
    referral = referral_at(State.DRAFT, cast)
    page = browser(cast, "physician").post(url(referral), {"body": "Too early"})
    assert page.status_code == 409
    assert "Too early" in page.content.decode()


def test_other_methods_are_refused(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    assert browser(cast, "physician").put(url(referral)).status_code == 405
