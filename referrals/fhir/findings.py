"""What is known of the patient: conditions, answers, scores, vital signs, medicines, flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from referrals import content_classes as classes
from referrals.content_classes import ContentClass
from referrals.fhir import codes
from referrals.fhir.case import Case, Resource
from referrals.instruments import INSTRUMENTS

# Where coded diagnoses stand: section and field.
DIAGNOSES = (
    ("pain", "diagnoses"), ("trauma", "diagnoses"), ("mental_health", "diagnoses"),
    ("substance", "diagnoses"), ("medical", "diagnoses"),
)  # fmt: skip
# Not diagnosed: kept as provisional, in words that claim no more than was recorded.
PROVISIONAL = {
    "positive_screen": "Post-traumatic stress: screen positive, not diagnosed",
    "suspected": "Post-traumatic stress: suspected by the referrer, not diagnosed",
}


def add_conditions(case: Case) -> None:
    for section, name in DIAGNOSES:
        body = case.content.get(section) or {}
        onset = body.get("onset") if section == "pain" else body.get("diagnosed_on")
        for n, code in enumerate(body.get(name) or []):
            coded = codes.concept(codes.coding(codes.ICD_10_CM, code))
            _condition(case, f"{section}-{n}", section, coded, onset, "confirmed")
    problem = (case.content.get("pain") or {}).get("problem")
    if problem:
        onset = case.content["pain"].get("onset")
        _condition(case, "pain-problem", "pain", codes.concept(text=problem), onset, "unconfirmed")
    words = PROVISIONAL.get((case.content.get("trauma") or {}).get("ptsd_status") or "")
    if words:
        coded = codes.concept(codes.coding(codes.SNOMED, "47505003"), text=words)
        _condition(case, "trauma-screen", "trauma", coded, None, "provisional")


def _condition(
    case: Case, name: str, section: str, code: Resource, onset: str | None, verified: str
) -> None:
    case.add(f"condition-{name}", "Condition", {
        "clinicalStatus": codes.concept(codes.coding(codes.CONDITION_CLINICAL, "active")),
        "verificationStatus": codes.concept(codes.coding(codes.CONDITION_VERIFIED, verified)),
        "category": [codes.concept(codes.coding(codes.CONDITION_CATEGORY, "problem-list-item"))],
        "code": code, "subject": case.patient, "onsetDateTime": onset,
        "recorder": case.reference("referrer"),
    }, classes.SECTIONS[section])  # fmt: skip


def add_instruments(case: Case, scored: list[dict[str, Any]]) -> None:
    for n, one in enumerate(scored):
        held = classes.class_of(f"instruments.{one['instrument']}")
        if one.get("items"):
            _answers(case, f"answers-{n}", one, held)
        _score(case, f"score-{n}", one, held, f"answers-{n}")


def _answers(case: Case, name: str, one: Mapping[str, Any], held: ContentClass) -> None:
    instrument = INSTRUMENTS[one["instrument"]]
    case.add(name, "QuestionnaireResponse", {
        "questionnaire": f"{codes.local('x').rsplit('/', 2)[0]}/Questionnaire/{instrument.name}",
        "status": "completed" if one["complete"] else "in-progress",
        "subject": case.patient, "authored": one.get("administered_on"),
        "item": [
            _item(n, topic, answer, yes_no=instrument.item_range == (0, 1))
            for n, (topic, answer) in enumerate(
                zip(instrument.topics, one["items"], strict=False), start=1
            )
        ],
    }, held)  # fmt: skip


def _item(n: int, topic: str, answer: int | None, *, yes_no: bool) -> Resource:
    """A blank item stands without an answer."""
    found: Resource = {"linkId": str(n), "text": topic}
    if answer is None:
        return found
    if yes_no:
        value: Resource = {"valueCoding": codes.coding(codes.LOINC, *_yes_or_no(answer))}
    else:
        value = {"valueInteger": answer}
    return {**found, "answer": [value]}


def _yes_or_no(answer: int) -> tuple[str, str]:
    return codes.YES if answer else codes.NO


def _score(case: Case, name: str, one: Mapping[str, Any], held: ContentClass, answers: str) -> None:
    instrument = INSTRUMENTS[one["instrument"]]
    loinc = instrument.loinc_total or instrument.loinc_panel
    code = codes.coding(codes.LOINC, loinc) if loinc else codes.coding(
        codes.local("instrument"), instrument.name
    )  # fmt: skip
    rule = f"Rule {one['rule']}, version {one['version']}. " if one.get("rule") else ""
    case.add(name, "Observation", {
        "status": "final", "category": [_category("survey")],
        "code": codes.concept(code, text=instrument.title),
        "subject": case.patient, "effectiveDateTime": one.get("administered_on"),
        "performer": case.references("referrer"),
        **_value(one), "interpretation": _band(one, instrument),
        "derivedFrom": case.references(answers),
        "note": [{"text": f"{rule}Decision support. A clinician decides."}],
    }, held)  # fmt: skip


def _value(one: Mapping[str, Any]) -> Resource:
    if one["instrument"] == "c-ssrs" and one.get("band"):
        risk = codes.SUICIDE_RISK.get(one["band"])
        listed = [codes.coding(codes.LOINC, risk)] if risk else []
        return {"valueCodeableConcept": codes.concept(*listed, text=f"Level {one['band']}")}
    if one.get("score") is None:
        withheld = one["instrument"] == "c-ssrs" and one["complete"]
        why = "masked" if withheld else "unknown"
        return {"dataAbsentReason": codes.concept(codes.coding(codes.DATA_ABSENT, why))}
    quantity = {"value": one["score"], "unit": "score", "system": codes.UCUM, "code": "{score}"}
    return {"valueQuantity": quantity}


def _band(one: Mapping[str, Any], instrument: Any) -> list[Resource]:
    label = next((b.label for b in instrument.bands if b.code == one.get("band")), "")
    return [codes.concept(text=label)] if label else []


def _category(code: str) -> Resource:
    return codes.concept(codes.coding(codes.OBSERVATION_CATEGORY, code))


# field, LOINC, words, UCUM
VITALS = (
    ("heart_rate", "8867-4", "Heart rate", "/min"),
    ("weight_kg", "29463-7", "Body weight", "kg"),
    ("height_cm", "8302-2", "Body height", "cm"),
)


def add_medical(case: Case) -> None:
    medical = case.content.get("medical") or {}
    pressure = medical.get("blood_pressure") or {}
    if pressure.get("systolic") and pressure.get("diastolic"):
        parts = (("8480-6", pressure["systolic"]), ("8462-4", pressure["diastolic"]))
        case.add("vital-blood-pressure", "Observation", {
            **_vital(case, "85354-9", "Blood pressure"),
            "effectiveDateTime": pressure.get("taken_on"),
            "component": [
                {"code": codes.concept(codes.coding(codes.LOINC, code)),
                 "valueQuantity": _quantity(value, "mm[Hg]")}
                for code, value in parts
            ],
        }, ContentClass.MEDICAL)  # fmt: skip
    for name, code, words, unit in VITALS:
        if medical.get(name) is not None:
            body = {**_vital(case, code, words), "valueQuantity": _quantity(medical[name], unit)}
            case.add(f"vital-{name}", "Observation", body, ContentClass.MEDICAL)
    _medicines(case, medical)


def _vital(case: Case, code: str, words: str) -> Resource:
    return {
        "status": "final", "category": [_category("vital-signs")],
        "code": codes.concept(codes.coding(codes.LOINC, code), text=words),
        "subject": case.patient,
    }  # fmt: skip


def _quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": codes.UCUM, "code": unit}


def _medicines(case: Case, medical: Mapping[str, Any]) -> None:
    if "patient" not in case.resources:
        return
    for n, one in enumerate(medical.get("medications") or []):
        dose = ", ".join(filter(None, [one.get("dose"), one.get("frequency")]))
        case.add(f"medicine-{n}", "MedicationStatement", {
            "status": "active", "subject": case.patient,
            "medicationCodeableConcept": codes.concept(text=one.get("name") or "Not named"),
            "dosage": [{"text": dose}] if dose else None,
        }, ContentClass.MEDICAL)  # fmt: skip
    for n, words in enumerate(medical.get("allergies") or []):
        case.add(f"allergy-{n}", "AllergyIntolerance", {
            "patient": case.patient, "code": codes.concept(text=words),
        }, ContentClass.MEDICAL)  # fmt: skip


def _raised(assessment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The safety rules behind the priority (S-), then the flags (K-)."""
    basis = (assessment.get("priority") or {}).get("basis") or []
    safety = [one for one in basis if one["rule"].startswith("S-")]
    return [*safety, *(assessment.get("flags") or [])]


def add_flags(case: Case) -> None:
    """What the rules raised, each with its rule's id; a clinician decides."""
    found = _raised(case.assessment or {})
    if not found:
        return
    author = case.add("rules", "Device", {
        "status": "active", "deviceName": [{"name": "Tandem rules", "type": "user-friendly-name"}],
    })  # fmt: skip
    for flag in found:
        case.add(f"flag-{flag['rule']}", "Flag", {
            "identifier": [{"system": codes.local("rule"), "value": flag["rule"]}],
            "status": "active",
            "category": [codes.concept(codes.coding(codes.FLAG_CATEGORY, "safety", "Safety"))],
            "code": codes.concept(
                codes.coding(codes.local("rule"), flag["rule"]),
                text=f"{flag['message']} (source: {flag['source']}). Decision support. "
                "A clinician decides.",
            ),
            "subject": case.patient, "author": author,
        }, *classes.classes_of(flag["inputs"]))  # fmt: skip
