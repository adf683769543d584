"""Whom a referral names: the patient, the people of both sides, their organisations."""

from __future__ import annotations

from typing import Any

from referrals.content_classes import ContentClass
from referrals.fhir import codes
from referrals.fhir.case import Case, Resource, key
from referrals.models import Organisation

GENDER = {"female": "female", "male": "male", "other": "other", "unknown": "unknown"}


def add_organisations(case: Case) -> None:
    _organisation(case, "practice", case.referral.practice)
    if case.referral.clinic is not None:
        _organisation(case, "clinic", case.referral.clinic)


def _organisation(case: Case, name: str, row: Organisation) -> None:
    case.add(name, "Organization", {
        "identifier": [{"system": codes.NPI, "value": row.npi}] if row.npi else None,
        "active": row.active, "name": row.name, "telecom": _phone(row.phone),
    })  # fmt: skip


def add_clinicians(case: Case) -> None:
    row = case.referral
    _clinician(case, "referrer", row.referring_clinician, "practice", "Referring clinician")
    _clinician(case, "reviewer", row.reviewer, "clinic", "Reviewer")
    _clinician(case, "licensed-reviewer", row.licensed_reviewer, "clinic", "Licensed reviewer")
    for invitation in row.clinician_invitations.in_force().select_related("accepted_by__clinician"):
        name = f"invited-{key(invitation.pk)}"
        _clinician(case, name, invitation.accepted_by, "", "Invited clinician")


def _clinician(case: Case, name: str, user: Any, organisation: str, role: str) -> None:
    if user is None:
        return
    profile = getattr(user, "clinician", None)
    npi = profile.npi if profile else ""
    person = case.add(f"person-{name}", "Practitioner", {
        "identifier": [{"system": codes.NPI, "value": npi}] if npi else None,
        "name": [{"text": user.full_name}],
    })  # fmt: skip
    case.add(name, "PractitionerRole", {
        "practitioner": person,
        "organization": case.reference(organisation) if organisation else None,
        "code": [codes.concept(text=role)],
        "specialty": [codes.concept(text=profile.get_kind_display())] if profile else None,
    })  # fmt: skip


def add_patient(case: Case) -> None:
    patient = case.content.get("patient") or {}
    if not patient:
        return
    given, family = patient.get("given_name"), patient.get("family_name")
    name = {"use": "official", "family": family, "given": [given] if given else None}
    case.add("patient", "Patient", {
        "identifier": [{"system": codes.local("referral"), "value": case.referral.reference}],
        "name": [{k: v for k, v in name.items() if v}] if given or family else None,
        "telecom": _phone(patient.get("phone")),
        "gender": GENDER.get(patient.get("sex_for_clinical_use") or ""),
        "birthDate": patient.get("birth_date"),
        "address": _address(patient),
        "communication": _language(patient.get("language")),
    }, ContentClass.IDENTITY)  # fmt: skip


def _address(patient: Resource) -> list[Resource] | None:
    held = patient.get("address") or {}
    found = {
        "line": [held["line"]] if held.get("line") else None, "city": held.get("city"),
        "state": held.get("state") or patient.get("state"), "postalCode": held.get("postal_code"),
    }  # fmt: skip
    kept = {k: v for k, v in found.items() if v}
    return [kept] if kept else None


def _language(code: str | None) -> list[Resource] | None:
    if not code:
        return None
    language = codes.concept(codes.coding("urn:ietf:bcp:47", code))
    return [{"language": language, "preferred": True}]


def _phone(number: str | None) -> list[Resource] | None:
    return [{"system": "phone", "value": number}] if number else None


def add_family(case: Case) -> None:
    """Family and friends, of whom only the permitted ones are in the content that is open."""
    if "patient" not in case.resources:
        return
    for n, one in enumerate((case.content.get("consent") or {}).get("family") or []):
        if not one.get("permission_on"):
            continue
        words = f"{one.get('relationship') or 'Family'}. May be told: {one.get('may_be_told')}"
        case.add(f"family-{n}", "RelatedPerson", {
            "patient": case.patient, "relationship": [codes.concept(text=words)],
            "name": [{"text": one["name"]}] if one.get("name") else None,
            "telecom": _phone(one.get("phone")),
            "period": {"start": one["permission_on"]},
        }, ContentClass.IDENTITY)  # fmt: skip
