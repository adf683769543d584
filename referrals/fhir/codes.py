"""Code systems and the few codes that the Bundle is made of."""

from __future__ import annotations

from typing import Any

from django.conf import settings

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
NPI = "http://hl7.org/fhir/sid/us-npi"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
BSER = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"
TASK_CODE = "http://hl7.org/fhir/CodeSystem/task-code"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
US_PARTICIPANT = "http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
CONDITION_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT_POLICY = "http://terminology.hl7.org/CodeSystem/consentpolicycodes"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

PRIORITY = {"p0": "stat", "p1": "asap", "p2": "urgent", "p3": "routine"}
SUICIDE_RISK = {"low": "LA9194-7", "moderate": "LA6751-7", "high": "LA9193-9"}
YES, NO = ("LA33-6", "Yes"), ("LA32-8", "No")


def local(name: str) -> str:
    """A code system of this installation's own."""
    return f"{settings.BASE_URL}/fhir/CodeSystem/{name}"


def coding(system: str, code: str, display: str = "") -> dict[str, str]:
    found = {"system": system, "code": code}
    return {**found, "display": display} if display else found


def concept(*codings: dict[str, str], text: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"coding": list(codings)} if codings else {}
    return {**found, "text": text} if text else found
