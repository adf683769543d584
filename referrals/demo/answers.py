"""A referral's answers, made to fit one another: scores, safety, medicines and words."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from referrals.demo import conditions as c
from referrals.demo import instruments as scales
from referrals.demo.patients import Patient

THERAPIST_KINDS = ("lcsw", "psychologist")
CLINIC = "clinic_to_obtain"
QUESTIONS = ("k01", "k02", "k03", "k04", "k05", "k06", "k07", "k08", "k09")


@dataclass(frozen=True, slots=True)
class Case:
    """What a story needs of its referral.

    `safety`: calm, passing, item9, not_assessed, discharged, moderate or danger.
    `concern`: "" or the finding that a physician has to review (heart, pressure, pregnancy,
    substances, liver), or that asks for caution (breathing, bladder, seizures). `detail`: how
    much was filled in, 0 (the least) to 2 (everything).
    """

    patient: Patient
    kind: str
    sent_on: date
    safety: str = "calm"
    concern: str = ""
    detail: int = 2
    severity: float = 1.5
    urgency: str = "routine"
    service: str = "dual-diagnosis-evaluation"
    part2: str = "no"


def compose(case: Case, rng: random.Random) -> dict[str, Any]:
    """The content sections in the API's write shape."""
    pain = rng.choice(c.PAINS)
    answers: dict[str, Any] = {
        "patient": _patient(case),
        "consent": _consent(case, rng),
        "request": _request(case, pain, rng),
        "pain": _pain(case, pain, rng),
        "trauma": _trauma(case, rng),
        "safety": _safety(case, rng),
        "instruments": scales.results(case, rng),
    }
    if case.safety == "discharged":
        left = case.sent_on - timedelta(days=rng.randrange(6, 20))
        answers["mental_health"] = {"hospitalized": "yes", "last_discharge_on": left.isoformat()}
    if case.detail > 0:
        answers["mental_health"] = _mental_health(case, rng) | answers.get("mental_health", {})
        answers["substance"] = _substance(case, rng)
        answers["medical"] = _medical(case, rng)
        answers["care_team"] = _care_team(case, rng)
    return answers


def _patient(case: Case) -> dict[str, Any]:
    section = case.patient.answers()
    if case.safety in ("moderate", "danger", "discharged", "item9") or case.detail == 2:
        section["emergency_contact"] = case.patient.contact()
    return section


def _consent(case: Case, rng: random.Random) -> dict[str, Any]:
    signed = (case.sent_on - timedelta(days=rng.randrange(0, 6))).isoformat()
    written = case.kind in THERAPIST_KINDS or rng.random() < 0.2
    section: dict[str, Any] = {
        "patient_agrees": True, "obtained_on": signed, "part2_source": case.part2,
        "basis": "written" if written else "treatment",
    }  # fmt: skip
    if written:
        section["written"] = {
            "signed_on": signed, "signed_by": "The patient", "evidence": "on_paper",
            "content_classes": ["identity", "pain", "mental_health", "substance", "medical",
                                "documents"],
            "purpose": "Evaluation and treatment of both conditions",
        }  # fmt: skip
    if case.part2 == "yes":
        section["part2_consent"] = _part2(signed)
    if case.detail == 2 and rng.random() < 0.4:
        contact = case.patient.contact()
        section["family"] = [
            contact | {"may_be_told": "Appointment times only", "permission_on": signed}
        ]
    return section


def _part2(signed: str) -> dict[str, Any]:
    return {
        "disclosing_party": "The substance use program that treated the patient",
        "information": "Diagnosis, medicines and dates of treatment",
        "recipients": ["The clinic on this referral"], "purpose": "Treatment",
        "right_to_revoke": "yes", "redisclosure_statement": "yes",
        "expires_event": "End of treatment", "signed_on": signed, "evidence": "on_paper",
    }  # fmt: skip


def _request(case: Case, pain: c.Pain, rng: random.Random) -> dict[str, Any]:
    reason = f"{pain.words[0].upper()}{pain.words[1:]} and trauma symptoms, both for years. "
    section = {
        "reason": f"{reason}{rng.choice(c.DAYS_BREAK)} {rng.choice(c.ASKS)}",
        "urgency": case.urgency,
    }
    if case.detail > 0:
        therapist = case.kind in THERAPIST_KINDS
        section |= {
            "goals": rng.choice(c.GOALS), "report_to": "portal",
            "direct_line": f"407-555-01{rng.randrange(10, 40)}",
            "referrer_role_after": "therapist" if therapist else rng.choice(("pcp", "shared")),
        }  # fmt: skip
    if case.detail == 2:
        section["lifestyle"] = rng.choice(c.LIFESTYLE)
    if case.urgency != "routine":
        section["faster_option_reason"] = rng.choice(c.FASTER)
    return section


