"""Writing a draft: nothing is lost on an error, in a second window, or on a lost session."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts import interrupted
from portal.pages import once
from referrals.lifecycle import State
from referrals.models import AssessmentResult, Referral
from referrals.operations import drafts
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.portal.pages.referrer.typing import (
    PATIENT,
    SAFETY,
    WHY,
    begin,
    content,
    edit_url,
    fields,
    save,
    written,
)
from tests.walks import draft, referral_at

BACKGROUND = {"X-Tandem-Background": "1"}


def test_four_steps_make_what_was_typed(cast: Cast) -> None:
    one = written(browser(cast, "physician"))
    held = content(one)
    assert held["patient"]["birth_date"] == "1979-04-12"
    assert held["patient"]["phone"] == "+14075550142"
    assert held["patient"]["ok_to_leave_message"] is True
    assert held["pain"] == {"diagnoses": ["M54.16", "G89.4"], "onset": "2021-03"}
    [phq9] = held["instruments"]
    assert phq9["items"] == [1] * 8 + [0] and phq9["administered_on"] == "2026-01-05"
    assert one.clinic == cast.clinic and one.after_hours_phone == "+14075550101"
    assert one.referring_clinician == cast.physician


def test_any_subset_makes_a_draft(cast: Cast) -> None:
    page = begin(browser(cast, "physician"), go="leave")
    assert page["Location"] == reverse("home")
    assert Referral.objects.get().practice == cast.practice


def test_the_form_shows_what_is_stored(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    shown = {
        **fields(client.get(edit_url(one, "patient"))),
        **fields(client.get(edit_url(one, "why"))),
        **fields(client.get(edit_url(one, "safety"))),
    }
    for name, value in {**PATIENT, **WHY, **SAFETY}.items():
        if name not in ("patient-phone", "pain-diagnoses"):
            assert shown[name] == value, name
    assert shown["patient-phone"] == "407-555-0142"
    assert shown["pain-diagnoses"] == "M54.16, G89.4"


def test_saving_what_is_shown_changes_nothing(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    for step in ("patient", "why", "safety"):
        assert save(client, one, step).status_code == 302
    assert Referral.objects.get(pk=one.pk).version == one.version


def test_an_error_keeps_everything_that_was_typed(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    page = save(client, one, "patient", **{
        "patient-birth_date": "4/31/1979", "patient-given_name": "Ottilie", "patient-phone": "12",
    })  # fmt: skip
    shown = fields(page)
    assert page.status_code == 400
    assert shown["patient-birth_date"] == "4/31/1979" and shown["patient-phone"] == "12"
    assert content(one)["patient"]["given_name"] == "Ottilie", "the good part is stored"
    assert content(one)["patient"]["birth_date"] == "1979-04-12", "the bad part is not"
    text = page.content.decode()
    assert "data-error-summary" in text and 'href="#id_patient-birth_date"' in text


def test_a_birth_date_in_the_future_is_asked_back(cast: Cast) -> None:
    page = save(
        browser(cast, "physician"), draft(cast), "patient", **{"patient-birth_date": "04/12/2052"}
    )
    assert (
        "Birth date must be in the past. You typed 2052: did you mean 1952?"
        in page.content.decode()
    )


def test_after_an_error_the_mended_page_saves(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    page = save(client, one, "patient", **{"patient-birth_date": "no"})
    mended = {**fields(page), "patient-birth_date": "5/6/1980", "go": "next"}
    assert client.post(edit_url(one, "patient"), mended)["Location"] == edit_url(one, "why")
    assert content(one)["patient"]["birth_date"] == "1980-05-06"


def test_a_bad_first_page_makes_one_draft_and_goes_on_with_it(cast: Cast) -> None:
    client = browser(cast, "physician")
    page = begin(client, **{**PATIENT, "patient-birth_date": "13/13/1979"})
    one = Referral.objects.get()
    assert page.status_code == 400 and edit_url(one, "patient") in page.content.decode()
    assert fields(page)["patient-birth_date"] == "13/13/1979"


def test_a_second_press_on_new_makes_no_second_draft(cast: Cast) -> None:
    client = browser(cast, "physician")
    page = client.get(reverse("referrals:new"))
    typed = {**fields(page), **PATIENT, "go": "next"}
    assert once.FIELD in typed
    client.post(reverse("referrals:new"), typed)
    again = client.post(reverse("referrals:new"), typed)
    assert again.status_code in (302, 409)
    assert Referral.objects.count() == 1


def test_an_answer_can_be_cleared(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    save(client, one, "why", **{"request-reason": "", "pain-diagnoses": ""})
    assert "reason" not in content(one)["request"] and "diagnoses" not in content(one)["pain"]


@pytest.mark.parametrize("clinic", ["no-such", "winter-park"])
def test_a_service_belongs_to_its_clinic(cast: Cast, clinic: str) -> None:
    cast.other_clinic.services.filter(code="dual-diagnosis-evaluation").update(active=False)
    client = browser(cast, "physician")
    page = begin(client, **{**PATIENT, "clinic": clinic})
    assert page.status_code == 400
    assert Referral.objects.get().service is None


# --- Lists, scales -----------------------------------------------------------------------------


def test_rows_are_added_and_taken_off(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    first = {"pain-treatments-0-treatment_class": "nsaid", "pain-treatments-0-result": "limited"}
    page = save(client, one, "why", add="pain-treatments", **first)
    assert "more=pain-treatments" in page["Location"]
    more = client.get(page["Location"])
    assert fields(more)["pain-treatments-rows"] == "2"
    client.post(
        edit_url(one, "why"),
        {**fields(more), "pain-treatments-1-treatment_class": "surgery", "go": "next"},
    )
    kinds = [t["treatment_class"] for t in content(one)["pain"]["treatments"]]
    assert kinds == ["nsaid", "surgery"]
    cleared = {"pain-treatments-0-treatment_class": "", "pain-treatments-0-result": ""}
    save(client, one, "why", **cleared)
    assert [t["treatment_class"] for t in content(one)["pain"]["treatments"]] == ["surgery"]


def test_an_error_in_a_row_stands_beside_its_field(cast: Cast) -> None:
    page = save(browser(cast, "physician"), draft(cast), "why", **{
        "pain-treatments-rows": "3", "pain-treatments-2-result": "splendid",
    })  # fmt: skip
    assert page.status_code == 400
    assert 'id="id_pain-treatments-2-result_error"' in page.content.decode()


def test_a_scale_is_scored_by_the_server(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    assert "Total 8 of 27 · mild" in client.get(edit_url(one, "safety")).content.decode()


def test_a_contradiction_in_a_scale_is_shown_and_the_rest_is_kept(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    page = save(client, one, "safety", **{"c-ssrs-1": "0", "c-ssrs-2": "1", "phq-9-0": "3"})
    assert page.status_code == 400
    assert "Items 3 to 5 need a yes to item 2." in page.content.decode()
    assert fields(page)["c-ssrs-2"] == "1"
    assert content(one)["instruments"][0]["items"][0] == 3


def test_a_scale_is_cleared_by_its_button(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    assert save(client, one, "safety", clear="phq-9").status_code == 302
    assert "instruments" not in content(one)


def test_other_entries_of_the_instruments_stay(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    nrs = {"instrument": "nrs", "total": 6, "administered_on": "2026-01-05"}
    held = content(one)["instruments"]
    drafts.change(one.pk, by=cast.actor("physician"), data={"instruments": [*held, nrs]},
                  version=None, door="api")  # fmt: skip
    save(client, one, "safety", **{"phq-9-0": "2"})
    assert {e["instrument"] for e in content(one)["instruments"]} == {"phq-9", "nrs"}


# --- Two windows -------------------------------------------------------------------------------


def test_a_second_window_is_told_and_loses_nothing(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    mine = fields(client.get(edit_url(one, "why")))
    save(client, one, "why", **{"request-reason": "Typed in the other window."})
    page = client.post(
        edit_url(one, "why"), {**mine, "request-reason": "Typed here.", "go": "next"}
    )
    text = page.content.decode()
    assert page.status_code == 409
    assert "Typed here." in text and "Typed in the other window." in text
    assert content(one)["request"]["reason"] == "Typed in the other window."
    kept = client.post(edit_url(one, "why"), {**fields(page), "go": "next"})
    assert kept.status_code == 302
    assert content(one)["request"]["reason"] == "Typed here."


def test_another_step_in_another_window_is_no_conflict(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    mine = fields(client.get(edit_url(one, "why")))
    save(client, one, "patient", **{"patient-given_name": "Ottilie"})
    page = client.post(edit_url(one, "why"), {**mine, "request-reason": "Here.", "go": "next"})
    assert page.status_code == 302


# --- Autosave ----------------------------------------------------------------------------------


def autosave(client: Client, one: Referral, **typed: Any) -> Any:
    shown = fields(client.get(edit_url(one, str(typed.get("step", "why")))))
    return client.post(
        reverse("referrals:autosave", args=[one.pk]), {**shown, **typed}, headers=BACKGROUND
    )


def test_autosave_keeps_the_good_and_counts_the_rest(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    answer = autosave(client, one, **{"request-reason": "Typed.", "pain-onset": "20"})
    told = answer.json()
    assert (told["saved"], told["waiting"]) == (True, 1)
    assert content(one)["request"]["reason"] == "Typed."
    assert content(one)["pain"]["onset"] == "2021-03"


def test_autosave_keeps_a_scale_whose_date_is_mistyped(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast, instruments=[])
    typed = {f"pcl-5-{n}": "2" for n in range(20)}
    told = autosave(client, one, step="safety", **typed, **{"pcl-5-on": "02/30/2026"}).json()
    assert told["waiting"] == 1
    assert content(one)["instruments"] == [{"instrument": "pcl-5", "items": [2] * 20}]


def test_autosave_keeps_a_suicide_screen_that_is_half_answered(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast, instruments=[])
    typed = {"c-ssrs-0": "1", "c-ssrs-1": "1", "c-ssrs-2": "1", "c-ssrs-on": "02/30/2026"}
    told = autosave(client, one, step="safety", **typed).json()
    assert told["waiting"] == 2  # the date, and the items that wait
    [kept] = content(one)["instruments"]
    assert kept["items"] == [1, None, 1, None, None, None, None]
    assert "moderate" in told["scores"]["c-ssrs"]


def test_autosave_keeps_nothing_of_a_scale_that_is_no_result(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast, instruments=[])
    autosave(client, one, step="safety", **{"isi-total": "29", "isi-on": "01/05/2026"})
    autosave(client, one, step="safety", **{"phq-9-on": "02/30/2026"})
    assert not content(one).get("instruments")


def test_autosave_hands_out_the_next_base(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    shown = fields(client.get(edit_url(one, "why")))
    url = reverse("referrals:autosave", args=[one.pk])
    base = client.post(url, {**shown, "request-reason": "First."}).json()["base"]
    again = client.post(url, {**shown, "request-reason": "Second.", "base": base})
    assert again.json()["saved"] is True
    stale = client.post(url, {**shown, "request-reason": "Third."})
    assert stale.status_code == 409
    assert content(one)["request"]["reason"] == "Second."


def test_autosave_of_nothing_new_writes_nothing(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    before = AssessmentResult.objects.count()
    assert autosave(client, one).json()["saved"] is True
    assert AssessmentResult.objects.count() == before


def test_autosave_begins_a_draft_once(cast: Cast) -> None:
    client = browser(cast, "physician")
    url = reverse("referrals:new")
    typed = {**fields(client.get(url)), "patient-given_name": "Ottilie"}
    told = client.post(url, typed, headers=BACKGROUND)
    one = Referral.objects.get()
    assert told.status_code == 201
    assert told.json()["edit"] == edit_url(one, "patient")
    assert client.post(told.json()["autosave"], {**typed, "base": told.json()["base"]}).json()[
        "saved"
    ]


def test_autosave_tells_of_an_open_duplicate(cast: Cast) -> None:
    first = referral_at(State.SUBMITTED, cast)
    client = browser(cast, "physician")
    url = reverse("referrals:new")
    same = {**PATIENT, "patient-given_name": "Marisol", "patient-family_name": "Quintrell"}
    told = client.post(url, {**fields(client.get(url)), **same}, headers=BACKGROUND)
    assert told.json()["duplicates"] == [
        {"reference": first.reference, "url": reverse("referrals:detail", args=[first.pk])}
    ]


@pytest.mark.parametrize("step", ["check", "payment", ""])
def test_autosave_knows_its_steps(cast: Cast, step: str) -> None:
    one = draft(cast)
    url = reverse("referrals:autosave", args=[one.pk])
    assert browser(cast, "physician").post(url, {"step": step}).status_code == 400


# --- A lost session ----------------------------------------------------------------------------


def test_what_a_lost_session_interrupted_is_there_again(cast: Cast, monkeypatch: Any) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    typed = {**fields(client.get(edit_url(one, "why"))), "request-reason": "Typed too late."}
    session = client.session
    session["signed_in_at"] = 0
    session.save()
    page = client.post(edit_url(one, "why"), {**typed, "go": "next"})
    assert "/accounts/login/" in page["Location"]
    kept = dict(client.session.items())
    client.force_login(cast.physician)
    session = client.session
    session[interrupted.KEPT] = kept[interrupted.KEPT]
    session.save()
    back = client.get(edit_url(one, "why"))
    assert "Typed too late." in back.content.decode()
    assert "You were signed out while typing" in back.content.decode()
    assert content(one)["request"]["reason"] != "Typed too late."
    assert client.post(edit_url(one, "why"), {**fields(back), "go": "next"}).status_code == 302
    assert content(one)["request"]["reason"] == "Typed too late."


# --- Delegate and coordinator ------------------------------------------------------------------


def test_a_delegate_names_the_clinician(cast: Cast) -> None:
    client = browser(cast, "delegate")
    page = begin(client, **PATIENT)
    assert page.status_code == 400 and Referral.objects.count() == 0
    assert "Choose the clinician who refers." in page.content.decode()
    assert fields(page)["patient-given_name"] == "Ottilie"
    named = f"{cast.practice.pk}:{cast.therapist.pk}"
    assert begin(client, **PATIENT, referrer=named).status_code == 302
    one = Referral.objects.get()
    assert one.referring_clinician == cast.therapist and one.created_by == cast.delegate
    assert one.after_hours_phone == "+14075550101"


def test_a_delegate_names_nobody_of_another_practice(cast: Cast) -> None:
    named = f"{cast.other_practice.pk}:{cast.stranger.pk}"
    page = begin(browser(cast, "delegate"), **PATIENT, referrer=named)
    assert page.status_code == 400 and Referral.objects.count() == 0


def test_a_coordinator_types_in_what_came_by_fax(cast: Cast) -> None:
    client = browser(cast, "coordinator")
    named = f"{cast.practice.pk}:{cast.physician.pk}"
    assert begin(client, **PATIENT, referrer=named).status_code == 400, "how did it come?"
    assert begin(client, **PATIENT, referrer=named, origin="fax").status_code == 302
    one = Referral.objects.get()
    assert (one.origin, one.practice, one.clinic) == ("fax", cast.practice, cast.clinic)
    assert save(client, one, "why", **WHY).status_code == 302
    assert browser(cast, "physician").get(edit_url(one, "why")).status_code == 404


def test_junk_makes_no_crash(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast)
    junk = {name: "\x00\ud7ff" * 3 for name in fields(client.get(edit_url(one, "safety")))}
    junk |= {"medical-medications-rows": "9" * 50, "phq-9-0": "99999999999", "clear": "../x"}
    assert client.post(edit_url(one, "safety"), junk).status_code in (400, 409)
    json.dumps(content(one))
