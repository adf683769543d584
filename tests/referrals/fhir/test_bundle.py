"""The FHIR view: shapes by a stock validator, codes by the lifecycle's table, labels by consent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from referrals import fhir
from referrals.access.models import AccessEntry
from referrals.fhir import codes
from referrals.fhir.workflow import WITH_REASON
from referrals.lifecycle import STATES, Action, State
from referrals.models import Referral
from tests.cast import Cast
from tests.referrals.api.calls import Caller, one
from tests.walks import act, inputs, referral_at

pytestmark = pytest.mark.django_db

PART_2 = {
    "part2_source": "yes",
    "part2_consent": {
        "disclosing_party": "The program", "information": "Diagnosis and dates",
        "recipients": ["My treating providers"], "purpose": "Treatment",
        "right_to_revoke": "yes", "signed_on": "2026-01-05", "evidence": "on_paper",
    },
}  # fmt: skip
FULL: dict[str, Any] = {
    "consent": {**PART_2, "family": [
        {"name": "Rosa Quintrell", "relationship": "Sister", "may_be_told": "Appointment times",
         "permission_on": "2026-01-05"},
        {"name": "Unasked Cousin", "relationship": "Cousin", "may_be_told": "All"},
    ]},
    "trauma": {"ptsd_status": "positive_screen"},
    "substance": {"opioid_use": "yes", "diagnoses": ["F11.21"],
                  "opioids": [{"drug": "tramadol", "daily_dose": 100, "unit": "mg_day",
                               "route": "oral"}]},
    "medical": {"blood_pressure": {"systolic": 132, "diastolic": 84, "taken_on": "2026-01-05"},
                "heart_rate": 71, "medications": [{"name": "Sertraline", "dose": "50 mg"}],
                "allergies": ["Penicillin"], "k05": "unknown"},
    "care_team": [{"role": "therapist", "name": "T. Weaver"},
                  {"role": "family", "name": "Unasked Cousin"}],
    "request": {"goals": "Walk the dog again."},
}  # fmt: skip


def bundle(row: Referral, cast: Cast, part: str = "coordinator") -> dict[str, Any]:
    fresh = Referral.objects.visible_to(cast.actor(part)).with_people().get(pk=row.pk)
    return json.loads(json.dumps(fhir.bundle_of(fresh, cast.actor(part))))


def of_kind(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in found["entry"] if e["resource"]["resourceType"] == kind]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [r for each in value.values() for r in references(each)]
    return [r for each in value for r in references(each)] if isinstance(value, list) else []


@pytest.mark.parametrize("state", State)
def test_every_state_reads_with_the_codes_of_its_row(state: State, cast: Cast) -> None:
    found = bundle(referral_at(state, cast), cast, "physician")
    Bundle.model_validate(found)
    (request,), (task,) = of_kind(found, "ServiceRequest"), of_kind(found, "Task")
    info = STATES[state]
    assert (request["status"], request["intent"]) == (info.service_request, "order")
    assert (task["status"], task["code"]["coding"][0]["code"]) == (info.task, "fulfill")
    listed = [c["code"] for c in task.get("businessStatus", {}).get("coding", [])]
    assert listed == (["2.0", "in-review"] if state is State.IN_REVIEW else
                      [info.business_status] if info.business_status else [])  # fmt: skip
    assert bool(task.get("statusReason", {}).get("text")) is (info.task in WITH_REASON)


@pytest.mark.parametrize(
    ("before", "request_status", "task_status"),
    [(State.COMPLETED, "completed", "completed"), (State.DECLINED, "revoked", "rejected"),
     (State.EXPIRED, "revoked", "cancelled")],
)  # fmt: skip
def test_a_closed_one_keeps_the_ending_it_acknowledges(
    before: State, request_status: str, task_status: str, cast: Cast
) -> None:
    row = act(referral_at(before, cast), Action.CLOSE, cast.actor("physician"))
    found = bundle(row, cast)
    assert of_kind(found, "ServiceRequest")[0]["status"] == request_status
    assert of_kind(found, "Task")[0]["status"] == task_status


@pytest.mark.parametrize(
    ("action", "code"),
    [(Action.RECORD_NO_SHOW, "5.1.2"), (Action.CANCEL_APPOINTMENT, "5.1.3")],
)
def test_after_an_appointment_that_did_not_happen(action: Action, code: str, cast: Cast) -> None:
    row = referral_at(State.SCHEDULED, cast)
    row = act(row, action, cast.actor("coordinator"), inputs(action, cast))
    task = of_kind(bundle(row, cast), "Task")[0]
    assert [c["code"] for c in task["businessStatus"]["coding"]] == [code]


@pytest.mark.parametrize(("priority", "code"), codes.PRIORITY.items())
def test_the_priority_is_said_in_both(priority: str, code: str, cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    Referral.objects.filter(pk=row.pk).update(priority=priority)
    found = bundle(row, cast)
    assert {of_kind(found, k)[0]["priority"] for k in ("ServiceRequest", "Task")} == {code}


def test_a_full_referral_is_valid_and_whole(cast: Cast) -> None:
    found = bundle(referral_at(State.COMPLETED, cast, **FULL), cast, "clinician")
    Bundle.model_validate(found)
    kinds = {e["resource"]["resourceType"] for e in found["entry"]}
    assert kinds >= {
        "ServiceRequest", "Task", "Patient", "Practitioner", "PractitionerRole", "Organization",
        "Condition", "Observation", "QuestionnaireResponse", "Consent", "CareTeam", "CarePlan",
        "Goal", "Provenance", "Flag", "Device", "MedicationStatement", "AllergyIntolerance",
        "RelatedPerson",
    }  # fmt: skip
    there = {e["fullUrl"] for e in found["entry"]}
    assert len(there) == len(found["entry"])
    assert set(references(found)) <= there
    assert all(re.fullmatch(r"[A-Za-z0-9.-]{1,64}", e["resource"]["id"]) for e in found["entry"])


def test_the_safety_rules_behind_the_priority_are_flags_with_their_ids(cast: Cast) -> None:
    screen = {"instrument": "c-ssrs", "administered_on": "2026-01-05", "level": "moderate"}
    row = referral_at(State.IN_REVIEW, cast, instruments=[screen], medical={"k01": "yes"})
    found = bundle(row, cast, "clinician")
    Bundle.model_validate(found)
    raised = [f["identifier"][0]["value"] for f in of_kind(found, "Flag")]
    assert raised == ["S-03", "K-01"]
    unlicensed = of_kind(bundle(row, cast, "coordinator"), "Flag")
    assert [f["identifier"][0]["value"] for f in unlicensed] == ["K-01"]


def test_a_screen_is_provisional_and_a_diagnosis_confirmed(cast: Cast) -> None:
    found = bundle(referral_at(State.SUBMITTED, cast, **FULL), cast)
    by_code = {
        c["code"]["coding"][0]["code"]: c["verificationStatus"]["coding"][0]["code"]
        for c in of_kind(found, "Condition")
    }
    assert (by_code["M54.16"], by_code["47505003"]) == ("confirmed", "provisional")


def test_scores_are_surveys_with_their_rule(cast: Cast) -> None:
    found = bundle(referral_at(State.SUBMITTED, cast), cast, "clinician")
    surveys = {
        o["code"]["coding"][0]["code"]: o for o in of_kind(found, "Observation")
        if o["category"][0]["coding"][0]["code"] == "survey"
    }  # fmt: skip
    phq = surveys["44261-6"]
    assert phq["valueQuantity"]["value"] == 8
    assert "Rule A-4" in phq["note"][0]["text"]
    assert phq["derivedFrom"]
    # There is no LOINC answer for "none".
    assert surveys["93374-7"]["valueCodeableConcept"] == {"text": "Level none"}


def test_part_2_content_has_its_label_and_its_notice(cast: Cast) -> None:
    found = bundle(referral_at(State.SUBMITTED, cast, **FULL), cast)
    labels = {c["code"] for c in found["meta"]["security"]}
    assert {"R", "PSY", "ETH", "42CFRPart2"} <= labels
    note = of_kind(found, "ServiceRequest")[0]["note"][0]["text"]
    assert "42 CFR part 2 prohibits unauthorized use or disclosure" in note
    assert "Diagnosis and dates" in note
    substance = [c for c in of_kind(found, "Condition") if "F11.21" in json.dumps(c)]
    assert "42CFRPart2" in {c["code"] for c in substance[0]["meta"]["security"]}


def test_without_a_part_2_source_there_is_no_such_label(cast: Cast) -> None:
    found = bundle(referral_at(State.SUBMITTED, cast), cast)
    assert "42CFRPart2" not in json.dumps(found)


def test_family_is_named_only_with_permission(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast, **FULL)
    seen = json.dumps(bundle(row, cast))
    assert "Rosa Quintrell" in seen
    assert "Unasked Cousin" not in seen


def test_revoked_leaves_the_workflow_alone(cast: Cast) -> None:
    row = referral_at(State.ACCEPTED, cast, **FULL)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
    found = bundle(row, cast)
    Bundle.model_validate(found)
    assert {e["resource"]["resourceType"] for e in found["entry"]} == {
        "Organization", "Practitioner", "PractitionerRole", "Consent", "ServiceRequest", "Task",
        "Provenance",
    }  # fmt: skip
    text = json.dumps(found)
    for word in ("Quintrell", "M54.16", "tramadol", "Walk the dog"):
        assert word not in text
    assert of_kind(found, "Consent")[0]["status"] == "inactive"
    assert "Quintrell" in json.dumps(bundle(row, cast, "physician"))


def test_the_address_answers_fhir_and_logs_the_reading(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    client = Caller(cast.coordinator)
    answer = client.get(one(row) + "fhir/", Accept="application/fhir+json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/fhir+json")
    assert answer.json()["type"] == "collection"
    assert AccessEntry.objects.latest("pk").verb == "read"
    assert Caller(cast.stranger).get(one(row) + "fhir/").status_code == 404


def test_the_validator_finds_what_is_wrong(cast: Cast) -> None:
    found = bundle(referral_at(State.SUBMITTED, cast), cast)
    of_kind(found, "Task")[0].pop("status")
    with pytest.raises(ValueError, match="status"):
        Bundle.model_validate(found)
