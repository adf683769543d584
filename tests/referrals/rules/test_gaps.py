"""Clinical reference Q-1, Q-2 and the consent rules 0.10 and 8.4."""

import dataclasses

import pytest

from referrals.rules import DEFAULTS, accept_gaps, part2_withheld, submit_gaps
from referrals.rules import written_consent_needed as needed
from referrals.rules.gaps_submit import ALWAYS

from . import TODAY, ago, cssrs, entry, peg, phq9
from .complete import submittable

FLORIDA = dataclasses.replace(DEFAULTS, written_consent_states=frozenset({"FL"}))
WRITTEN = {"signed_on": ago(1), "content_classes": ["pain"], "evidence": "file"}
PART2 = {
    "disclosing_party": "x",
    "information": "x",
    "recipients": ["x"],
    "purpose": "x",
    "right_to_revoke": "yes",
    "signed_on": ago(1),
    "evidence": "file",
}


def codes(content, **context):
    return [gap.code for gap in submit_gaps(content, TODAY, **context)]


def accept_codes(content, **context):
    return {gap.code for gap in accept_gaps(content, TODAY, **context)}


def test_the_submit_set_is_enough():
    assert codes(submittable(), referrer_kind="physician") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        *[
            ({f"{section}__{name}": None}, f"{section}.{name}")
            for section, name in [
                ("patient", "given_name"),
                ("patient", "family_name"),
                ("patient", "birth_date"),
                ("patient", "phone"),
                ("patient", "ok_to_leave_message"),
                ("patient", "state"),
                ("consent", "patient_agrees"),
                ("consent", "basis"),
                ("consent", "part2_source"),
                ("request", "reason"),
                ("request", "urgency"),
                ("pain", "diagnoses"),
                ("pain", "onset"),
                ("trauma", "ptsd_status"),
                ("safety", "danger_now"),
            ]
        ],
        ({"instruments": []}, "safety.suicide_screen"),
        ({"instruments": [entry("phq-9", total=9)]}, "safety.suicide_screen"),
    ],
)
def test_each_missing_answer_is_one_gap_that_blocks(change, code):
    gaps = submit_gaps(submittable(**change), TODAY)
    assert [(gap.code, gap.blocking) for gap in gaps] == [(code, True)]
    assert gaps[0].pointer == "/" + code.replace(".", "/")
    assert gaps[0].label


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        ("has_clinic", "clinic"),
        ("has_service", "service"),
        ("has_after_hours", "referring_clinician.after_hours_phone"),
    ],
)
def test_what_stands_outside_the_content(flag, code):
    assert codes(submittable(), **{flag: False}) == [code]


@pytest.mark.parametrize(
    "change",
    [
        {"pain__diagnoses": None, "pain__problem": "Back pain since a fall"},
        {"pain__onset": None, "pain__absent_reasons": {"onset": "unknown"}},
        {"instruments": [], "safety__suicide_screen": "not_assessed"},
        {"instruments": [entry("phq-9", item9=0)]},
        {"instruments": [cssrs("none")]},
        {"patient__given_name": None, "patient__absent_reasons": {"given_name": "none"}},
    ],
)
def test_other_ways_to_answer(change):
    assert codes(submittable(**change)) == []


@pytest.mark.parametrize(("birth_date", "gaps"), [("2008-11-23", []), ("2008-11-24", ["under_18"])])
def test_adults_only(birth_date, gaps):
    found = submit_gaps(submittable(patient__birth_date=birth_date), TODAY)
    assert [gap.reason for gap in found] == gaps


def test_the_patient_must_agree():
    found = submit_gaps(submittable(consent__patient_agrees=False), TODAY)
    assert [gap.reason for gap in found] == ["patient_must_agree"]


@pytest.mark.parametrize(
    "danger",
    [
        {"safety": {"danger_now": True}},
        {"instruments": [cssrs("moderate")]},
        {"instruments": [cssrs("high")]},
    ],
)
def test_danger_first_only_the_shortest_set_blocks_and_the_rest_is_listed(danger):
    gaps = submit_gaps(
        {**danger}, TODAY, has_clinic=False, has_service=False, has_after_hours=False
    )
    answered = {"safety.danger_now"} if "safety" in danger else set()
    assert {gap.code for gap in gaps if gap.blocking} == ALWAYS - answered
    assert {"request.reason", "pain.onset", "safety.action_taken"} <= {
        gap.code for gap in gaps if not gap.blocking
    }


def test_without_danger_everything_blocks():
    gaps = submit_gaps({"instruments": [cssrs("low")]}, TODAY)
    assert all(gap.blocking for gap in gaps)
    assert "safety.action_taken" not in {gap.code for gap in gaps}


@pytest.mark.parametrize("kind", ["psychologist", "lcsw", "lmhc", "lmft"])
def test_a_therapist_needs_a_written_basis(kind):
    gaps = submit_gaps(submittable(), TODAY, referrer_kind=kind)
    assert [(g.code, g.reason) for g in gaps] == [("consent.basis", "written_consent_required")]
    assert codes(submittable(consent__basis="written"), referrer_kind=kind) == []


@pytest.mark.parametrize("kind", ["physician", "np", "pa", "other", None])
def test_others_may_refer_for_treatment(kind):
    assert codes(submittable(), referrer_kind=kind) == []


def test_a_clinic_may_keep_the_rule_to_some_states():
    assert needed("lcsw", "FL", rules=FLORIDA)
    assert needed("lcsw", None, "FL", rules=FLORIDA)
    assert not needed("lcsw", "GA", None, rules=FLORIDA)
    assert needed("lcsw", "GA")
    assert not needed("physician", "FL")


