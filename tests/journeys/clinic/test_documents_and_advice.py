"""Files, messages, answers in place and advice in a browser, at both widths, with axe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from referrals.lifecycle import Action, State
from referrals.models import Advice, Document, Message, Referral
from referrals.operations import canned_answers
from tests import files
from tests.cast import Cast
from tests.referrals.files import making
from tests.walks import act, inputs, referral_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
store_of_its_own = files.store_of_its_own
WIDTHS = (1280, 390)


def at_both_widths(page: Page, look: Callable[[Page], None]) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        look(page)


def chosen(name: str, data: bytes) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": data}


def test_files_by_page_by_message_and_in_an_answer(
    as_person: Callable[..., Page], cast: Cast, live_server: Any, look: Callable[[Page], None],
    store_of_its_own: Path,
) -> None:  # fmt: skip
    referral = referral_at(State.IN_REVIEW, cast)
    page = as_person("physician")
    page.goto(live_server.url + reverse("referrals:documents", args=[referral.pk]))
    page.set_input_files(
        "#upload-files", [chosen("letter.pdf", making.pdf()), chosen("page.pdf", b"<html>")]
    )
    page.get_by_text("These files hold no psychotherapy notes").click()
    page.get_by_role("button", name="Add files").click()
    page.wait_for_selector(".td-progress__bad")
    page.get_by_role("link", name="letter.pdf").wait_for()  # without loading the page again
    assert [d.name for d in Document.objects.all()] == ["letter.pdf"]
    at_both_widths(page, look)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="letter.pdf").click()
    assert Path(download.value.path()).read_bytes() == making.pdf()
    _message(as_person("coordinator"), cast, live_server, referral, look)
    _answer(page, cast, live_server, referral, look)


def _message(
    page: Page, cast: Cast, live_server: Any, referral: Referral, look: Callable[[Page], None]
) -> None:
    """A ready-made text, a draft that is kept by itself, and a file."""
    canned_answers.add(cast.clinic.pk, by=cast.actor("clinic_admin"),
               data={"title": "Form", "text": "Our form is attached."})  # fmt: skip
    here = live_server.url + reverse("referrals:detail", args=[referral.pk])
    page.goto(here)
    page.get_by_role("button", name="Put it in").click()
    page.wait_for_url("**#message-body")
    assert page.locator("#message-body").input_value() == "Our form is attached."
    page.locator("#message-body").press_sequentially(" See", delay=5)
    page.get_by_text("Kept as a draft.").wait_for()
    page.goto(here)
    assert "See" in page.locator("#message-body").input_value()
    page.locator(".td-say__more summary").click()
    page.set_input_files("#message-files", [chosen("form.pdf", making.pdf())])
    page.locator("label[for=message-attest]").click()
    at_both_widths(page, look)
    page.get_by_role("button", name="Send message").click()
    page.get_by_text("Message sent.").wait_for()
    assert Message.objects.get().documents.get().name == "form.pdf"


def _answer(
    page: Page, cast: Cast, live_server: Any, referral: Referral, look: Callable[[Page], None]
) -> None:
    codes = ("pain.mechanism", "medications", "imaging")
    asked = {**inputs(Action.REQUEST_INFO, cast), "items": [{"code": c} for c in codes]}
    act(referral, Action.REQUEST_INFO, cast.actor("coordinator"), asked)
    address = reverse("referrals:act", args=[referral.pk, Action.PROVIDE_INFO.slug])
    page.goto(live_server.url + address)
    at_both_widths(page, look)
    page.locator("label", has_text="Neuropathic").first.click()
    page.get_by_role("button", name="Save for later").click()
    page.get_by_text("The clinic sees nothing of it").wait_for()
    assert page.locator("input[name=pain-mechanism][value=neuropathic]").is_checked()
    look(page)


def test_a_question_is_asked_answered_and_turned_into_a_referral(
    as_person: Callable[..., Page], cast: Cast, live_server: Any, look: Callable[[Page], None]
) -> None:
    page = as_person("physician")
    page.goto(live_server.url + reverse("advice:new"))
    at_both_widths(page, look)
    page.get_by_text("Apopka Integrated Care").first.click()
    page.get_by_text("Whether this is for your clinic").click()
    page.locator("textarea[name=question]").fill("Pain and nightmares. Is this for you?")
    page.locator("[name=patient__family_name]").fill("Quintrell")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Asked. A clinician").wait_for()
    one = Advice.objects.get()
    clinic = as_person("clinician")
    clinic.goto(live_server.url + reverse("advice:detail", args=[one.pk]))
    clinic.locator("#advice-text").fill("Yes. Send the medicines along.")
    at_both_widths(clinic, look)
    clinic.get_by_role("button", name="Send answer").click()
    clinic.get_by_text("Answer sent.").wait_for()
    page.goto(live_server.url + reverse("advice:list"))
    at_both_widths(page, look)
    page.get_by_role("link", name="Whether this is for your clinic").click()
    page.get_by_role("button", name="Make a referral of it").click()
    page.wait_for_url("**/edit/patient/")
    assert page.locator("[name=patient-family_name]").input_value() == "Quintrell"
