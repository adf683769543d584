"""Q-1: what a referral needs before it can be sent; with P0 or P1 danger comes first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

from . import facts
from .consent import basis_gap
from .findings import Gap
from .priority import priority
from .scored import of, scored
from .settings import DEFAULTS, ClinicRules

# What is needed even where an S-rule gives P0 or P1.
ALWAYS = frozenset(
    {
        "clinic",
        "service",
        "patient.given_name",
        "patient.family_name",
        "patient.birth_date",
        "patient.phone",
        "consent.patient_agrees",
        "consent.basis",
        "safety.danger_now",
    }
)
# (section, field, label, may stand as unknown or the like)
_ANSWERS = (
    ("patient", "given_name", "The patient's first name", True),
    ("patient", "family_name", "The patient's last name", False),
    ("patient", "phone", "The patient's phone", False),
    ("patient", "ok_to_leave_message", "Whether a message may be left", False),
    ("patient", "state", "The patient's state of residence", False),
    ("consent", "part2_source", "Whether any part comes from a Part 2 program", False),
    ("request", "reason", "The reason for the referral", False),
    ("request", "urgency", "How urgent it is, in your judgment", False),
    ("pain", "onset", "When the pain began", True),
    ("trauma", "ptsd_status", "The PTSD status", False),
    ("safety", "danger_now", "Whether the patient is in immediate danger", False),
)


def submit_gaps(
    content: Any,
    as_of: date,
    *,
    rules: ClinicRules = DEFAULTS,
    referrer_kind: str | None = None,
    state: str | None = None,
    has_clinic: bool = True,
    has_service: bool = True,
    has_after_hours: bool = True,
) -> list[Gap]:
    """Everything that the submit set still lacks; `blocking` ones stop the sending.

    The flags tell of what stands outside the content. Where an S-rule gives P0 or P1 only
    ALWAYS blocks, and the rest is listed.
    """
    danger = priority(content, as_of, rules).danger
    gaps = [
        *_outside(has_clinic, has_service, has_after_hours),
        *_plain(content),
        *_patient(content, as_of, rules),
        *_consent(content, referrer_kind, state, rules),
        *_clinical(content, rules),
        *(_action(content) if danger else ()),
    ]
    if not danger:
        return gaps
    return [dataclasses.replace(gap, blocking=gap.code in ALWAYS) for gap in gaps]


def _outside(has_clinic: bool, has_service: bool, has_after_hours: bool) -> Iterator[Gap]:
    if not has_clinic:
        yield Gap("clinic", "/clinic", "The clinic")
    if not has_service:
        yield Gap("service", "/service", "The evaluation asked for")
    if not has_after_hours:
        yield Gap(
            "referring_clinician.after_hours_phone",
            "/referring_clinician/after_hours_phone",
            "Where to reach the referring clinician out of hours",
        )


def _plain(content: Any) -> Iterator[Gap]:
    for section, name, label, may_be_absent in _ANSWERS:
        if facts.present(facts.answer(content, section, name)):
            continue
        if not (may_be_absent and facts.absent(content, section, name)):
            yield Gap(f"{section}.{name}", f"/{section}/{name}", label)


def _patient(content: Any, as_of: date, rules: ClinicRules) -> Iterator[Gap]:
    years = facts.age(content, as_of)
    where = ("patient.birth_date", "/patient/birth_date")
    if years is None:
        yield Gap(*where, "The patient's birth date")
    elif years < rules.adult_age:
        yield Gap(*where, "A patient of 18 or over: the program is for adults", reason="under_18")


def _consent(
    content: Any, kind: str | None, state: str | None, rules: ClinicRules
) -> Iterator[Gap]:
    agrees = facts.answer(content, "consent", "patient_agrees")
    if agrees is not True:
        yield Gap(
            "consent.patient_agrees",
            "/consent/patient_agrees",
            "The patient's agreement to this referral",
            reason="patient_must_agree" if agrees is False else "required",
        )
    if gap := basis_gap(content, kind, state, rules):
        yield gap


def _clinical(content: Any, rules: ClinicRules) -> Iterator[Gap]:
    pain = facts.section(content, "pain")
    if not facts.strings(pain.get("diagnoses")) and not facts.present(pain.get("problem")):
        yield Gap("pain.diagnoses", "/pain/diagnoses", "A pain diagnosis or problem")
    if not _screened(content, rules):
        yield Gap(
            "safety.suicide_screen",
            "/safety/suicide_screen",
            "PHQ-9 item 9 or the C-SSRS, or that it was not assessed",
        )


def _screened(content: Any, rules: ClinicRules) -> bool:
    results = scored(content, rules)
    return (
        facts.answer(content, "safety", "suicide_screen") == "not_assessed"
        or any(s.item9 is not None for s in of(results, "phq-9"))
        or any(s.result and s.result.band for s in of(results, "c-ssrs"))
    )


def _action(content: Any) -> Iterator[Gap]:
    if not facts.present(facts.answer(content, "safety", "action_taken")):
        yield Gap("safety.action_taken", "/safety/action_taken", "What was done for safety")
