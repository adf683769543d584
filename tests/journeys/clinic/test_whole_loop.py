"""The clinic's side of one referral, from the worklist to the closed loop, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals import clock
from referrals.lifecycle import Action, State
from referrals.models import Referral
from tests.cast import Cast
from tests.walks import act, referral_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

HEART = {"medical": {"k01": "yes"}}
AsPerson = Callable[..., "Page"]
Look = Callable[["Page"], None]


def day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def choose(page: Page, action: str) -> None:
    """The action from the header: the one button, or the list beside it."""
    first = page.locator(".td-refhead__actions > a.usa-button")
    if first.count() and first.first.inner_text() == action:
        with page.expect_navigation():
            first.first.click()
        return
    page.get_by_text("More actions").click()
    listed = page.locator(".td-refhead__actions details")
    with page.expect_navigation():
        listed.get_by_role("link", name=action, exact=True).click()


def press(page: Page, label: str) -> None:
    """Send the form, and wait for what comes back: its effect is looked up right after."""
    with page.expect_navigation():
        page.locator("form.td-act").get_by_role("button", name=label, exact=True).click()


def state_of(referral: Referral) -> str:
    referral.refresh_from_db()
    return referral.state


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_worklist_to_the_closed_loop(
    cast: Cast, as_person: AsPerson, look: Look, width: int
) -> None:
    # Given a referral with a safety finding, just sent
    referral = referral_at(State.SUBMITTED, cast, **HEART)
    coordinator, physician, clinician = (
        as_person(part, width=width) for part in ("coordinator", "physician", "clinician")
    )
    address = f"/referrals/{referral.pk}/"

    # When the coordinator finds it on top of the worklist and claims it
    coordinator.goto("/worklist/")
    look(coordinator)
    coordinator.get_by_role("link", name="Marisol Quintrell").click()
    assert coordinator.get_by_text("Needs clinician review").is_visible()
    look(coordinator)
    choose(coordinator, "Claim")
    look(coordinator)
    press(coordinator, "Claim")
    assert state_of(referral) == State.IN_REVIEW
    assert coordinator.get_by_text("It is yours to review.").is_visible()

    # And asks for two things, one with a note
    choose(coordinator, "Ask for information")
    look(coordinator)
    coordinator.get_by_label("Message to the practice").fill("Two things before we decide.")
    coordinator.get_by_text("Current medications and doses", exact=True).click()
    coordinator.get_by_text("Imaging or test reports", exact=True).click()
    coordinator.get_by_label("Note on Imaging or test reports").fill("The MRI of October")
    press(coordinator, "Ask for information")
    assert state_of(referral) == State.INFO_REQUESTED

    # Then the practice reads it on its page, answers one and says why not the other
    physician.goto(address)
    assert physician.get_by_text("The MRI of October").is_visible()
    look(physician)
    choose(physician, "Answer the clinic")
    press(physician, "Answer the clinic")
    assert physician.get_by_text("2 things to mend").is_visible()
    look(physician)
    physician.get_by_label("In your own words").nth(0).fill("Sertraline 100 mg daily.")
    physician.get_by_text("I cannot answer this").nth(1).click()
    physician.get_by_label("Why you cannot answer").nth(1).fill("It has not been done.")
    look(physician)
    press(physician, "Answer the clinic")
    assert state_of(referral) == State.IN_REVIEW

    # And acceptance waits for the clinician's review of the finding
    coordinator.goto(address)
    choose(coordinator, "Accept")
    look(coordinator)
    coordinator.get_by_label("You expect to start by").fill(day(14))
    coordinator.get_by_label("Licensed reviewer").select_option(label="Noor Haddad")
    press(coordinator, "Accept")
    assert coordinator.get_by_text("safety flag needs a clinician's review").is_visible()
    assert coordinator.get_by_label("You expect to start by").input_value() == day(14)
    clinician.goto(address)
    look(clinician)
    clinician.get_by_role("link", name="Review K-01").click()
    look(clinician)
    clinician.get_by_label("Your review").fill("Stable since the stent; cardiology agrees.")
    press(clinician, "Review a safety flag")
    press(coordinator, "Accept")
    assert state_of(referral) == State.ACCEPTED

    # And an appointment is booked, missed, and booked again
    for kind, missed in ((0, True), (1, False)):
        choose(coordinator, "Book an appointment")
        if not kind:
            look(coordinator)
        coordinator.get_by_label("Day").fill(day(3 + kind))
        coordinator.get_by_label("Starts at").fill("09:30")
        coordinator.get_by_label("Ends at").fill("10:30")
        coordinator.get_by_text("By video").click()
        press(coordinator, "Book an appointment")
        assert state_of(referral) == State.SCHEDULED
        if missed:
            choose(coordinator, "Record a missed appointment")
            look(coordinator)
            coordinator.get_by_text("Forgot", exact=True).click()
            press(coordinator, "Record a missed appointment")
            assert state_of(referral) == State.ACCEPTED
    look(coordinator)

    # And the clinician starts care and sends the outcome with one plan for both conditions
    clinician.goto(address)
    choose(clinician, "Start care")
    press(clinician, "Start care")
    assert state_of(referral) == State.IN_CARE
    choose(clinician, "Send the outcome")
    look(clinician)
    clinician.get_by_text("Treated, back to referrer").click()
    clinician.get_by_label("Outcome report").fill("Evaluated and treated over six weeks.")
    clinician.get_by_label("Pain", exact=False).first.fill("Paced movement, no new opioid.")
    clinician.get_by_label("Trauma", exact=False).first.fill("Prolonged exposure goes on.")
    clinician.get_by_label("Daily life").fill("Sleep first.")
    press(clinician, "Send the outcome")
    assert state_of(referral) == State.COMPLETED

    # Then the practice reads it and closes the loop
    physician.goto(address)
    outcome = physician.locator("section", has_text="Evaluated and treated over six weeks.")
    for place in (outcome.first, physician.locator("#plan")):
        assert place.get_by_text("Paced movement, no new opioid.").first.is_visible()
    look(physician)
    choose(physician, "Close")
    look(physician)
    press(physician, "Close")
    assert state_of(referral) == State.CLOSED
    look(physician)


@pytest.mark.parametrize("width", [1280, 390])
def test_two_coordinators_one_claims_and_the_other_reads_it(
    cast: Cast, as_person: AsPerson, look: Look, width: int
) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    slow, quick = (as_person(p, width=width) for p in ("coordinator", "second_coordinator"))
    for page in (slow, quick):
        page.goto(f"/referrals/{referral.pk}/claim/")
    press(quick, "Claim")
    assert state_of(referral) == State.IN_REVIEW
    with slow.expect_response(lambda r: r.status == 409):
        press(slow, "Claim")
    assert slow.get_by_text("Claimed for review: Ines Bauer").is_visible()
    look(slow)
    assert state_of(referral) == State.IN_REVIEW


def test_a_page_without_scripts_does_the_same(cast: Cast, as_person: AsPerson) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    page = as_person("coordinator", java_script_enabled=False)
    page.goto("/worklist/")
    page.get_by_role("link", name="Marisol Quintrell").click()
    choose(page, "Claim")
    press(page, "Claim")
    assert state_of(referral) == State.IN_REVIEW


def test_everything_is_reached_by_keyboard(cast: Cast, as_person: AsPerson) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    page = as_person("coordinator")
    page.goto(f"/referrals/{referral.pk}/release/")
    page.get_by_role("button", name="Release").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/referrals/{referral.pk}/")
    assert state_of(referral) == State.SUBMITTED
    page.locator("details.td-menu--more summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.td-menu__list') !== null")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_many_rows_are_selected_and_assigned(
    cast: Cast, as_person: AsPerson, look: Look, width: int
) -> None:
    rows = [
        referral_at(State.SUBMITTED, cast, patient={"family_name": f"Quintrell {n}"})
        for n in range(3)
    ]
    page = as_person("coordinator", width=width)
    page.goto("/worklist/")
    page.get_by_text("Select all on this page").click()
    page.get_by_label("Assign the selected to").select_option(label="Ines Bauer")
    # Somebody claims one of them before the button is pressed.
    act(rows[0], Action.CLAIM, cast.actor("clinician"))
    page.get_by_role("button", name="Assign").click()
    assert page.get_by_text("2 of 3 assigned to Ines Bauer").is_visible()
    assert page.get_by_text(f"{rows[0].reference}: somebody changed it").is_visible()
    look(page)
    for row in rows[1:]:
        row.refresh_from_db()
        assert row.reviewer_id == cast.second_coordinator.pk