def _pain(case: Case, pain: c.Pain, rng: random.Random) -> dict[str, Any]:
    began = case.sent_on - timedelta(days=rng.randrange(200, 3200))
    section: dict[str, Any] = {"diagnoses": list(pain.codes), "onset": began.strftime("%Y-%m")}
    if case.detail == 0:
        return section
    names = ("treatment_class", "name", "dose", "duration", "result")
    section |= {
        "sites": list(pain.sites), "mechanism": pain.mechanism,
        "function": rng.choice(c.FUNCTION),
        "treatments": [dict(zip(names, row, strict=True)) for row in pain.tried],
    }  # fmt: skip
    return section | {
        name: text
        for name, text in (("imaging", pain.imaging), ("procedures", pain.procedures))
        if text
    }


def _trauma(case: Case, rng: random.Random) -> dict[str, Any]:
    status = rng.choices(("diagnosed", "positive_screen", "suspected"), (50, 38, 12))[0]
    section: dict[str, Any] = {"ptsd_status": status}
    if status == "diagnosed":
        section |= {
            "diagnoses": [rng.choice(("F43.10", "F43.12", "F43.12"))],
            "diagnosed_by": rng.choice(c.DIAGNOSED_BY),
            "diagnosed_on": (case.sent_on - timedelta(days=rng.randrange(60, 1500))).isoformat(),
        }
    if case.detail > 0:
        section["trauma_type"] = rng.choice(c.TRAUMA_TYPES)
        section["therapies"] = [_therapy(row) for row in rng.choice(c.THERAPIES)]
    return section


def _therapy(row: tuple[str, str, int, str, str]) -> dict[str, Any]:
    therapy, name, sessions, result, ongoing = row
    entry = {"therapy": therapy, "sessions": sessions, "result": result, "ongoing": ongoing}
    return entry | ({"name": name} if name else {})


def _safety(case: Case, rng: random.Random) -> dict[str, Any]:
    section: dict[str, Any] = {"danger_now": case.safety == "danger"}
    if case.safety == "not_assessed":
        section |= {"suicide_screen": "not_assessed", "absent_reasons": {"c-ssrs": CLINIC}}
    if case.safety in ("moderate", "danger"):
        section |= {
            "action_taken": rng.choice(c.ACTIONS), "action_by": "The referring clinician",
            "action_at": f"{case.sent_on.isoformat()}T13:{rng.randrange(10, 60)}:00Z",
            "safety_plan": "yes", "lethal_means_counseling": "yes",
        }  # fmt: skip
    if case.safety == "passing":
        section |= {"safety_plan": "yes", "lethal_means_counseling": "yes"}
    return section


def _mental_health(case: Case, rng: random.Random) -> dict[str, Any]:
    names = ("name", "dose", "weeks", "response")
    section: dict[str, Any] = {
        "diagnoses": rng.sample(c.MOODS, 1), "psychosis": "no", "mania": "no",
        "dissociation": rng.choice(("no", "no", "yes", "unknown")), "hospitalized": "no",
        "anxiety_is_reason": rng.choice(("yes", "no")), "medication_tried": "yes",
        "antidepressants": [
            dict(zip(names, row, strict=True)) for row in rng.sample(c.ANTIDEPRESSANTS, 2)
        ],
    }  # fmt: skip
    if case.safety == "not_assessed":
        section["absent_reasons"] = {"phq-9": CLINIC}
    if case.detail == 2:
        section["sleep"] = rng.choice(c.SLEEP)
        section["brain_injury"] = rng.choice(("no", "no", "no", "yes"))
    return section


def _substance(case: Case, rng: random.Random) -> dict[str, Any]:
    if case.concern == "substances":
        return {
            "drug_use": "yes", "diagnoses": ["F10.20"], "opioid_use": "no", "remission": "no",
            "treatment": "Started an outpatient program last month.",
            "overdose_or_withdrawal": "no",
        }  # fmt: skip
    section: dict[str, Any] = {"drug_use": "no", "overdose_or_withdrawal": "no"}
    if case.part2 == "yes":
        section |= {"diagnoses": ["F11.21"], "remission": "yes",
                    "treatment": "Buprenorphine program, in remission for two years."}  # fmt: skip
    if rng.random() < 0.22 and case.kind not in THERAPIST_KINDS:
        names = ("drug", "daily_dose", "unit", "route")
        reviewed = case.sent_on - timedelta(days=rng.randrange(0, 9))
        return section | {
            "opioid_use": "yes", "pdmp_reviewed_on": reviewed.isoformat(),
            "opioids": [dict(zip(names, rng.choice(c.OPIOIDS), strict=True))],
        }  # fmt: skip
    return section | {"opioid_use": "no"}


