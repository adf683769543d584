"""What the rules found: for clinicians with its basis, for others as what waits for one."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from referrals.lifecycle import Action, State
from referrals.models import AssessmentResult, Referral
from referrals.operations import drafts
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import act, referral_at

HEART: dict[str, Any] = {"medical": {"k01": "yes"}}


def runs_url(referral: Referral) -> str:
    return reverse("referrals:assessments", args=[referral.pk])


def api(cast: Cast, part: str, referral: Referral) -> dict[str, Any]:
    return browser(cast, part).get(f"/api/v1/referrals/{referral.pk}/").json()["assessment"]


@pytest.mark.parametrize("part", ["coordinator", "delegate", "clinic_admin"])
def test_without_a_licence_the_api_tells_queue_and_priority(cast: Cast, part: str) -> None:
    found = api(cast, part, referral_at(State.IN_REVIEW, cast, **HEART))
    assert found["priority"]["value"] == "p3" and found["priority"]["basis"] == []
    assert found["needs_clinician_review"] is True
    [flag] = found["flags"]
    assert (flag["level"], flag["message"], flag["source"]) == ("R", "Needs clinician review", "")
    assert found["mme"] is None and found["dual_diagnosis"]["profile"] is None


@pytest.mark.parametrize("part", ["physician", "clinician"])
def test_a_clinician_reads_all_of_it(cast: Cast, part: str) -> None:
    found = api(cast, part, referral_at(State.IN_REVIEW, cast, **HEART))
    [flag] = found["flags"]
    assert "cardiovascular" in flag["message"] and "ASRA" in flag["source"]
    assert found["dual_diagnosis"]["profile"] is not None


def test_older_results_stay_and_say_what_they_read(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast, **HEART)
    drafts.change(
        one.pk, by=cast.actor("physician"), data={"medical": {"k01": "no"}}, version=None,
        amendment_reason="Stable since the new medicine.", door="portal",
    )  # fmt: skip
    runs = list(AssessmentResult.objects.filter(referral=one).order_by("computed_at"))
    assert [flag["rule"] for flag in runs[0].result["flags"]] == ["K-01"]
    assert runs[0].result["answers"] == {"medical.k01": "yes"}
    assert runs[-1].result["flags"] == [] and runs[-1].computed_by == cast.physician
    page = browser(cast, "clinician").get(runs_url(one))
    text = page.content.decode()
    assert len(page.context["runs"]) == len(runs)
    assert "Poorly controlled heart or vascular disease" in text
    assert "Decision support. A clinician decides." in text
    assert f'<a href="{reverse("worklist")}">Worklist</a>' in text
    mine = browser(cast, "physician").get(runs_url(one)).content.decode()
    assert f'<a href="{reverse("referrals:list")}">Referrals</a>' in mine


def test_the_clinicians_page_leads_to_the_runs(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, "clinician").get(reverse("referrals:detail", args=[one.pk]))
    assert runs_url(one) in page.content.decode()


@pytest.mark.parametrize(
    ("part", "status"),
    [("physician", 200), ("clinician", 200), ("coordinator", 403), ("delegate", 403),
     ("stranger", 404), ("other_clinician", 404)],
)  # fmt: skip
def test_who_may_read_the_runs(cast: Cast, part: str, status: int) -> None:
    one = referral_at(State.IN_REVIEW, cast)
    assert browser(cast, part).get(runs_url(one)).status_code == status


def test_the_runs_close_with_the_consent(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast)
    act(one, Action.REVOKE_CONSENT, cast.actor("physician"))
    assert browser(cast, "clinician").get(runs_url(one)).status_code == 403
    assert browser(cast, "physician").get(runs_url(one)).status_code == 200
