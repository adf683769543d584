"""A finding tells of the answers that it read: it closes with them, and nothing waits on it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from referrals.errors import DomainError, Invalid
from referrals.lifecycle import Action, State
from referrals.models import AssessmentResult, Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.api.calls import Caller, one
from tests.referrals.consent.test_windows import WRITTEN
from tests.walks import act, inputs, referral_at

pytestmark = pytest.mark.django_db
UNKNOWN = {"part2_source": "unknown"}
PAIN_AND_MIND = {"written": {**WRITTEN, "content_classes": ["identity", "pain", "mental_health"]}}
CODED: tuple[Any, ...] = (
    ({"consent": UNKNOWN, "substance": {"diagnoses": ["F11.20"]}}, "K-06"),
    ({"consent": UNKNOWN, "substance": {"diagnoses": ["Z79.891"]}}, "K-14"),
    ({"consent": PAIN_AND_MIND, "medical": {"diagnoses": ["H40.9"]}}, "K-05"),
    ({"consent": PAIN_AND_MIND, "medical": {"diagnoses": ["Z34.90"]}}, "K-02"),
)


def read(cast: Cast, row: Referral, part: str = "clinician") -> dict[str, Any]:
    return Caller(getattr(cast, part)).get(one(row)).json()["assessment"]


def rules(found: dict[str, Any]) -> list[str]:
    return [flag["rule"] for flag in found["flags"]]


@pytest.mark.parametrize(("changes", "rule"), CODED)
def test_a_flag_on_a_code_closes_with_its_section(
    changes: dict[str, Any], rule: str, cast: Cast
) -> None:
    row = referral_at(State.IN_REVIEW, cast, **changes)
    assert rules(read(cast, row, "physician")) == [rule]
    assert rules(read(cast, row)) == []
    assert rule not in Caller(cast.clinician).get(one(row, "fhir/")).content.decode()
    for name in ("detail", "assessments"):
        page = browser(cast, "clinician").get(reverse(f"referrals:{name}", args=[row.pk]))
        assert rule not in page.content.decode(), name


@pytest.mark.parametrize(("changes", "rule"), CODED)
def test_an_old_result_that_names_no_section_closes_too(
    changes: dict[str, Any], rule: str, cast: Cast
) -> None:
    row = referral_at(State.IN_REVIEW, cast, **changes)
    for kept in AssessmentResult.objects.filter(referral=row):
        for flag in kept.result["flags"]:
            flag["inputs"] = ["diagnoses"]
        kept.result["answers"] = {"diagnoses": ["M54.16", "F11.20"]}
        kept.save()
    runs = reverse("referrals:assessments", args=[row.pk])
    assert rule in browser(cast, "physician").get(runs).content.decode()
    page = browser(cast, "clinician").get(runs).content.decode()
    assert rule not in page and "F11.20" not in page


def test_a_flag_on_a_code_of_an_open_section_stays(cast: Cast) -> None:
    coded = {"diagnoses": ["H40.9"]}
    row = referral_at(State.IN_REVIEW, cast, consent=UNKNOWN, medical=coded)
    (flag,) = read(cast, row)["flags"]
    assert (flag["rule"], flag["inputs"]) == ("K-05", ["medical.diagnoses"])


def test_a_suicide_code_is_named_where_it_stands(cast: Cast) -> None:
    changes = {"medical": {"diagnoses": ["R45.851"]}, "instruments": []}
    row = referral_at(State.IN_REVIEW, cast, **changes)
    named = [b["inputs"] for b in read(cast, row)["priority"]["basis"] if b["rule"] == "S-09"]
    assert named == [["medical.diagnoses", "instruments.c-ssrs"]]
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "medical"})
    assert "S-09" not in read(cast, row)["priority"]["rules"]


# --- Acceptance does not wait for what nobody can see --------------------------------------------

SUBSTANCE_USE = {"medical": {"k06": "yes"}}


def refused(cast: Cast, row: Referral, action: Action, data: dict[str, Any]) -> DomainError:
    with pytest.raises(Invalid) as caught:
        act(row, action, cast.actor("clinician"), data)
    return caught.value


def test_acceptance_asks_for_the_part_2_source_and_names_no_flag(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast, consent=UNKNOWN, **SUBSTANCE_USE)
    (error,) = refused(cast, row, Action.ACCEPT, inputs(Action.ACCEPT, cast)).errors
    assert (error.pointer, error.code) == ("/consent/part2_source", "consent_unsettled")
    assert "flag" not in error.detail and "K-06" not in error.detail
    assert read(cast, row)["needs_clinician_review"] is False
    assert read(cast, row, "coordinator")["needs_clinician_review"] is False
    assert read(cast, row, "physician")["needs_clinician_review"] is True


def test_no_door_names_a_closed_flag_among_what_is_missing(cast: Cast) -> None:
    changes = {"consent": UNKNOWN, "medical": {"k01": "yes", "k06": "yes"}}
    row = referral_at(State.IN_REVIEW, cast, **changes)
    for part in ("clinician", "coordinator"):
        text = Caller(getattr(cast, part)).get(one(row)).content.decode()
        assert "K-06" not in text and "K-01" in text
    page = browser(cast, "clinician").get(reverse("referrals:detail", args=[row.pk]))
    assert "K-06" not in page.content.decode()


def test_once_it_is_settled_the_flag_is_reviewed_and_the_clinic_accepts(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast, consent=UNKNOWN, **SUBSTANCE_USE)
    body = {"consent": {"part2_source": "no"}, "amendment_reason": "Asked today."}
    etag = f'"{Referral.objects.get(pk=row.pk).version}"'
    assert Caller(cast.physician).patch(one(row), body, If_Match=etag).status_code == 200
    (error,) = refused(cast, row, Action.ACCEPT, inputs(Action.ACCEPT, cast)).errors
    assert error.code == "flag_not_reviewed"
    assert read(cast, row)["needs_clinician_review"] is True
    act(row, Action.REVIEW_FLAG, cast.actor("clinician"), {"rule": "K-06", "note": "Seen."})
    done = act(row, Action.ACCEPT, cast.actor("clinician"), inputs(Action.ACCEPT, cast))
    assert done.state == State.ACCEPTED


def test_a_flag_of_a_part_that_was_taken_back_asks_for_a_consent(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast, medical={"k01": "yes", "k05": "yes"})
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "medical"})
    (error,) = refused(cast, row, Action.ACCEPT, inputs(Action.ACCEPT, cast)).errors
    assert (error.pointer, error.code) == ("/consent", "consent_unsettled")


def test_only_the_flags_that_are_open_are_counted(cast: Cast) -> None:
    changes = {"consent": UNKNOWN, "medical": {"k01": "yes", "k06": "yes"}}
    row = referral_at(State.IN_REVIEW, cast, **changes)
    (error,) = refused(cast, row, Action.ACCEPT, inputs(Action.ACCEPT, cast)).errors
    assert (error.code, error.detail[:2]) == ("flag_not_reviewed", "1 ")


def test_a_note_on_a_flag_that_is_closed_tells_nothing(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast, consent=UNKNOWN, **SUBSTANCE_USE)
    (error,) = refused(cast, row, Action.REVIEW_FLAG, {"rule": "K-06", "note": "Guessed."}).errors
    assert error.code == "unknown_flag"
