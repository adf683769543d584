"""The access log's page: works, refuses the wrong method, a stranger, the wrong role."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from referrals.access.models import AccessEntry
from referrals.lifecycle import State
from referrals.operations import records
from tests.cast import Cast
from tests.walks import referral_at

URL = "/access-log/"


@pytest.fixture
def officer(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.privacy)
    return client


def test_who_has_looked_at_this_referral(cast: Cast, officer: Client) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    other = referral_at(State.SUBMITTED, cast, patient={"birth_date": "1971-01-01"})
    records.open_record(referral.pk, by=cast.actor("clinician"), door="portal")
    shown = officer.get(URL, {"reference": referral.reference.replace("-", "").lower()})
    page = shown.content.decode()
    assert cast.clinician.full_name in page
    assert referral.reference in page
    assert other.reference not in page
    assert "Quintrell" not in page


def test_by_person(cast: Cast, officer: Client) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    records.open_record(referral.pk, by=cast.actor("clinician"), door="portal")
    page = officer.get(URL, {"email": cast.clinician.email}).content.decode()
    assert cast.clinician.full_name in page
    assert cast.physician.full_name not in page


def test_reading_the_log_is_an_entry_too(cast: Cast, officer: Client) -> None:
    officer.get(URL)
    entry = AccessEntry.objects.get(verb="audit_read")
    assert entry.user_id == str(cast.privacy.pk)


def test_an_unknown_reference_is_said_beside_its_field(cast: Cast, officer: Client) -> None:
    page = officer.get(URL, {"reference": "QQQ"}).content.decode()
    assert "No referral has this reference" in page
    assert 'value="QQQ"' in page


def test_pages_by_key(cast: Cast, officer: Client) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    for _ in range(60):
        records.open_record(referral.pk, by=cast.actor("clinician"), door="portal")
    first = officer.get(URL)
    assert len(first.context["rows"]) == 50
    second = officer.get(first.context["next_url"])
    numbers = [row[-1]["text"] for page in (first, second) for row in page.context["rows"]]
    assert len(numbers) == len(set(numbers)) > 60


@pytest.mark.parametrize("part", ["physician", "coordinator", "clinic_admin", "nobody"])
def test_is_for_the_privacy_officer_alone(cast: Cast, client: Client, part: str) -> None:
    client.force_login(getattr(cast, part))
    assert client.get(URL).status_code == 403
    assert not AccessEntry.objects.filter(verb="audit_read").exists()


def test_needs_a_sign_in_and_reads_only(client: Client, officer: Client) -> None:
    assert client.get(URL).status_code == 302
    assert officer.post(URL).status_code == 405


def test_the_officer_finds_it_at_home(officer: Client) -> None:
    assert reverse("access-log") in officer.get("/").content.decode()
