"""A new draft from what was sent, links both ways, and the letter to the patient."""

from __future__ import annotations

import pytest
from django.urls import reverse

from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import copies
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.walks import act, referral_at


def copy_url(referral: Referral) -> str:
    return reverse("referrals:copy", args=[referral.pk])


def letter_url(referral: Referral) -> str:
    return reverse("referrals:patient-sheet", args=[referral.pk])


def copied(cast: Cast, referral: Referral, what: str) -> Referral:
    done = browser(cast, "delegate").post(copy_url(referral), {"what": what})
    assert done.status_code == 303
    draft = Referral.objects.get(copied_from=referral)
    assert done["Location"] == reverse("referrals:edit", args=[draft.pk, "patient"])
    return draft


def test_the_same_patient_in_a_new_draft(cast: Cast) -> None:
    team = [{"name": "Dr. Imani Abernathy", "role": "therapist"}]
    old = referral_at(State.CLOSED, cast, care_team=team)
    new = copied(cast, old, "patient")
    assert set(new.content.as_dict()) == {"patient", "care_team"}
    assert new.content.patient == old.content.patient
    assert (new.state, new.practice, new.clinic, new.replaces) == (
        State.DRAFT, old.practice, old.clinic, None,
    )  # fmt: skip


def test_everything_but_what_is_asked_anew(cast: Cast) -> None:
    old = referral_at(State.DECLINED, cast)
    new = copied(cast, old, "everything")
    kept = set(old.content.as_dict()) - {"consent", "safety", "instruments"}
    assert set(new.content.as_dict()) == kept
    assert new.content.pain == old.content.pain
    assert new.patient_index == old.patient_index


def test_the_copys_priority_is_its_own(cast: Cast) -> None:
    old = referral_at(State.SUBMITTED, cast)
    act(old, Action.CHANGE_PRIORITY, cast.actor("clinician"), {"priority": "p0", "comment": "Now"})
    new = copied(cast, old, "patient")
    assert new.priority == new.computed_priority == "p2"  # nothing known of the risk: rule S-08


def test_a_choice_is_needed(cast: Cast) -> None:
    page = browser(cast, "physician").post(copy_url(referral_at(State.CLOSED, cast)), {})
    assert page.status_code == 400
    assert "Choose one." in page.content.decode()


def test_a_double_click_makes_one_draft(cast: Cast) -> None:
    old = referral_at(State.CLOSED, cast)
    client = browser(cast, "physician")
    for _ in range(2):
        client.post(copy_url(old), {"what": "patient", "attempt": "one-word"})
    assert Referral.objects.filter(copied_from=old).count() == 1


@pytest.mark.parametrize(
    ("part", "status"), [("coordinator", 403), ("clinic_admin", 403), ("stranger", 404)]
)
def test_only_the_practice_copies(cast: Cast, part: str, status: int) -> None:
    old = referral_at(State.SUBMITTED, cast)
    assert browser(cast, part).post(copy_url(old), {"what": "patient"}).status_code == status
    assert not Referral.objects.filter(copied_from=old).exists()


def test_the_links_are_shown_both_ways(cast: Cast) -> None:
    old = referral_at(State.DECLINED, cast)
    again = act(old, Action.RESUBMIT, cast.actor("physician")) and Referral.objects.get(
        replaces=old
    )
    copy = copies.copy(old.pk, what="patient", by=cast.actor("physician"), door="portal")
    client = browser(cast, "physician")
    page = client.get(detail_url(old)).content.decode()
    assert "Sent again as" in page and again.reference in page
    assert "Copied to" in page and copy.reference in page
    assert "Sent again in place of" in client.get(detail_url(again)).content.decode()
    assert "Copied from" in client.get(detail_url(copy)).content.decode()
    clinic = browser(cast, "coordinator").get(detail_url(old)).content.decode()
    assert copy.reference not in clinic and again.reference not in clinic


def test_a_redirect_is_linked_for_whoever_may_know_of_both(cast: Cast) -> None:
    old = referral_at(State.REDIRECTED, cast)
    new = Referral.objects.get(replaces=old)
    client = browser(cast, "physician")
    assert "Goes on as" in client.get(detail_url(old)).content.decode()
    assert "Continues" in client.get(detail_url(new)).content.decode()
    for part, one, other in (("coordinator", old, new), ("other_coordinator", new, old)):
        assert other.reference not in browser(cast, part).get(detail_url(one)).content.decode()


# --- The letter ----------------------------------------------------------------------------------

TELLING = ("ptsd", "pain", "ketamine", "diagnos", "trauma", "M54", "phq", "suicid", "evaluation")


@pytest.mark.parametrize(
    "state", [s for s in State if s not in (State.DRAFT, State.ENTERED_IN_ERROR)]
)
def test_a_letter_in_every_state_names_no_condition(cast: Cast, state: State) -> None:
    page = browser(cast, "physician").get(letter_url(referral_at(state, cast)))
    assert page.status_code == 200
    words = page.content.decode().split("<main")[1].split("</main>")[0]
    assert "Marisol Quintrell" in words
    assert "(407) 555-0100" in words
    assert "988" in words
    for telling in TELLING:
        assert telling.lower() not in words.lower(), telling


def test_the_letter_holds_the_appointment(cast: Cast) -> None:
    page = browser(cast, "coordinator").get(letter_url(referral_at(State.SCHEDULED, cast)))
    words = page.content.decode()
    for part in ("Your appointment", "New York time", "Main Street 1", "photo ID"):
        assert part in words


def test_the_menu_leads_to_one_letter_as_a_page_and_as_a_pdf(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    client = browser(cast, "physician")
    assert client.get(detail_url(referral)).content.decode().count(letter_url(referral)) == 1
    as_pdf = reverse("referrals:patient-pdf", args=[referral.pk])
    assert as_pdf in client.get(letter_url(referral)).content.decode()


def test_printing_the_letter_is_logged(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    browser(cast, "coordinator").get(letter_url(referral))
    entry = AccessEntry.objects.latest("pk")
    assert (entry.verb, entry.referral_id) == ("print", referral.pk)


def test_no_letter_of_a_draft_or_to_a_stranger(cast: Cast) -> None:
    assert (
        browser(cast, "physician").get(letter_url(referral_at(State.DRAFT, cast))).status_code
        == 404
    )
    sent = referral_at(State.SUBMITTED, cast)
    for part in ("stranger", "other_coordinator", "practice_admin"):
        assert browser(cast, part).get(letter_url(sent)).status_code == 404


def test_revoked_consent_closes_the_letter_to_the_clinic(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"), {})
    assert browser(cast, "coordinator").get(letter_url(referral)).status_code == 403
    assert browser(cast, "physician").get(letter_url(referral)).status_code == 200
