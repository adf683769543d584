"""Consent revoked in one window: in the other, the next request of each kind is closed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse

from referrals.files import store
from referrals.lifecycle import Action, State
from referrals.models import Document, Referral, ScanState
from tests import files
from tests.cast import Cast
from tests.referrals.files import making
from tests.walks import referral_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
store_of_its_own = files.store_of_its_own
CANARIES = ("Quintrell", "M54.16", "Both conditions, tried", "letter.pdf")
CLOSED = "Closed to the clinic, because the patient's consent was revoked."


def filed(referral: Referral) -> None:
    pk = uuid4()
    kept = store.write(pk, io.BytesIO(making.pdf()))
    Document.objects.create(
        id=pk, referral=referral, name="letter.pdf", media_type="application/pdf",
        size=kept.size, sha256=kept.sha256, stored_as=kept.name, side="practice",
        scan_state=ScanState.NOT_SCANNED,
    )  # fmt: skip


def links(page: Page) -> dict[str, str]:
    """Where the open page leads: print and the file; and where a program of hers would ask."""
    here = page.url.rstrip("/") + "/"
    api = here.replace("/referrals/", "/api/v1/referrals/")
    printed = page.locator("a", has_text="Print for the chart").get_attribute("href")
    letter = page.get_by_role("link", name="letter.pdf").first.get_attribute("href")
    base = here.split("/referrals/")[0]
    return {"page": here, "print": f"{base}{printed}", "file": f"{base}{letter}", "api": api,
            "fhir": f"{api}fhir/"}  # fmt: skip


def test_the_other_windows_next_request_is_closed(
    as_person: Callable[..., Page], cast: Cast, live_server: Any, look: Callable[[Page], None],
    store_of_its_own: Path,
) -> None:  # fmt: skip
    # Given a clinician who has the referral open, and can reach all of it
    referral = referral_at(State.ACCEPTED, cast)
    filed(referral)
    clinic = as_person("clinician")
    clinic.goto(live_server.url + reverse("referrals:detail", args=[referral.pk]))
    doors = links(clinic)
    ask = clinic.context.request
    before = {name: ask.get(url) for name, url in doors.items()}
    assert [name for name, answer in before.items() if not answer.ok] == []
    assert before["file"].body() == making.pdf()

    # When the practice revokes the consent in a window of its own
    practice = as_person("physician")
    revoke = reverse("referrals:act", args=[referral.pk, Action.REVOKE_CONSENT.slug])
    practice.goto(live_server.url + revoke)
    practice.get_by_text("Everything", exact=True).click()
    with practice.expect_navigation():
        practice.locator("form.td-act button[type=submit]").last.click()
    practice.get_by_text("Consent revoked").first.wait_for()

    # Then nothing that the clinician asks next is open, by whichever door
    after = {name: ask.get(url) for name, url in doors.items()}
    assert after["file"].status == 404
    for name in ("page", "print", "api", "fhir"):
        text = after[name].text()
        assert [word for word in CANARIES if word in text] == [], name
        assert referral.reference in text, name
    clinic.reload()
    clinic.get_by_text(CLOSED).first.wait_for()
    assert "Quintrell" not in clinic.content()
    look(clinic)