def _medical(case: Case, rng: random.Random) -> dict[str, Any]:
    therapist = case.kind in THERAPIST_KINDS
    section: dict[str, Any] = dict.fromkeys(QUESTIONS, "clinic_to_obtain" if therapist else "no")
    section["ketamine_history"] = rng.choices(
        ("none", "clinic", "compounded_or_home", "unknown"), (80, 8, 5, 7)
    )[0]
    section["bladder_symptoms"] = "no"
    section["escort"] = rng.choices(("yes", "unknown", "no"), (75, 15, 10))[0]
    section["pregnancy"] = _pregnancy(case, rng)
    section["k02"] = "no"
    section["medications"] = _medicines(rng)
    section["allergies"] = rng.sample(c.ALLERGIES, rng.randrange(0, 2))
    if not section["allergies"]:
        section["absent_reasons"] = {"allergies": "none"}
    if not therapist:
        section |= _measured(case, rng)
    return section | _concern(case, rng)


def _pregnancy(case: Case, rng: random.Random) -> str:
    if case.patient.sex != "female" or (case.sent_on - case.patient.born).days > 52 * 365:
        return "not_applicable"
    return "not_pregnant"


def _measured(case: Case, rng: random.Random) -> dict[str, Any]:
    taken = (case.sent_on - timedelta(days=rng.randrange(0, 21))).isoformat()
    pressure = (rng.randrange(108, 146), rng.randrange(66, 92))
    section: dict[str, Any] = {
        "blood_pressure": dict(
            zip(("systolic", "diastolic", "taken_on"), (*pressure, taken), strict=True)
        ),
        "heart_rate": rng.randrange(58, 92),
        "weight_kg": rng.randrange(52, 118),
        "height_cm": rng.randrange(152, 193),
    }
    return section


def _concern(case: Case, rng: random.Random) -> dict[str, Any]:
    day = case.sent_on.isoformat()
    found: dict[str, dict[str, Any]] = {
        "breathing": {"respiratory": "yes", "diagnoses": ["G47.33"]},
        "bladder": {"bladder_symptoms": "yes", "ketamine_history": "non_medical"},
        "seizures": {"seizures": "yes", "diagnoses": ["G40.909"]},
        "heart": {"k01": "yes", "diagnoses": ["I25.10"], "labs": "Troponin normal last month.",
                  "ecg": "Sinus rhythm, old inferior changes.", "ecg_on": day},
        "pressure": {"k07": "yes", "blood_pressure": {
            "systolic": 184, "diastolic": 108, "taken_on": day}},
        "pregnancy": {"k02": "unknown", "pregnancy": "unknown"},
        "substances": {"k06": "yes"},
        "liver": {"k04": "yes", "liver_severity": "severe", "diagnoses": ["K74.60"],
                  "labs": "ALT 96, bilirubin 2.4, INR 1.5.", "ecg": "Sinus rhythm.",
                  "ecg_on": day},
    }  # fmt: skip
    return found.get(case.concern, {})


def _medicines(rng: random.Random) -> list[dict[str, Any]]:
    rows = rng.sample(c.MEDICINES, rng.randrange(1, 5))
    rows += rng.sample(c.WATCHED_MEDICINES, 1) if rng.random() < 0.2 else []
    return [
        {"name": name, "dose": dose, "frequency": frequency, "classes": list(kinds)}
        for name, dose, frequency, kinds in rows
    ]


_TEAM = (
    ("pcp", "Dr. Winifred Aldaba", "Quietwater Primary Care"),
    ("therapist", "Mateus Olander, LMHC", "Northbank Counseling Rooms"),
    ("psychiatrist", "Dr. Farida Noorzai", "Harborlight Psychiatry"),
    ("pain_specialist", "Dr. Tomoko Ellery", "Sandpine Pain Group"),
    ("physical_therapist", "Ingrid Baptiste-Ross, PT", "Slowtide Movement Studio"),
)


def _care_team(case: Case, rng: random.Random) -> list[dict[str, Any]]:
    members = rng.sample(_TEAM, rng.randrange(1, 4))
    return [
        {"role": role, "name": name, "organisation": organisation,
         "stays_involved": rng.choice(("yes", "yes", "unknown")),
         "phone": f"+140755501{rng.randrange(60, 99)}"}
        for role, name, organisation in members
    ]  # fmt: skip
