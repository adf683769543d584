"""The days after the sending, by keyboard alone: triage to a booked visit, an answer, messages,
a file, an invitation. The number of key presses is printed (pytest -s).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from portal.accounts.models import Invitation
from referrals import clock
from referrals.lifecycle import Action, State
from referrals.models import Document, Message, Referral
from tests import files
from tests.cast import Cast
from tests.journeys.referrer.test_by_keyboard import MOST_TABS, Keyboard
from tests.referrals.files import making
from tests.walks import act, inputs, referral_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
store_of_its_own = files.store_of_its_own

# What the focus is on, as a screen reader would name it.
NAMED = """() => {
  const one = document.activeElement;
  const labels = one.labels ? [...one.labels].map((label) => label.innerText) : [];
  return [one.getAttribute("aria-label"), ...labels, one.innerText]
    .filter(Boolean).map((text) => text.trim().split("\\n")[0]);
}"""

ASKED_FOR_FILES = """() => document.activeElement.addEventListener("click", (event) => {
  event.preventDefault();
  window.asked = true;
})"""


class Hands(Keyboard):
    """Finds what it wants by its name."""

    def reach(self, name: str) -> None:
        """Tab until the focus is on something of this name."""
        for _ in range(MOST_TABS):
            if any(text.startswith(name) for text in self.page.evaluate(NAMED)):
                return
            self.press("Tab")
        raise AssertionError(f"Tab never reaches {name}")

    def follow(self, name: str) -> None:
        """Enter on a link or a button, and what comes of it."""
        self.reach(name)
        with self.page.expect_navigation():
            self.press("Enter")

    def choose(self, action: str) -> None:
        """An action of the referral's header: its one button, or the list beside it."""
        first = self.page.locator(".td-refhead__actions > a.usa-button")
        if not (first.count() and first.first.inner_text() == action):
            self.reach("More actions")
            self.press("Enter")
        self.follow(action)

    def fill(self, name: str, text: str) -> None:
        self.reach(name)
        self.type(text)

    def tick(self, name: str) -> None:
        self.reach(name)
        self.press("Space")


def american(days: int) -> str:
    """The day as a date field takes it, digit by digit."""
    return f"{clock.now() + timedelta(days=days):%m%d%Y}"


def state_of(referral: Referral) -> str:
    referral.refresh_from_db()
    return referral.state


def triage(hands: Hands, referral: Referral) -> None:
    """From the worklist: open the first row, claim, accept, book."""
    hands.page.goto("/worklist/")
    hands.press("j")
    with hands.page.expect_navigation():
        hands.press("Enter")
    hands.choose("Claim")
    hands.follow("Claim")
    assert state_of(referral) == State.IN_REVIEW
    hands.choose("Accept")
    hands.fill("You expect to start by", american(14))
    hands.fill("Licensed reviewer", "Noor")
    hands.follow("Accept")
    assert state_of(referral) == State.ACCEPTED
    hands.choose("Book an appointment")
    hands.fill("Day", american(3))
    hands.fill("Starts at", "0930AM")
    hands.fill("Ends at", "1030AM")
    hands.pick("mode", 1)
    hands.follow("Book an appointment")
    assert state_of(referral) == State.SCHEDULED


def answer(hands: Hands, referral: Referral) -> None:
    """From the home page: what needs me, answered in words."""
    hands.page.goto("/")
    hands.follow("Ottilie")
    hands.choose("Answer the clinic")
    hands.fill("In your own words", "The MRI of October, attached to the letter.")
    hands.follow("Answer the clinic")
    assert state_of(referral) == State.IN_REVIEW


def say(hands: Hands, text: str) -> None:
    hands.fill("Message to the", text)
    hands.follow("Send message")


def upload(hands: Hands, referral: Referral) -> None:
    hands.page.goto(f"/referrals/{referral.pk}/documents/")
    hands.to("#upload-files")
    # The window that chooses a file is the system's own: Space asks for it, the test answers.
    hands.page.evaluate(ASKED_FOR_FILES)
    hands.press("Space")
    assert hands.page.evaluate("window.asked") is True
    letter: Any = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": making.pdf()}
    hands.page.set_input_files("#upload-files", [letter])
    hands.tick("These files hold no psychotherapy notes")
    hands.follow("Add files")
    assert Document.objects.get().name == "letter.pdf"


def invite(hands: Hands) -> None:
    hands.page.goto("/people/")
    hands.fill("E-mail address", "ines@clinic.example")
    hands.tick("Coordinator")
    hands.follow("Send invitation")
    assert Invitation.objects.get().email == "ines@clinic.example"


def test_the_days_after_the_sending_by_keyboard_alone(
    cast: Cast, as_person: Callable[..., Page], look: Callable[[Page], None],
    store_of_its_own: Path,
) -> None:  # fmt: skip
    sent = referral_at(State.SUBMITTED, cast)
    asked = referral_at(State.IN_REVIEW, cast, patient={"given_name": "Ottilie"})
    wanted: Any = {**inputs(Action.REQUEST_INFO, cast), "items": [{"code": "imaging"}]}
    act(asked, Action.REQUEST_INFO, cast.actor("coordinator"), wanted)
    coordinator = Hands(as_person("coordinator"))
    triage(coordinator, sent)
    coordinator.figures("Claim, accept, book")
    physician = Hands(as_person("physician"))
    answer(physician, asked)
    say(physician, "Is Tuesday possible?")
    upload(physician, asked)
    physician.figures("Answer, message, file")
    coordinator = Hands(coordinator.page)
    coordinator.page.goto("/worklist/?folder=all")
    coordinator.follow("Ottilie")
    say(coordinator, "Yes, at ten.")
    coordinator.figures("Reply")
    assert [m.side for m in Message.objects.all()] == ["practice", "clinic"]
    admin = Hands(as_person("clinic_admin"))
    invite(admin)
    admin.figures("Invite")
    for page, address in ((coordinator.page, "/numbers/"), (physician.page, "/referrals/")):
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto(address)
        look(page)
