"""The acceptance set as data: each answer, when it is asked for, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from . import facts
from .consent import PRESCRIBERS
from .findings import Gap
from .priority import SUICIDE_CODES, priority
from .scored import Scored, newest, of, scored
from .settings import ClinicRules
from .suicide_risk import SuicideRisk, suicide_risk

_LEVELS_FOR_PLAN = ("low", "moderate", "high")
CLINIC = "clinic_to_obtain"
# Where the reason stands why an instrument, or the care team, is missing.
REASON_HOME = {
    "peg": "pain",
    "ptsd_screen": "trauma",
    "phq-9": "mental_health",
    "gad-7": "mental_health",
    "c-ssrs": "safety",
    "audit-c": "substance",
    "dast-10": "substance",
    "": "request",
}
_CONTROLLED = {"opioid", "benzodiazepine", "stimulant"}


@dataclass(frozen=True, slots=True)
class Case:
    """The facts that conditions ask about, gathered once."""

    content: Any
    as_of: date
    rules: ClinicRules
    kind: str | None
    results: list[Scored]
    risk: SuicideRisk
    danger: bool

    @classmethod
    def of(cls, content: Any, as_of: date, rules: ClinicRules, kind: str | None) -> Case:
        results = scored(content, rules)
        risk = suicide_risk(results, as_of, rules)
        danger = priority(content, as_of, rules).danger
        return cls(content, as_of, rules, kind, results, risk, danger)

    def get(self, section: str, name: str) -> Any:
        return facts.answer(self.content, section, name)

    def has(self, section: str, name: str) -> bool:
        return facts.present(self.get(section, name)) or facts.absent(self.content, section, name)

    def scored(self, *names: str) -> bool:
        return any(newest(self.results, name) for name in names)

    @property
    def prescriber(self) -> bool:
        return self.kind in PRESCRIBERS


Test = Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class Need:
    """One answer of the set; `answered` takes a reason for its absence as an answer.

    `prescribers`: only they are asked; for others the clinic obtains it.
    """

    section: str
    name: str
    label: str
    asked: Test
    answered: Test
    prescribers: bool = False

    def gap(self, case: Case | None = None) -> Gap:
        where = "" if self.section in ("care_team", "instruments") else f"/{self.name}"
        return Gap(
            f"{self.section}.{self.name}" if self.name else self.section,
            f"/{self.section}{where}",
            self.label,
            blocking=False,
        )


def _always(case: Case) -> bool:
    return True


def _need(section: str, name: str, label: str, *, when: Test = _always) -> Need:
    return Need(section, name, label, when, lambda case: case.has(section, name))


def _measure(name: str, label: str) -> Need:
    """A vital sign, asked of prescribers alone."""
    return replace(_need("medical", name, label, when=_prescriber), prescribers=True)


def _equals(section: str, name: str, *values: Any) -> Test:
    return lambda case: case.get(section, name) in values


def _instrument(section: str, label: str, *names: str, when: Test = _always, key: str = "") -> Need:
    """A scored instrument, or the section's reason why there is none."""
    absent = key or names[0]
    return Need(
        "instruments",
        absent,
        label,
        when,
        lambda case: case.scored(*names) or facts.absent(case.content, section, absent),
    )


def _phq9_answered(case: Case) -> bool:
    """PHQ-9 with item 9; or a reason together with a C-SSRS."""
    entries = of(case.results, "phq-9")
    complete = case.scored("phq-9") and any(s.item9 is not None for s in entries)
    reason = facts.absent(case.content, "mental_health", "phq-9")
    return complete or (reason and case.risk.shown is not None) or (reason and _cssrs(case))


def _cssrs(case: Case) -> bool:
    return any(s.result and s.result.band for s in of(case.results, "c-ssrs"))


def _cssrs_asked(case: Case) -> bool:
    coded = bool(facts.coded(case.content, SUICIDE_CODES))
    return case.risk.item9 is None or case.risk.item9 >= 1 or coded


def _ptsd_screen_asked(case: Case) -> bool:
    """Asked unless PTSD was diagnosed within the last months that the clinic set."""
    diagnosed = facts.day(case.get("trauma", "diagnosed_on"))
    if case.get("trauma", "ptsd_status") != "diagnosed" or diagnosed is None:
        return True
    return facts.add_months(diagnosed, case.rules.ptsd_screen_not_needed_months) < case.as_of


