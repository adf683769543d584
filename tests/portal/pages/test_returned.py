"""What was sent after the session had run out is there again, on every page that has a form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Delivery, Partner
from portal.accounts import interrupted
from portal.accounts.models import Invitation
from referrals.lifecycle import State
from referrals.models import (
    CannedAnswer,
    ClinicianInvitation,
    Holiday,
    Membership,
    Organisation,
    PlanContribution,
    Reason,
    Service,
)
from referrals.operations import drafts
from tests import files
from tests.cast import Cast
from tests.portal.pages.clinic.test_duplicates import pair
from tests.portal.pages.doors import browser
from tests.walks import draft, referral_at

store_of_its_own = files.store_of_its_own
WORDS = "Typed too late, by a minute"
Case = tuple[str, str, dict[str, str]]  # who, the page, what is typed


def lose(cast: Cast, part: str, url: str, typed: dict[str, str]) -> Client:
    """The person's browser, back after a post that came when the session had ended."""
    client = browser(cast, part)
    session = client.session
    session["signed_in_at"] = 0
    session.save()
    assert "/accounts/login/" in client.post(url, typed)["Location"]
    kept = client.session[interrupted.KEPT]
    client.force_login(getattr(cast, part))
    session = client.session
    session[interrupted.KEPT] = kept
    session.save()
    return client


def plan(cast: Cast) -> Case:
    row = referral_at(State.IN_REVIEW, cast)
    return "physician", reverse("referrals:plan", args=[row.pk]), {"side": "pain", "text": WORDS}


def share(cast: Cast) -> Case:
    url = reverse("referrals:share", args=[draft(cast).pk])
    return "physician", url, {"email": "typed-too-late@example.org", "patient_agrees": "on"}


def danger(cast: Cast) -> Case:
    row = draft(cast)
    drafts.change(
        row.pk, by=cast.actor("physician"), data={"safety": {"danger_now": True}},
        version=row.version, door="portal",
    )  # fmt: skip
    typed = {"action_taken": WORDS, "action_by": "Me", "danger_acknowledged": "on"}
    return "physician", reverse("referrals:danger", args=[row.pk]), typed


def duplicate(cast: Cast) -> Case:
    mine, theirs = pair(cast)
    url = reverse("referrals:duplicate", args=[mine.pk, theirs.pk])
    return "coordinator", url, {"verdict": "linked", "note": WORDS}


def block(cast: Cast) -> Case:
    row = referral_at(State.IN_REVIEW, cast)
    sent = {"files": [files.pdf()], **files.ATTESTED}
    browser(cast, "physician").post(reverse("referrals:documents", args=[row.pk]), sent)
    url = reverse("referrals:document-block", args=[row.pk, row.documents.get().pk])
    return "coordinator", url, {"reason": WORDS}


def of_clinic(page: str, **typed: str) -> Callable[[Cast], Case]:
    return lambda cast: ("clinic_admin", reverse(page), typed)


def practice(cast: Cast) -> Case:
    return "coordinator", reverse("record-practice"), {"practice_name": WORDS}


def replay(cast: Cast) -> Case:
    partner = Partner.objects.create(slug="ehr", name="EHR", scope_key=cast.clinic.pk)
    url = reverse("partner-act", args=[partner.pk, "replay"])
    return "clinic_admin", url, {"reference": "LATE-4"}


def made() -> list[int]:
    kept = (
        PlanContribution,
        ClinicianInvitation,
        Reason,
        Holiday,
        CannedAnswer,
        Service,
        Organisation,
        Invitation,
        Partner,
    )
    return [model.objects.count() for model in kept]


@pytest.mark.usefixtures("store_of_its_own")
@pytest.mark.parametrize(
    "case",
    [
        plan, share, danger, duplicate, block, practice,
        of_clinic("clinic-service-new", name=WORDS),
        of_clinic("clinic-reasons", kind="decline", label=WORDS, reason_class="capacity"),
        of_clinic("clinic-holidays", day="12/24/2027", name=WORDS),
        of_clinic("clinic-canned-new", title="Received", text=WORDS),
        of_clinic("clinic-clocks", decision__p2="too late by 4"),
        of_clinic("clinic-cut-points", comment=WORDS),
        of_clinic("people", email="typed-too-late@example.org", roles="CO"),
        of_clinic("new-partner", name=WORDS),
        replay,
    ],
)  # fmt: skip
def test_it_is_there_again_and_nothing_was_done(
    cast: Cast, case: Callable[[Cast], Case], store_of_its_own: Path
) -> None:
    part, url, typed = case(cast)
    before = made()
    client = lose(cast, part, url, typed)
    page = client.get(url)
    told: Any = page.content.decode()
    assert page.status_code == 200
    assert any(words in told for words in (WORDS, "typed-too-late@", "too late by 4", "LATE-4"))
    assert "You were signed out while typing." in told
    assert made() == before
    again = client.get(url).content.decode()
    assert "You were signed out while typing." not in again


def test_a_years_holidays_are_not_taken_over_by_coming_back(cast: Cast) -> None:
    url = reverse("clinic-holidays")
    client = lose(cast, "clinic_admin", url, {"go": "prefill", "year": "2027"})
    assert client.get(url).status_code == 200
    assert not Holiday.objects.filter(clinic=cast.clinic, day__year=2027).exists()


def test_the_roles_that_were_ticked_are_ticked_again(cast: Cast) -> None:
    seat = Membership.objects.get(user=cast.coordinator, organisation=cast.clinic)
    url = reverse("seat", args=[seat.pk])
    form = lose(cast, "clinic_admin", url, {"roles": "cl"}).get(url).context["form"]
    assert form["roles"].value() == ["cl"]
    assert Membership.objects.filter(user=cast.coordinator, ended_at=None).get().role == "co"


def test_a_parked_row_is_found_again_without_its_number_in_the_address(
    cast: Cast, partner: Partner
) -> None:
    referral_at(State.IN_REVIEW, cast)
    row = Delivery.objects.order_by("pk").first()
    assert row is not None
    Delivery.objects.filter(pk=row.pk).update(status="parked")
    url = reverse("partner-act", args=[partner.pk, "skip"])
    page = lose(cast, "clinic_admin", url, {"delivery": str(row.pk)}).get(url)
    assert page.status_code == 200
    assert f'name="delivery" value="{row.pk}"' in page.content.decode()
    assert Delivery.objects.get(pk=row.pk).status == "parked"


# --- What leaves nothing to show ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("came_from", "page"),
    [
        ("http://testserver/worklist/?folder=mine", "/worklist/?folder=mine"),
        ("http://elsewhere.example/worklist/", "/"),
        ("http://testserver//elsewhere.example/", "/"),
        ("", "/"),
    ],
)
def test_a_button_leads_back_to_the_page_that_it_stood_on(
    cast: Cast, came_from: str, page: str
) -> None:
    """Its own address shows nothing: whoever signed in again met a blank page there."""
    client = browser(cast, "coordinator")
    session = client.session
    session["signed_in_at"] = 0
    session.save()
    answer = client.post(
        reverse("worklist-assign"), {"selected": "x"}, headers={"referer": came_from}
    )
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [page]
    assert "was not done" in client.get(answer["Location"]).content.decode()


def test_looking_at_a_buttons_address_shows_a_way_on(cast: Cast) -> None:
    answer = browser(cast, "coordinator").get(reverse("worklist-assign"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Go to your home page" in answer.content.decode()
