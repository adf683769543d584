"""Clinic and evaluation of the last referral: offered in words, taken by a button, never ticked."""

from __future__ import annotations

import pytest
from django.urls import reverse

from referrals.lifecycle import State
from referrals.models import Referral, Service
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.portal.pages.referrer.typing import begin, edit_url, fields, save
from tests.walks import draft, referral_at

pytestmark = pytest.mark.django_db
NEW = "referrals:new"
OFFER = "Your last referral went to"


def new_page(cast: Cast, part: str) -> str:
    return browser(cast, part).get(reverse(NEW)).content.decode()


def fresh_draft() -> Referral:
    return Referral.objects.get(state=State.DRAFT)


def test_it_is_offered_in_words_and_nothing_is_chosen(cast: Cast) -> None:
    assert OFFER not in new_page(cast, "physician")
    referral_at(State.SUBMITTED, cast)
    client = browser(cast, "physician")
    page = client.get(reverse(NEW))
    text = page.content.decode()
    assert f"{OFFER} <strong>Apopka Integrated Care</strong>" in text
    assert "Dual-diagnosis evaluation" in text
    assert not {"clinic", "service"} & set(fields(page))


def test_the_button_takes_both_and_keeps_what_was_typed(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    client = browser(cast, "physician")
    typed = {"patient-given_name": "Ottilie"}
    answer = begin(client, go="last", **typed)
    row = fresh_draft()
    assert answer["Location"] == f"{edit_url(row, 'patient')}#id_after_hours_phone"
    assert row.clinic and row.clinic.slug == "apopka"
    assert row.service and row.service.code == "dual-diagnosis-evaluation"
    assert row.content.patient == {"given_name": "Ottilie"}
    assert row.content.consent is None
    page = client.get(edit_url(row, "patient"))
    assert fields(page)["clinic"] == "apopka" and OFFER not in page.content.decode()


def test_a_draft_without_a_clinic_has_the_button_too(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    client = browser(cast, "physician")
    begin(client, **{"patient-given_name": "Ottilie"})
    row = fresh_draft()
    assert OFFER in client.get(edit_url(row, "patient")).content.decode()
    assert save(client, row, "patient", go="last").status_code == 302
    row.refresh_from_db()
    assert row.clinic and row.service


def test_a_delegate_goes_on_for_the_same_clinician(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    Referral.objects.update(submitted_by_id=cast.delegate.pk)
    begin(browser(cast, "delegate"), go="last")
    assert fresh_draft().referring_clinician_id == cast.physician.pk


def test_it_is_the_persons_own_last_one(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    for part in ("therapist", "stranger", "coordinator"):
        assert OFFER not in new_page(cast, part), part
    draft(cast, by="therapist")  # what was not sent teaches nothing
    assert OFFER not in new_page(cast, "therapist")


def test_what_takes_no_more_is_not_offered(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    Service.objects.filter(pk=row.service_id).update(active=False)
    assert OFFER not in new_page(cast, "physician")
    begin(browser(cast, "physician"), go="last", **{"patient-given_name": "Ottilie"})
    assert fresh_draft().clinic is None
