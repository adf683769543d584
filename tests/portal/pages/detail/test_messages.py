"""Messages on a referral's page."""

import pytest
from django.urls import reverse

from referrals.lifecycle import State
from referrals.models import Message, Reason, Referral
from referrals.operations import canned_answers, clinic_admin
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


# --- Drafts, ready-made texts, questions, read state ---------------------------------------------


def detail(cast: Cast, part: str, referral: Referral) -> str:
    page = browser(cast, part).get(reverse("referrals:detail", args=[referral.pk]))
    return page.content.decode()


def test_a_message_is_saved_for_later_without_javascript(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    answer = browser(cast, "physician").post(url(referral), {"body": "Half a th", "go": "keep"})
    assert answer.status_code == 303
    assert Message.objects.count() == 0
    assert "Half a th</textarea>" in detail(cast, "physician", referral)
    assert "Half a th" not in detail(cast, "delegate", referral)
    assert "Half a th" not in detail(cast, "coordinator", referral)


def test_a_message_is_kept_while_it_is_typed(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    keep = reverse("referrals:message-draft", args=[referral.pk])
    client = browser(cast, "coordinator")
    assert client.post(keep, {"body": "Typed so far"}).json() == {"saved": True}
    assert client.post(keep, {"body": "x" * 4001}).status_code == 400
    assert "Typed so far</textarea>" in detail(cast, "coordinator", referral)
    assert browser(cast, "stranger").post(keep, {"body": "x"}).status_code == 404


def test_a_ready_made_text_goes_below_what_is_typed(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    made = canned_answers.add(cast.clinic.pk, by=cast.actor("clinic_admin"),
                      data={"title": "Received", "text": "We read it today."})  # fmt: skip
    client = browser(cast, "coordinator")
    assert "Ready-made text" in detail(cast, "coordinator", referral)
    assert "Ready-made text" not in detail(cast, "physician", referral)
    answer = client.post(url(referral), {"body": "Hello.", "go": "insert", "canned": made.pk})
    assert answer["Location"].endswith("#message-body")
    assert "Hello.\n\nWe read it today.</textarea>" in detail(cast, "coordinator", referral)
    for value in ("nonsense", ""):
        answer = client.post(url(referral), {"body": "x", "go": "insert", "canned": value})
        assert answer.status_code == 404


def test_a_question_is_shown_open_and_then_answered(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    browser(cast, "coordinator").post(url(referral), {"body": "Which?", "item": "allergies"})
    page = detail(cast, "physician", referral)
    assert "Question from the clinic" in page
    assert "About: Allergies (not answered yet)" in page
    question = Message.objects.get()
    browser(cast, "delegate").post(url(referral), {"body": "None.", "answers": question.pk})
    assert "About: Allergies (answered)" in detail(cast, "coordinator", referral)


def test_a_clinics_own_items_are_offered_and_hidden_ones_are_not(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    admin = cast.actor("clinic_admin")
    own = clinic_admin.add_reason(cast.clinic.pk, by=admin, data={
        "kind": "info_item", "label": "Parking permit", "reason_class": "information"})  # fmt: skip
    clinic_admin.hide_reason(
        cast.clinic.pk, kind="info_item", code="allergies", hidden=True, by=admin
    )
    client = browser(cast, "coordinator")
    offered = dict(client.get(url(referral)).context["question_items"])
    assert offered[own.code] == "Parking permit"
    assert "allergies" not in offered and "medications" in offered
    sent = client.post(url(referral), {"body": "Which?", "item": own.code})
    assert sent.status_code == 303
    assert "About: Parking permit (not answered yet)" in detail(cast, "physician", referral)
    # Not offered, and still taken from whoever names it.
    assert client.post(url(referral), {"body": "Any?", "item": "allergies"}).status_code == 303


def test_another_clinics_item_is_unknown_in_a_message(cast: Cast) -> None:
    own = Reason.objects.create(
        kind="info_item", code="winter_park_permit", label="Permit", clinic=cast.other_clinic,
        reason_class="information", roles=["co", "cl"], position=99,
    )  # fmt: skip
    referral = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, "coordinator").post(url(referral), {"body": "Which?", "item": own.code})
    assert page.status_code == 400


def test_the_writer_sees_that_the_other_side_has_read(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    browser(cast, "physician").post(url(referral), {"body": "Hello"})
    assert "Not read yet" in detail(cast, "physician", referral)
    detail(cast, "coordinator", referral)
    assert "Read by the clinic" in detail(cast, "delegate", referral)
