"""The coded reasons that the product ships with; loaded into the table by a migration.

Codes are the labels of the lifecycle page in snake_case. Class `clinical` is for a licensed
person. An event carries the class only, because a code can itself be health information.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from referrals.actors import Role

CO_CL = (Role.CO, Role.CL)
CL_ONLY = (Role.CL,)
PRACTICE = (Role.RC, Role.RD)
SCHEDULING = (Role.CO, Role.PS)
CARE = (Role.CL, Role.PS)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    kind: str
    code: str
    label: str
    reason_class: str
    roles: tuple[Role, ...]
    comment_mandatory: bool = False


def _rows(
    kind: str, roles: tuple[Role, ...], *items: tuple[str, str, str]
) -> tuple[ReasonRow, ...]:
    return tuple(
        ReasonRow(
            kind, code, label, klass,
            CL_ONLY if kind == "decline" and klass == "clinical" else roles,
            comment_mandatory=code == "other",
        )
        for code, label, klass in items
    )  # fmt: skip


SHIPPED: tuple[ReasonRow, ...] = (
    *_rows(
        "decline", CO_CL,
        ("insufficient_information", "Insufficient information", "information"),
        ("diagnosis_pair_not_supported", "Diagnosis pair not supported", "clinical"),
        ("medical_reason", "Medical reason", "clinical"),
        ("psychiatric_reason", "Psychiatric reason", "clinical"),
        ("pregnancy", "Pregnancy", "clinical"),
        ("active_substance_use", "Active substance use", "clinical"),
        ("age", "Age", "administrative"),
        ("needs_more_urgent_care_than_the_clinic_gives",
         "Needs more urgent care than the clinic gives", "clinical"),
        ("out_of_area_or_coverage", "Out of area or coverage", "administrative"),
        ("no_capacity", "No capacity", "capacity"),
        ("duplicate", "Duplicate", "administrative"),
        ("patient_declined", "Patient declined", "patient"),
        ("service_not_offered", "Service not offered", "administrative"),
        ("other", "Other", "administrative"),
    ),
    *_rows(
        "cancel", PRACTICE,
        ("patient_request", "Patient request", "patient"),
        ("condition_improved", "Condition improved", "clinical"),
        ("went_elsewhere", "Went elsewhere", "patient"),
        ("sent_by_mistake", "Sent by mistake", "administrative"),
        ("no_longer_needed", "No longer needed", "administrative"),
        ("patient_died", "Patient died", "patient"),
        ("other", "Other", "administrative"),
    ),
    *_rows(
        "appointment", SCHEDULING,
        ("patient_ill", "Patient ill", "patient"),
        ("patients_wish", "Patient's wish", "patient"),
        ("clinic_cancelled", "Clinic cancelled", "capacity"),
        ("preparation_incomplete", "Preparation incomplete", "information"),
        ("other", "Other", "administrative"),
    ),
    *_rows(
        "no_show", SCHEDULING,
        ("forgot", "Forgot", "patient"),
        ("late", "Late", "patient"),
        ("ill", "Ill", "patient"),
        ("cancelled_too_late", "Cancelled too late", "patient"),
        ("unknown", "Unknown", "patient"),
    ),
    *_rows(
        "disposition", CARE,
        ("treated_back_to_referrer", "Treated, back to referrer", "clinical"),
        ("treated_stays_with_clinic", "Treated, stays with clinic", "clinical"),
        ("assessed_other_care_advised", "Assessed, other care advised", "clinical"),
        ("advice_only", "Advice only", "clinical"),
        ("stopped_by_patient", "Stopped by patient", "patient"),
        ("stopped_for_safety", "Stopped for safety", "clinical"),
        ("referred_onward", "Referred onward", "clinical"),
    ),
    *_rows(
        "info_item", CO_CL,
        ("medications", "Current medications and doses", "information"),
        ("allergies", "Allergies", "information"),
        ("vitals", "Blood pressure and other vitals", "information"),
        ("safety_screen", "A current suicide screen", "information"),
        ("consent", "Consent details", "information"),
        ("pain_history", "Pain history and treatments tried", "information"),
        ("trauma_history", "Trauma-focused therapy so far", "information"),
        ("instruments", "Questionnaire results with dates", "information"),
        ("imaging", "Imaging or test reports", "information"),
        ("substance_use", "Substance use and treatment", "information"),
        ("mental_health_history", "Mental health history", "information"),
        ("insurance", "Insurance details", "administrative"),
        ("contact_details", "How to reach the patient", "administrative"),
        ("other", "Other", "information"),
    ),
)  # fmt: skip


def load_shipped(model: Any) -> None:
    """Write the shipped reasons into the table of `model`; what an operator changed stays."""
    for position, row in enumerate(SHIPPED):
        model.objects.get_or_create(
            kind=row.kind,
            code=row.code,
            defaults={
                "label": row.label,
                "reason_class": row.reason_class,
                "roles": [role.value for role in row.roles],
                "comment_mandatory": row.comment_mandatory,
                "position": position,
            },
        )
