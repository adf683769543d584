"""A referral written and sent in a real browser: by mouse, by keys, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from referrals.lifecycle import State
from referrals.models import Referral
from tests.cast import PASSWORD, Cast
from tests.walks import referral_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
WIDTHS = pytest.mark.parametrize("width", [390, 1280])


def sign_in(page: Page, part: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", f"{part}@tests.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


def check(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the window."""
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def go_on(page: Page) -> None:
    page.locator(".tw-foot button[value=next]").click()
    page.wait_for_load_state()


def choose(page: Page, name: str, words: str) -> None:
    page.locator(f"#id_{name} label", has_text=words).first.click()


def patient(page: Page) -> None:
    choose(page, "clinic", "Apopka")
    choose(page, "service", "Dual-diagnosis")
    page.fill("#id_patient-given_name", "Ottilie")
    page.fill("#id_patient-family_name", "Brandvold")
    page.fill("#id_patient-birth_date", "4/12/1979")
    page.fill("#id_patient-phone", "407 555 0142")
    choose(page, "patient-ok_to_leave_message", "Yes")
    page.select_option("#id_patient-state", "FL")
    choose(page, "consent-patient_agrees", "Yes")
    choose(page, "consent-basis", "Treatment")
    choose(page, "consent-part2_source", "No")


def why(page: Page) -> None:
    page.fill("#id_request-reason", "Both conditions; tried treatments help little.")
    choose(page, "request-urgency", "Routine")
    page.fill("#id_pain-diagnoses", "M54.16")
    page.fill("#id_pain-onset", "03/2021")
    choose(page, "trauma-ptsd_status", "Positive screen")


@WIDTHS
def test_a_referral_is_written_and_sent(cast: Cast, open_page: OpenPage, width: int) -> None:
    page = open_page(width=width)
    sign_in(page, "physician")
    check(page)
    page.click("text=New referral >> nth=-1")
    check(page)
    patient(page)
    go_on(page)
    check(page)
    why(page)
    go_on(page)
    check(page)
    choose(page, "safety-danger_now", "No")
    page.focus("#id_phq-9-0_0")
    page.keyboard.type("111111110")
    page.fill("#id_phq-9-on", "01/05/2026")
    page.wait_for_selector("text=Total 8 of 27")
    go_on(page)
    check(page)
    page.click("text=Send referral")
    page.wait_for_url("**/sent/")
    check(page)
    one = Referral.objects.get()
    assert one.state == State.SUBMITTED
    assert page.locator(".tw-sent__ref").inner_text() == one.reference
    page.goto("/referrals/")
    check(page)


def test_it_works_without_javascript(cast: Cast, open_page: OpenPage) -> None:
    page = open_page(width=320, java_script_enabled=False)
    sign_in(page, "physician")
    page.goto("/referrals/new/")
    patient(page)
    go_on(page)
    why(page)
    go_on(page)
    choose(page, "safety-danger_now", "No")
    page.locator("label[for=id_safety-suicide_screen]").click()
    go_on(page)
    page.click("text=Send referral")
    page.wait_for_url("**/sent/")
    assert Referral.objects.get().state == State.SUBMITTED


def test_typing_is_kept_by_itself(cast: Cast, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page, "physician")
    page.goto("/referrals/new/")
    page.fill("#id_patient-given_name", "Ottilie")
    page.wait_for_selector("[data-autosave-status]:has-text('Saved at')")
    assert page.url.endswith("/edit/patient/")
    page.fill("#id_patient-birth_date", "13/13")
    page.wait_for_selector("text=1 answer needs another look.")
    assert page.locator("[data-error-summary]").count() == 0
    page.reload()
    assert page.input_value("#id_patient-given_name") == "Ottilie"


def test_danger_speaks_at_once(cast: Cast, open_page: OpenPage) -> None:
    one = referral_at(State.DRAFT, cast)
    page = open_page()
    sign_in(page, "physician")
    page.goto(f"/referrals/{one.pk}/edit/safety/")
    assert not page.locator("[data-danger]").is_visible()
    choose(page, "safety-danger_now", "Yes")
    assert page.locator("[data-danger]").is_visible()
    go_on(page)
    page.wait_for_url("**/danger/")
    assert page.locator("h2", has_text="This portal is not an emergency service").is_visible()
    for size in (390, 1280):
        page.set_viewport_size({"width": size, "height": 900})
        check(page)
    page.fill("#id_action_taken", "911 was called; a colleague stays with the patient.")
    page.locator("label[for=id_danger_acknowledged]").click()
    page.click("text=I have acted, go on")
    page.wait_for_url("**/edit/check/")
    check(page)


def test_digit_keys_choose_and_move_on(cast: Cast, open_page: OpenPage) -> None:
    one = referral_at(State.DRAFT, cast, instruments=[])
    page = open_page()
    sign_in(page, "physician")
    page.goto(f"/referrals/{one.pk}/edit/safety/")
    page.focus("#id_peg-0_0")
    page.keyboard.press("1")
    page.keyboard.press("0")
    page.keyboard.type("78")
    assert page.locator("#scale-peg [data-running]").inner_text() == "Running mean 8.3"
    page.focus("#id_peg-2_8")
    page.keyboard.press("Delete")
    assert page.locator("#scale-peg [data-running]").inner_text() == "2 of 3 answered"
    page.fill("#id_peg-on", "01/05/2026")
    go_on(page)
    assert page.url.endswith("/edit/check/")


@WIDTHS
def test_an_error_leads_to_its_field(cast: Cast, chromium, live_server, width: int) -> None:
    """In a browser of its own: the answer 400 is logged there as an error."""
    one = referral_at(State.DRAFT, cast)
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    sign_in(page, "physician")
    page.goto(f"/referrals/{one.pk}/edit/patient/")
    page.fill("#id_patient-birth_date", "4/12/2052")
    go_on(page)
    check(page)
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    page.click("text=did you mean 1952?  >> nth=0")
    assert page.evaluate("document.activeElement.id") == "id_patient-birth_date"
    assert page.input_value("#id_patient-birth_date") == "4/12/2052"
    context.close()