def _blood_pressure(case: Case) -> bool:
    """Both numbers and a date of the last days that the clinic set, or a reason."""
    if facts.absent(case.content, "medical", "blood_pressure"):
        return True
    measured = case.get("medical", "blood_pressure")
    measured = measured if isinstance(measured, Mapping) else {}
    days = facts.days_ago(measured.get("taken_on"), case.as_of)
    numbers = all(facts.present(measured.get(name)) for name in ("systolic", "diastolic"))
    return numbers and days is not None and days <= case.rules.blood_pressure_days


def _substance_positive(case: Case) -> bool:
    screens = (newest(case.results, name) for name in ("audit-c", "dast-10"))
    return (
        case.get("substance", "drug_use") == "yes"
        or case.get("medical", "k06") == "yes"
        or any(s and s.result and s.result.positive for s in screens)
    )


def _controlled_drug(case: Case) -> bool:
    classes = facts.medication_classes(case.content)
    return case.prescriber and (facts.takes_opioid(case.content) or bool(classes & _CONTROLLED))


def _pregnancy_asked(case: Case) -> bool:
    return case.get("patient", "sex_for_clinical_use") in ("female", "other", "unknown")


def _tests_asked(case: Case) -> bool:
    answers = [case.get("medical", name) for name in ("k01", "k04", "hyperthyroidism_untreated")]
    return "yes" in answers


def _prescriber(case: Case) -> bool:
    return case.prescriber


def _level_calls_for_plan(case: Case) -> bool:
    return case.risk.shown in _LEVELS_FOR_PLAN


def _action_asked(case: Case) -> bool:
    return case.risk.shown in ("moderate", "high") or case.get("safety", "danger_now") is True


def _drug_answer(case: Case) -> bool:
    stated = case.has("substance", "drug_use")
    return stated or case.scored("dast-10") or facts.absent(case.content, "substance", "dast-10")


def _care_team(case: Case) -> bool:
    team = facts.entries(case.content, "care_team")
    return bool(team) or facts.absent(case.content, "request", "care_team")


_K_LABELS = {
    "k01": "Heart and vascular disease: is it controlled?",
    "k02": "Pregnancy: is it possible?",
    "k03": "Psychosis: yes, no or unknown",
    "k04": "Liver disease: yes, no or unknown",
    "k05": "Raised pressure in head or eye: yes, no or unknown",
    "k06": "Active substance use problem: yes, no or unknown",
    "k07": "Blood pressure of 180/120 or above: yes, no or unknown",
    "k08": "Aneurysm, malformation or brain bleed: yes, no or unknown",
    "k09": "Hypersensitivity to ketamine: yes, no or unknown",
}

