"""What a page says of results and findings: nothing that reassures where the rules do not."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from portal.presenters import referral_sections, trends
from portal.presenters.content_words import onset_words
from referrals.assessment import computed_instruments
from referrals.instruments import Cuts
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.rules import ClinicRules
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.portal.pages.referrer.typing import save
from tests.referrals.fhir.test_bundle import PART_2
from tests.referrals.rules import TODAY, ago, cssrs, entry, phq9
from tests.walks import act, draft, referral_at

HEART: dict[str, Any] = {"medical": {"k01": "yes"}}
DANGER: dict[str, Any] = {"safety": {"danger_now": True, "action_taken": "Called 988."}}
# Total 12 with the rule met; total 36 without it.
LOW_BUT_MET = [2, *[0] * 4, 2, 0, 2, 2, *[0] * 5, 2, 2, *[0] * 4]
HIGH_NOT_MET = [4, 4, 4, 4, 4, 0, 0, 4, 4, 4, 4, 0, 0, 0, *[0] * 6]


def said(one: dict[str, Any], rules: ClinicRules | None = None) -> str:
    [found] = computed_instruments({"instruments": [one]}, TODAY, rules or ClinicRules())
    return referral_sections.score(found).result


# --- Results -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (entry("pcl-5", total=30), "30 of 80, below the cut of 33"),
        (entry("pcl-5", total=31), "31 of 80, at or above 31, below the cut of 33"),
        (entry("pcl-5", total=32), "32 of 80, at or above 31, below the cut of 33"),
        (entry("pcl-5", total=33), "33 of 80, at or above the cut of 33"),
        (entry("pcl-5", items=LOW_BUT_MET),
         "12 of 80, below the cut of 33, provisional rule met, needs clinician assessment"),
        (entry("pcl-5", items=HIGH_NOT_MET),
         "36 of 80, at or above the cut of 33, provisional rule not met"),
        (entry("pc-ptsd-5", items=[1, 1, 1, 1, 0, 0]),
         "3 of 5, below the cut of 4, meets the lower (more sensitive) cut"),
        (entry("pc-ptsd-5", items=[1, 1, 1, 1, 1, 0]), "4 of 5, at or above the cut of 4"),
        (phq9(12, 1), "12 of 27, moderate, item 9: 1"),
        (entry("phq-9", items=[0, None, *[0] * 6, 2]), "incomplete, no total, item 9: 2"),
        (entry("audit-c", items=[4, 0, 0]),
         "4 of 12, at or above the cut of 3, all points come from item 1; review the intake"),
        (entry("c-ssrs", items=[1, None, None, None, None, None, None]), "Level low, incomplete"),
    ],
)  # fmt: skip
def test_a_result_says_its_side_of_the_cut_and_all_that_stands_beside_it(one, words) -> None:
    assert said(one) == words


def test_between_the_published_cut_and_a_clinics_own_both_are_named() -> None:
    rules = ClinicRules(cuts=Cuts(pcl_5=43))
    assert said(entry("pcl-5", total=40), rules) == "40 of 80, at or above 31, below the cut of 43"


def test_of_two_results_of_one_day_the_page_shows_the_one_that_counts() -> None:
    results = computed_instruments({"instruments": [cssrs("high"), cssrs("none")]}, TODAY)
    assert [one["level"] for one in trends.newest(results)] == ["high"]


def test_the_clusters_of_the_pcl_5_stand_behind_its_why() -> None:
    [found] = computed_instruments({"instruments": [entry("pcl-5", items=[2] * 20)]}, TODAY)
    shown = {fact.label[:9]: fact.value for fact in referral_sections.score(found).inputs}
    assert [shown[f"Cluster {name}"] for name in "BCDE"] == [
        "10 of 20", "4 of 8", "14 of 28", "12 of 24",
    ]  # fmt: skip


def test_an_onset_is_told_as_a_month_or_a_day() -> None:
    assert (onset_words("2021-03"), onset_words("2021-03-09")) == ("March 2021", "Tue, Mar 9, 2021")


# --- The page ------------------------------------------------------------------------------------


def in_danger(cast: Cast) -> Referral:
    told = {"danger_acknowledged": True}
    return act(draft(cast, **DANGER), Action.SUBMIT, cast.actor("physician"), told)


def page_of(cast: Cast, part: str, one: Referral) -> str:
    return browser(cast, part).get(detail_url(one)).content.decode()


def test_a_coordinator_is_sent_to_a_clinician_by_an_urgent_referral(cast: Cast) -> None:
    one = in_danger(cast)
    text = page_of(cast, "coordinator", one)
    assert "Needs clinician review" in text and "Tell the clinician on call now" in text
    assert "Tell the clinician on call now" not in page_of(cast, "clinician", one)
    told = browser(cast, "coordinator").get(f"/api/v1/referrals/{one.pk}/").json()["assessment"]
    assert told["needs_clinician_review"] is True and told["flags"] == []


def test_a_routine_referral_sends_no_one_anywhere(cast: Cast) -> None:
    text = page_of(cast, "coordinator", referral_at(State.SUBMITTED, cast))
    assert "Needs clinician review" not in text


def test_closed_answers_are_never_told_as_free_of_flags(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast, **HEART)
    act(one, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "medical"})
    text = page_of(cast, "clinician", one)
    assert "A part of the answers is closed to you" in text and "these answers" not in text
    assert "Judged by the answers that are open to you" in text
    act(one, Action.REVOKE_CONSENT, cast.actor("physician"))
    text = page_of(cast, "clinician", one)
    assert "Safety flags" not in text and "raise no flag" not in text


def test_the_runs_of_the_rules_carry_the_part_2_notice(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast, consent=PART_2, substance={"remission": "yes"})
    runs = browser(cast, "clinician").get(reverse("referrals:assessments", args=[one.pk]))
    assert "42 CFR part 2 prohibits" in runs.content.decode()


def test_the_four_facts_of_the_article_stand_side_by_side_for_clinicians(cast: Cast) -> None:
    tried = [{"name": "Sertraline", "weeks": 12, "response": "limited"}]
    one = referral_at(State.IN_REVIEW, cast, mental_health={"antidepressants": tried})
    text = page_of(cast, "clinician", one)
    first = text.split('td-profile__told">')[1].split("</li>")[0]
    assert "Treatment tried, with limited result" in first
    assert text.count('<li class="td-profile__') == 4 and "Rule D-5, version 1." in text
    assert "td-profile" not in page_of(cast, "coordinator", one)


def test_the_why_names_rule_version_and_day(cast: Cast) -> None:
    text = page_of(cast, "clinician", referral_at(State.IN_REVIEW, cast, **HEART))
    flag = text.split("Rule K-01")[1].split("</p>")[0]
    assert flag.startswith(", version 1. Source: ASRA") and "As of " in flag


# --- Around it -----------------------------------------------------------------------------------


def test_after_sending_the_danger_page_speaks_of_no_sending(cast: Cast) -> None:
    one = in_danger(cast)
    text = browser(cast, "physician").get(reverse("referrals:sent", args=[one.pk])).content.decode()
    assert "The duty stays with you" in text and "You can still send" not in text


def test_the_interstitial_shows_what_the_rules_read(cast: Cast) -> None:
    one = draft(cast, instruments=[{**cssrs("high"), "administered_on": ago(0)}])
    page = browser(cast, "physician").get(reverse("referrals:danger", args=[one.pk]))
    why = page.content.decode().split("Why: C-SSRS level high")[1].split("</details>")[0]
    assert "C-SSRS screener" in why and "Rule S-02, version 1." in why and "As of " in why


def test_the_summary_of_errors_says_of_which_scale_the_date_is(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast, instruments=[])
    page = save(client, one, "safety", **{"pcl-5-0": "2", "pcl-5-on": "02/30/2026"})
    assert page.status_code == 400 and "PCL-5, date it was done: " in page.content.decode()
    page = save(client, one, "safety", **{"isi-total": "29", "isi-on": "01/05/2026"})
    assert ">Total: Insomnia Severity Index: use a whole" in page.content.decode()
