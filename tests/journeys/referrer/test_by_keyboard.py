"""A referral filed by keyboard alone: the submit set, then PCL-5, PHQ-9 with item 9, C-SSRS.

No mouse, no script that fills in: Tab, arrows, digits, letters and Enter. The time and the
number of key presses are printed (pytest -s).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from referrals.lifecycle import State
from referrals.models import Referral
from tests.cast import Cast
from tests.journeys.referrer.test_new_referral import check, sign_in
from tests.walks import referral_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
MOST_TABS = 400


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses, self.began = page, 0, time.monotonic()

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.presses += 1

    def type(self, text: str) -> None:
        for letter in text:
            self.page.keyboard.type(letter)
            self.presses += 1

    def to(self, selector: str) -> None:
        """Tab until this element, or one inside it, has the focus."""
        for _ in range(MOST_TABS):
            if self.page.evaluate("s => !!document.activeElement.closest(s)", selector):
                return
            self.press("Tab")
        raise AssertionError(f"Tab never reaches {selector}")

    def write(self, name: str, text: str) -> None:
        self.to(f"#id_{name}")
        self.type(text)

    def pick(self, name: str, place: int) -> None:
        """The answer in this place of a group of radios: Space, then arrows."""
        self.to(f"#id_{name}")
        self.press("Space")
        for _ in range(place):
            self.press("ArrowDown")

    def figures(self, what: str) -> None:
        took = time.monotonic() - self.began
        print(f"{what}: {self.presses} key presses, {took:.1f} s")  # noqa: T201


def patient(keys: Keyboard) -> None:
    keys.pick("clinic", 0)
    keys.pick("service", 0)
    keys.write("patient-given_name", "Ottilie")
    keys.write("patient-family_name", "Brandvold")
    keys.write("patient-birth_date", "4/12/1979")
    keys.write("patient-phone", "4075550142")
    keys.pick("patient-ok_to_leave_message", 0)
    keys.to("#id_patient-state")
    keys.type("Fl")
    keys.pick("consent-patient_agrees", 0)
    keys.pick("consent-basis", 0)
    keys.pick("consent-part2_source", 1)


def why(keys: Keyboard) -> None:
    keys.write("request-reason", "Both conditions")
    keys.pick("request-urgency", 0)
    keys.write("pain-diagnoses", "radiculopathy lumbar")
    keys.page.wait_for_selector(".tw-codes li")
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.write("pain-onset", "03/2021")
    keys.pick("trauma-ptsd_status", 2)


def scale(keys: Keyboard, name: str, digits: str) -> None:
    """Digits alone: each chooses and moves on; then the date."""
    keys.to(f"#scale-{name} .tw-item")
    keys.type(digits)
    keys.write(f"{name}-on", "01/05/2026")


def enter(keys: Keyboard, step: str) -> None:
    """Enter in a field saves the step and goes on."""
    keys.press("Enter")
    keys.page.wait_for_url(f"**/edit/{step}/")


def test_a_referral_is_filed_by_keyboard_alone(cast: Cast, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page, "physician")
    page.goto("/referrals/new/")
    keys = Keyboard(page)
    patient(keys)
    keys.to(".tw-foot button[value=next]")
    enter(keys, "why")
    why(keys)
    keys.to(".tw-foot button[value=next]")
    enter(keys, "safety")
    keys.pick("safety-danger_now", 1)
    # C-SSRS: a wish, no thoughts; items 3 to 5 are passed over with Tab.
    keys.to("#scale-c-ssrs .tw-item")
    keys.type("10")
    keys.to("#id_c-ssrs-5")
    keys.type("0")
    keys.write("c-ssrs-on", "01/05/2026")
    scale(keys, "phq-9", "111111111")
    page.wait_for_selector("#scale-phq-9 :text('Total 9 of 27')")
    keys.figures("Submit set with PHQ-9 (item 9 positive) and C-SSRS")
    before = keys.presses
    scale(keys, "pcl-5", "2" * 20)
    assert keys.presses - before < 200
    page.wait_for_selector("#scale-pcl-5 :text('Total 40 of 80')")
    check(page)
    keys.to(".tw-foot button[value=next]")
    enter(keys, "check")
    check(page)
    keys.to(".tw-send button[type=submit]")
    keys.press("Enter")
    page.wait_for_url("**/sent/")
    keys.figures("The whole referral with PCL-5")
    one = Referral.objects.get()
    scores = {entry["instrument"]: entry for entry in one.content.instruments}
    assert one.state == State.SUBMITTED and one.content.pain["diagnoses"] == ["M54.16"]
    assert scores["pcl-5"]["items"] == [2] * 20 and scores["phq-9"]["items"][8] == 1
    assert scores["c-ssrs"]["items"] == [1, 0, None, None, None, 0, None]


def test_a_pcl_5_takes_twenty_digits(cast: Cast, open_page: OpenPage) -> None:
    """From the first item on: twenty presses, a running total, no mouse."""
    one = referral_at(State.DRAFT, cast, instruments=[])
    page = open_page()
    sign_in(page, "physician")
    page.goto(f"/referrals/{one.pk}/edit/section-instruments/")
    page.focus("#id_pcl-5-0_0")
    keys = Keyboard(page)
    keys.type("43210" * 3 + "4321")
    running = page.locator("#scale-pcl-5 [data-running]")
    assert running.inner_text() == "19 of 20 answered"
    keys.type("0")
    assert running.inner_text() == "Running total 40"
    assert keys.presses == 20
    check(page)
    keys.figures("PCL-5")