ANSWERS: tuple[Need, ...] = (
    _need("request", "referrer_role_after", "What you will do after the evaluation"),
    _need("request", "report_to", "Where the clinic's report should go"),
    _need("request", "direct_line", "Your direct line"),
    _need("patient", "sex_for_clinical_use", "Sex for clinical use"),
    _need("patient", "language", "Preferred language"),
    _need("patient", "interpreter", "Whether an interpreter is needed"),
    _need("patient", "emergency_contact", "Emergency contact", when=lambda case: case.danger),
    _need(
        "patient",
        "representative",
        "Guardian or representative",
        when=_equals("patient", "capacity", "lacks_capacity"),
    ),
    _need("pain", "diagnoses", "A pain diagnosis code"),
    _need("pain", "sites", "Where the pain is"),
    _need("pain", "mechanism", "The kind of pain"),
    _instrument("pain", "PEG scale with its date", "peg"),
    _need("pain", "treatments", "Pain treatments tried, or none"),
    _need("pain", "function", "Effect on work, daily activities and moving about"),
    _need(
        "trauma",
        "diagnoses",
        "PTSD diagnosis code",
        when=_equals("trauma", "ptsd_status", "diagnosed"),
    ),
    _need(
        "trauma",
        "diagnosed_on",
        "Date of the PTSD diagnosis",
        when=_equals("trauma", "ptsd_status", "diagnosed"),
    ),
    _need(
        "trauma",
        "diagnosed_by",
        "Who diagnosed PTSD",
        when=_equals("trauma", "ptsd_status", "diagnosed"),
    ),
    _instrument(
        "trauma",
        "PC-PTSD-5 or PCL-5 with its date",
        "pc-ptsd-5",
        "pcl-5",
        when=_ptsd_screen_asked,
        key="ptsd_screen",
    ),
    _need("trauma", "therapies", "Trauma therapies, or none"),
    Need("instruments", "phq-9", "PHQ-9 with item 9 and its date", _always, _phq9_answered),
    _instrument(
        "mental_health",
        "GAD-7 with its date",
        "gad-7",
        when=_equals("mental_health", "anxiety_is_reason", "yes"),
    ),
    _need(
        "mental_health",
        "antidepressants",
        "Medicines tried for depression or PTSD",
        when=_equals("mental_health", "medication_tried", "yes"),
    ),
    _need("mental_health", "psychosis", "Psychosis: yes, no or unknown"),
    _need("mental_health", "mania", "Mania: yes, no or unknown"),
    _need("mental_health", "dissociation", "Dissociation: yes, no or unknown"),
    _need("mental_health", "hospitalized", "Psychiatric emergency visit or hospital stay"),
    _need(
        "mental_health",
        "last_discharge_on",
        "Date of the last psychiatric discharge",
        when=_equals("mental_health", "hospitalized", "yes"),
    ),
    Need(
        "instruments",
        "c-ssrs",
        "C-SSRS screener with its date",
        _cssrs_asked,
        lambda case: _cssrs(case) or facts.absent(case.content, "safety", "c-ssrs"),
    ),
    _need("safety", "action_taken", "What was done for safety", when=_action_asked),
    _need("safety", "action_by", "Who acted for safety", when=_action_asked),
    _need("safety", "action_at", "When that was done", when=_action_asked),
    _need("safety", "safety_plan", "Whether a safety plan exists", when=_level_calls_for_plan),
    _need(
        "safety",
        "lethal_means_counseling",
        "Whether lethal means were talked through",
        when=_level_calls_for_plan,
    ),
    _instrument("substance", "AUDIT-C, or that the patient declined", "audit-c"),
    Need("substance", "drug_use", "DAST-10, or drug use and last use", _always, _drug_answer),
    _need(
        "substance",
        "last_use_on",
        "Date of last drug use",
        when=_equals("substance", "drug_use", "yes"),
    ),
    _need("substance", "diagnoses", "Substance use diagnosis", when=_substance_positive),
    _need("substance", "treatment", "Treatment for substance use", when=_substance_positive),
    _need("substance", "remission", "Remission: yes, no or unknown", when=_substance_positive),
    _need(
        "substance",
        "opioids",
        "Opioids with dose and route",
        when=lambda case: facts.takes_opioid(case.content),
    ),
    _need("substance", "pdmp_reviewed_on", "Date the PDMP was reviewed", when=_controlled_drug),
    _need("substance", "overdose_or_withdrawal", "Overdose or withdrawal: yes, no or unknown"),
    _need(
        "substance",
        "overdose_or_withdrawal_on",
        "Date of the overdose or withdrawal",
        when=_equals("substance", "overdose_or_withdrawal", "yes"),
    ),
    Need(
        "medical",
        "blood_pressure",
        "Blood pressure of the last 30 days",
        _prescriber,
        _blood_pressure,
        prescribers=True,
    ),
    _measure("heart_rate", "Heart rate"),
    _measure("weight_kg", "Weight"),
    _measure("height_cm", "Height"),
    _need("medical", "allergies", "Allergies, or none"),
    _need("medical", "medications", "Full list of medicines, or none"),
    *(_need("medical", name, label) for name, label in _K_LABELS.items()),
    _need("medical", "pregnancy", "Pregnancy", when=_pregnancy_asked),
    _need("medical", "ketamine_history", "Ketamine before"),
    _need("medical", "bladder_symptoms", "Bladder or urinary symptoms"),
    _need("medical", "labs", "Laboratory results", when=_tests_asked),
    _need("medical", "ecg", "ECG", when=_tests_asked),
    Need("care_team", "", "At least one member of the care team", _always, _care_team),
)
