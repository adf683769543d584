"""The same cast everywhere: two practices, two clinics, and the people who work there.

Names are invented; NPIs are the published worked examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.accounts.models import User
from referrals.actors import Actor, Role
from referrals.lifecycle.reasons import load_shipped
from referrals.models import ClinicianProfile, Membership, Organisation, Reason, Service

PASSWORD = "a long synthetic passphrase"
SERVICES = (
    ("dual-diagnosis-evaluation", "Dual-diagnosis evaluation"),
    ("iv-ketamine-evaluation", "IV ketamine evaluation"),
    ("pain-evaluation", "Pain evaluation"),
    ("mental-health-evaluation", "Mental health evaluation"),
)


@dataclass
class Cast:
    """Organisations and people by their part in the stories."""

    practice: Organisation
    other_practice: Organisation
    clinic: Organisation
    other_clinic: Organisation
    physician: User
    therapist: User
    delegate: User
    practice_admin: User
    stranger: User
    coordinator: User
    second_coordinator: User
    clinician: User
    clinic_admin: User
    other_coordinator: User
    other_clinician: User
    privacy: User
    nobody: User

    def actor(self, part: str) -> Actor:
        return getattr(self, part).as_actor()


def assemble() -> Cast:
    """Create the whole cast in the database."""
    if not Reason.objects.exists():  # a transactional test's flush takes reference data along
        load_shipped(Reason)
    practice = _organisation("practice", "lakeside", "Lakeside Family Medicine")
    other_practice = _organisation("practice", "riverbend", "Riverbend Internal Medicine")
    clinic = _organisation("clinic", "apopka", "Apopka Integrated Care")
    other_clinic = _organisation("clinic", "winter-park", "Winter Park Integrated Care")
    parts = {
        "physician": _person("physician", (practice, Role.RC), kind="physician"),
        "therapist": _person("therapist", (practice, Role.RC), kind="lcsw"),
        "delegate": _person("delegate", (practice, Role.RD)),
        "practice_admin": _person("practice-admin", (practice, Role.PA)),
        "stranger": _person("stranger", (other_practice, Role.RC), kind="physician"),
        "coordinator": _person("coordinator", (clinic, Role.CO)),
        "second_coordinator": _person("second-coordinator", (clinic, Role.CO)),
        "clinician": _person("clinician", (clinic, Role.CL), kind="physician"),
        "clinic_admin": _person("clinic-admin", (clinic, Role.CA)),
        "other_coordinator": _person("other-coordinator", (other_clinic, Role.CO)),
        "other_clinician": _person("other-clinician", (other_clinic, Role.CL), kind="physician"),
        "privacy": _person("privacy", (None, Role.PO)),
        "nobody": _person("nobody"),
    }
    return Cast(
        practice=practice, other_practice=other_practice, clinic=clinic,
        other_clinic=other_clinic, **parts,
    )  # fmt: skip


def _organisation(kind: str, slug: str, name: str) -> Organisation:
    organisation = Organisation.objects.create(
        kind=kind, slug=slug, name=name, npi="1234567893", phone="+14075550100", state="FL"
    )
    if kind == "clinic":
        Service.objects.bulk_create(
            Service(clinic=organisation, code=code, name=label) for code, label in SERVICES
        )
    return organisation


def _person(name: str, *seats: tuple[Organisation | None, Role], kind: str = "") -> User:
    user = User.objects.create_user(
        f"{name}@tests.example", PASSWORD, full_name=name.replace("-", " ").title()
    )
    for organisation, role in seats:
        Membership.objects.create(user=user, organisation=organisation, role=role)
    if kind:
        ClinicianProfile.objects.create(
            user=user, kind=kind, npi="1245319599", licence_number="ME00001",
            licence_state="FL", after_hours_phone="+14075550101",
        )  # fmt: skip
    return user


def complete_answers(**changes: Any) -> dict[str, Any]:
    """The submit set, complete, for an invented patient; P3 by the rules."""
    answers: dict[str, Any] = {
        "clinic": "apopka",
        "service": "dual-diagnosis-evaluation",
        "patient": {
            "given_name": "Marisol", "family_name": "Quintrell", "birth_date": "1979-04-12",
            "sex_for_clinical_use": "female", "phone": "+14075550142",
            "ok_to_leave_message": True, "state": "FL", "language": "en", "interpreter": False,
        },
        "consent": {
            "patient_agrees": True, "basis": "written", "part2_source": "no",
            "written": {"signed_on": "2026-01-05", "signed_by": "Patient",
                        "evidence": "on_paper",
                        "content_classes": ["identity", "pain", "mental_health", "substance",
                                            "medical", "documents"]},
        },
        "request": {"reason": "Both conditions, tried treatments help little.",
                    "urgency": "routine"},
        "pain": {"diagnoses": ["M54.16"], "onset": "2021-03"},
        "trauma": {"ptsd_status": "positive_screen"},
        "safety": {"danger_now": False},
        "instruments": [
            {"instrument": "phq-9", "administered_on": "TODAY",
             "items": [1, 1, 1, 1, 1, 1, 1, 1, 0]},
            {"instrument": "c-ssrs", "administered_on": "TODAY",
             "items": [0, 0, None, None, None, 0, None]},
            {"instrument": "pc-ptsd-5", "administered_on": "TODAY", "items": [1, 1, 1, 1, 1, 0]},
            {"instrument": "peg", "administered_on": "TODAY", "items": [6, 5, 6]},
        ],
    }  # fmt: skip
    for entry in answers["instruments"]:
        entry["administered_on"] = _today()
    for key, value in changes.items():
        current = answers.get(key)
        merged = isinstance(current, dict) and isinstance(value, dict)
        answers[key] = {**current, **value} if merged else value  # type: ignore[dict-item]
    return answers


def _today() -> str:
    from referrals import clock

    return clock.now().date().isoformat()
