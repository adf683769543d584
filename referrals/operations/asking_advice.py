"""Advice first: a practice asks a clinic, with as little of a patient as it takes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers

from referrals import clinic_rules, clock, content
from referrals.actors import Actor, ActorKind, Role
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.models import Advice, ClinicianProfile, Organisation, Service
from referrals.operations import advice, parties
from referrals.rules.consent import written_consent_needed
from referrals.strict import StrictSerializer, Text, checked

TOPICS = (
    ("is_it_for_you", "Whether this is for your clinic"),
    ("which_service", "Which service fits"),
    ("medicines", "Medicines"),
    ("preparation", "What to do before a referral"),
    ("both_conditions", "Pain and trauma together"),
    ("other", "Something else"),
)
STATUSES = (
    ("diagnosed", "Diagnosed"), ("positive_screen", "Positive screen"),
    ("suspected", "Suspected"), ("not_suspected", "Not suspected"), ("unknown", "Unknown"),
)  # fmt: skip
IDENTITY = ("given_name", "family_name", "birth_date")


class AboutPatient(StrictSerializer):
    """As little of the patient as the question needs; nothing is needed to ask."""

    given_name = Text(max_length=80, required=False, allow_null=True, label="First name")
    family_name = Text(max_length=80, required=False, allow_null=True, label="Last name")
    birth_date = serializers.DateField(required=False, allow_null=True, label="Birth date")
    sex_for_clinical_use = serializers.ChoiceField(
        choices=[("female", "Female"), ("male", "Male"), ("other", "Other"),
                 ("unknown", "Unknown")],
        required=False, allow_null=True, label="Sex for clinical use",
    )  # fmt: skip


class AdviceInput(StrictSerializer):
    clinic = serializers.SlugField(max_length=50, label="Clinic")
    service = serializers.SlugField(
        max_length=50, required=False, allow_null=True, label="Service in mind"
    )
    practice = serializers.UUIDField(required=False, allow_null=True, label="Practice")
    clinician = serializers.UUIDField(required=False, allow_null=True, label="Asked for")
    topic = serializers.ChoiceField(choices=TOPICS, label="What it is about")
    question = Text(max_length=advice.MOST, label="Your question")
    pain = Text(max_length=200, required=False, allow_null=True, label="The pain, in short")
    ptsd_status = serializers.ChoiceField(
        choices=STATUSES, required=False, allow_null=True, label="PTSD"
    )
    patient = AboutPatient(required=False, allow_null=True, label="The patient")
    patient_agrees_in_writing = serializers.BooleanField(
        required=False, allow_null=True,
        label="The patient has agreed in writing that this clinic may know who they are",
    )  # fmt: skip


def may_ask(*, by: Actor) -> bool:
    return by.kind is ActorKind.PERSON and bool(by.organisations(*advice.ASKERS))


def ask(*, by: Actor, data: Any, door: str) -> Advice:
    """Ask a clinic. The patient's part is optional, and sealed like the question."""
    if not may_ask(by=by):
        raise Forbidden()
    typed = checked(AdviceInput(data=data))
    practice, clinician = _asker(typed, by)
    clinic = _clinic(typed["clinic"])
    _refuse_unconsented(typed, practice, clinician, clinic)
    with transaction.atomic():
        asked = Advice.objects.create(
            practice_id=practice, clinic=clinic, service=_service(clinic, typed.get("service")),
            clinician_id=clinician, topic=typed["topic"], body=_body(typed), asked_by_id=by.person,
            asked_at=clock.now(), updated_at=clock.now(),
            agreed_in_writing=_names_patient(typed) and _agreed(typed),
        )  # fmt: skip
        advice.enter(asked, "asked", by=by, text=typed["question"])
        advice.log(asked, by=by, door=door, verb="create")
        advice.tell("advice_asked", asked, by=by)
    return asked


def _asker(typed: dict[str, Any], by: Actor) -> tuple[UUID, UUID]:
    mine = by.organisations(*advice.ASKERS)
    practice = typed.get("practice") or (next(iter(mine)) if len(mine) == 1 else None)
    if practice not in mine:
        raise _refused("/practice", "unknown_practice", "Choose one of your practices.")
    clinician = typed.get("clinician")
    if clinician is None and Role.RC in by.roles_at(practice):
        clinician = by.person
    if clinician is None or not parties.clinician_seat(clinician, practice):
        raise _refused("/clinician", "unknown_clinician", "Choose the clinician for whom you ask.")
    return practice, clinician


def _refuse_unconsented(
    typed: dict[str, Any], practice: UUID, clinician: UUID, clinic: Organisation
) -> None:
    """Whoever could not refer without a written consent does not name a patient without one."""
    if _agreed(typed) or not _names_patient(typed):
        return
    kind = ClinicianProfile.objects.filter(user_id=clinician).values_list("kind", flat=True)
    state = Organisation.objects.values_list("state", flat=True).get(pk=practice)
    if written_consent_needed(kind.first(), state, rules=clinic_rules.of_clinic(clinic)):
        raise _refused(
            "/patient_agrees_in_writing", "written_consent_needed",
            "A therapist needs the patient's written agreement to name them. Confirm that you "
            "have it, or leave out the name and the birth date.",
        )  # fmt: skip


def _names_patient(typed: dict[str, Any]) -> bool:
    patient = typed.get("patient") or {}
    return any(patient.get(name) for name in IDENTITY)


def _agreed(typed: dict[str, Any]) -> bool:
    return typed.get("patient_agrees_in_writing") is True


def _clinic(slug: str) -> Organisation:
    found = Organisation.objects.filter(kind="clinic", slug=slug, active=True).first()
    if found is None:
        raise _refused("/clinic", "unknown_clinic", "Choose a clinic from the list.")
    return found


def _service(clinic: Organisation, code: str | None) -> Service | None:
    if not code:
        return None
    found = clinic.services.filter(code=code, active=True).first()
    if found is None:
        raise _refused("/service", "unknown_service", "Choose one of the clinic's services.")
    return found


def _body(typed: dict[str, Any]) -> dict[str, Any]:
    """What was said, in the sections and shapes of a referral; checked as a referral's."""
    patient = {k: v for k, v in (typed.get("patient") or {}).items() if v is not None}
    if "birth_date" in patient:
        patient["birth_date"] = patient["birth_date"].isoformat()
    sections: dict[str, Any] = {"request": {"reason": typed["question"]}, "patient": patient}
    if typed.get("pain"):
        sections["pain"] = {"problem": typed["pain"]}
    if typed.get("ptsd_status"):
        sections["trauma"] = {"ptsd_status": typed["ptsd_status"]}
    whole = content.apply(content.empty(), {k: v for k, v in sections.items() if v})
    return {name: section for name, section in whole.items() if section}


def _refused(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[FieldError(pointer, code, detail)])