def test_acceptance_of_a_therapists_referral_needs_the_consent_itself():
    content = submittable(consent__basis="written")
    expected = {f"consent.written.{name}" for name in WRITTEN}
    assert expected <= accept_codes(content, referrer_kind="lcsw")
    assert not expected & accept_codes(content, referrer_kind="physician")
    content["consent"]["written"] = WRITTEN
    assert not expected & accept_codes(content, referrer_kind="lcsw")


@pytest.mark.parametrize(("ends", "gap"), [(ago(1), True), (ago(0), False), (ago(-30), False)])
def test_an_expired_consent_is_no_consent(ends, gap):
    content = submittable(
        consent__basis="written", consent__written={**WRITTEN, "expires_on": ends}
    )
    gaps = [g for g in accept_gaps(content, TODAY) if g.reason == "expired"]
    assert [(g.code, g.blocking) for g in gaps] == (
        [("consent.written.expires_on", True)] if gap else []
    )


@pytest.mark.parametrize(
    ("consent", "withheld"),
    [
        ({}, True),
        ({"part2_source": "unknown"}, True),
        ({"part2_source": "no"}, False),
        ({"part2_source": "yes"}, True),
        ({"part2_source": "yes", "part2_consent": PART2}, False),
        ({"part2_source": "yes", "part2_consent": {**PART2, "right_to_revoke": "no"}}, True),
        ({"part2_source": "yes", "part2_consent": {**PART2, "expires_on": ago(1)}}, True),
        *[
            ({"part2_source": "yes", "part2_consent": {**PART2, name: None}}, True)
            for name in PART2
        ],
    ],
)
def test_part_2_content_is_closed_until_its_consent_is_whole(consent, withheld):
    assert part2_withheld({"consent": consent}, TODAY) is withheld


def test_q2_reviewer_and_physicians_notes_block():
    content = submittable(medical={"k01": "yes", "k09": "yes"})
    gaps = accept_gaps(content, TODAY, licensed_reviewer=False, reviewed_flags={"K-09"})
    assert {g.code for g in gaps if g.blocking} == {"licensed_reviewer", "flag.K-01"}
    assert not [g for g in accept_gaps(content, TODAY) if g.blocking]


CONDITIONS = [
    ("patient.emergency_contact", {"instruments": [cssrs("moderate")]}, {}),
    ("patient.representative", {"patient__capacity": "lacks_capacity"}, {}),
    ("trauma.diagnosed_by", {"trauma__ptsd_status": "diagnosed"}, {}),
    ("instruments.gad-7", {"mental_health": {"anxiety_is_reason": "yes"}}, {}),
    ("mental_health.antidepressants", {"mental_health": {"medication_tried": "yes"}}, {}),
    ("mental_health.last_discharge_on", {"mental_health": {"hospitalized": "yes"}}, {}),
    ("instruments.c-ssrs", {"instruments": [phq9(9, 1)]}, {"instruments": [phq9(9, 0)]}),
    ("safety.action_taken", {"instruments": [cssrs("moderate")]}, {"instruments": [cssrs("low")]}),
    ("safety.safety_plan", {"instruments": [cssrs("low")]}, {}),
    (
        "substance.last_use_on",
        {"substance": {"drug_use": "yes"}},
        {"substance": {"drug_use": "no"}},
    ),
    (
        "substance.remission",
        {"instruments": [entry("dast-10", total=3)]},
        {"instruments": [entry("dast-10", total=2)]},
    ),
    ("substance.opioids", {"substance": {"opioid_use": "yes"}}, {}),
    ("substance.overdose_or_withdrawal_on", {"substance": {"overdose_or_withdrawal": "yes"}}, {}),
    (
        "medical.pregnancy",
        {"patient__sex_for_clinical_use": "female"},
        {"patient__sex_for_clinical_use": "male"},
    ),
    ("medical.ecg", {"medical": {"k01": "yes"}}, {"medical": {"k01": "no"}}),
    ("pain.mechanism", {}, {"pain__absent_reasons": {"mechanism": "clinic_to_obtain"}}),
    ("instruments.peg", {}, {"instruments": [peg(1, 2, 3)]}),
    ("instruments.peg", {}, {"pain__absent_reasons": {"peg": "not_done"}}),
    ("instruments.phq-9", {"instruments": [entry("phq-9", total=9)]}, {"instruments": [phq9(9)]}),
    (
        "instruments.ptsd_screen",
        {"trauma__diagnosed_on": ago(365), "trauma__ptsd_status": "suspected"},
        {"trauma__diagnosed_on": ago(365), "trauma__ptsd_status": "diagnosed"},
    ),
    ("care_team", {}, {"care_team": [{"role": "pcp"}]}),
]


@pytest.mark.parametrize(("code", "asked", "not_asked"), CONDITIONS)
def test_the_acceptance_set_asks_when_its_condition_holds(code, asked, not_asked):
    assert code in accept_codes(submittable(**asked))
    assert code not in accept_codes(submittable(**not_asked))


PRESCRIBERS_ONLY = {
    "medical.blood_pressure",
    "medical.heart_rate",
    "medical.weight_kg",
    "medical.height_cm",
}


def test_a_therapist_is_not_asked_for_vital_signs():
    assert accept_codes(submittable(), referrer_kind="physician") >= PRESCRIBERS_ONLY
    assert not accept_codes(submittable(), referrer_kind="lcsw") & PRESCRIBERS_ONLY


@pytest.mark.parametrize(("days", "missing"), [(30, False), (31, True)])
def test_a_blood_pressure_is_good_for_thirty_days(days, missing):
    reading = {"systolic": 120, "diastolic": 80, "taken_on": ago(days)}
    found = accept_codes(submittable(medical={"blood_pressure": reading}), referrer_kind="np")
    assert ("medical.blood_pressure" in found) is missing
