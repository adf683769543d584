"""The acceptance set in sections, in any order, before and after sending; beside it the rules."""

from __future__ import annotations

from django.urls import reverse

from portal.forms.steps import SECTION_OF, STEPS
from referrals.lifecycle import State
from referrals.models import Referral
from referrals.operations import facts
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.portal.pages.referrer.typing import content, edit_url, fields, save
from tests.walks import draft, referral_at


def test_the_sections_ask_what_the_steps_ask() -> None:
    asked = [path for step in STEPS for path in step.paths]
    again = [path for step in SECTION_OF.values() for path in step.paths]
    assert sorted(asked) == sorted(again)
    scales = [n for s in STEPS for g in s.groups for n in (*g.scales, *g.totals)]
    assert scales == [n for g in SECTION_OF["instruments"].groups for n in (*g.scales, *g.totals)]


def test_each_section_is_a_page_of_its_own(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast)
    for step in SECTION_OF.values():
        page = client.get(edit_url(one, step.slug))
        assert page.status_code == 200 and f"<h1>{step.label}</h1>" in page.content.decode()


def test_a_section_is_kept_and_leads_back_to_what_is_left(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast)
    page = save(client, one, "section-pain", **{"pain-mechanism": "neuropathic"})
    assert page["Location"] == edit_url(one, "check")
    assert content(one)["pain"]["mechanism"] == "neuropathic"
    assert content(one)["pain"]["diagnoses"] == ["M54.16"], "the other answers stay"


def test_one_press_leaves_the_rest_of_a_section_to_the_clinic(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast)
    save(client, one, "section-medical", go="clinic", **{"medical-k01": "no"})
    held = content(one)["medical"]
    assert (held["k01"], held["k02"]) == ("no", "clinic_to_obtain")
    assert held["absent_reasons"]["allergies"] == "clinic_to_obtain"
    one = Referral.objects.with_people().get(pk=one.pk)
    accept = facts.assess(one)["completeness"]["accept"]
    assert not [gap for gap in accept["missing"] if gap["pointer"].startswith("/medical")]
    assert "Allergies, or none" in [gap["label"] for gap in accept["clinic_to_obtain"]]


def test_safety_and_consent_are_not_left_to_the_clinic(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast, safety={"danger_now": None})
    for slug in ("section-safety", "section-consent"):
        assert 'value="clinic"' not in client.get(edit_url(one, slug)).content.decode()
        assert facts.left_to_clinic(one, slug.removeprefix("section-"), content(one)) == {}


def test_after_sending_the_sections_are_a_task_list_on_the_referral(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, "physician").get(detail_url(one))
    states = {task["title"]: task["state"] for task in page.context["tasks"]}
    assert states["Medical history and medicines"] == "todo"
    assert states["Patient"] == "done"
    assert edit_url(one, "section-medical") in page.content.decode()
    assert browser(cast, "coordinator").get(detail_url(one)).context["tasks"] == []


def test_a_section_of_what_was_sent_is_amended_with_its_reason(cast: Cast) -> None:
    client, one = browser(cast, "physician"), referral_at(State.IN_REVIEW, cast)
    url = edit_url(one, "section-medical")
    typed = {**fields(client.get(url)), "medical-k01": "no", "go": "clinic"}
    assert client.post(url, typed).status_code == 400, "the reason is asked for"
    typed["amendment_reason"] = "The chart has come."
    assert client.post(url, typed)["Location"] == reverse("referrals:detail", args=[one.pk])
    held = content(one)["medical"]
    assert (held["k01"], held["k05"]) == ("no", "clinic_to_obtain")


def test_a_therapist_is_not_asked_what_only_a_prescriber_can_answer(cast: Cast) -> None:
    one = draft(cast, by="therapist")
    text = browser(cast, "therapist").get(edit_url(one, "safety")).content.decode()
    assert "the clinic obtains them" in text and "medical-blood_pressure-systolic" not in text
    one = Referral.objects.with_people().get(pk=one.pk)
    obtained = facts.assess(one)["completeness"]["accept"]["clinic_to_obtain"]
    assert {"Heart rate", "Weight", "Height"} <= {gap["label"] for gap in obtained}
    physicians = browser(cast, "physician").get(edit_url(draft(cast), "safety")).content.decode()
    assert "medical-blood_pressure-systolic" in physicians


def test_what_the_rules_find_stands_beside_the_form(cast: Cast) -> None:
    one = draft(cast, medical={"k01": "yes"})
    text = browser(cast, "physician").get(edit_url(one, "why")).content.decode()
    assert "What the rules find so far" in text and "Rule K-01" in text
    other = browser(cast, "delegate").get(edit_url(one, "why")).content.decode()
    assert "Needs clinician review" in other and "Rule K-01" not in other


def test_autosave_brings_the_findings_along(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast)
    typed = {**fields(client.get(edit_url(one, "safety"))), "medical-k01": "yes"}
    answer = client.post(reverse("referrals:autosave", args=[one.pk]), typed)
    assert "Rule K-01" in answer.json()["beside"]


def test_opioids_show_their_sum_and_each_factor(cast: Cast) -> None:
    opioids = [
        {"drug": "oxycodone", "daily_dose": 40, "unit": "mg_day", "route": "oral"},
        {"drug": "tramadol", "daily_dose": 100, "unit": "mg_day", "route": "oral"},
        {"drug": "buprenorphine", "daily_dose": 8, "unit": "mg_day", "route": "buccal"},
    ]
    one = draft(cast, substance={"opioid_use": "yes", "opioids": opioids})
    text = browser(cast, "physician").get(detail_url(one)).content.decode()
    assert "80 MME a day" in text and "Oxycodone: 40 × 1.5 = 60 MME a day" in text
    assert "Buprenorphine: kept apart" in text and "50 or more: caution" in text
