"""The medical section: vital signs, medicines, and the safety answers K-01 to K-09."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from . import codes
from .dates import Day
from .fields import AbsentReasons, Code, DiagnosisCode, Line, Many, Number, Prose, Whole
from .section import Entry, Section


class BloodPressure(Entry):
    systolic = Whole(key="med.bp", label="Systolic (mmHg)", min_value=50, max_value=300)
    diastolic = Whole(key="med.bp", label="Diastolic (mmHg)", min_value=20, max_value=200)
    taken_on = Day(key="med.bp", label="Taken on")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        systolic, diastolic = attrs.get("systolic"), attrs.get("diastolic")
        if systolic is not None and diastolic is not None and systolic <= diastolic:
            raise serializers.ValidationError(
                {"diastolic": "The lower number must be below the upper one."}, code="order"
            )
        return attrs


class Medication(Entry):
    name = Line(key="med.meds[]", label="Medicine")
    dose = Line(label="Dose", max_length=80)
    frequency = Line(label="How often", max_length=80)
    classes = Many(child=Code(codes.MEDICATION_CLASS), label="Kind", max_length=9)


def _finding(label: str, help_text: str = "") -> Code:
    return Code(codes.FINDING, key="med.k01…k09", label=label, help_text=help_text)


class MedicalSection(Section):
    blood_pressure = BloodPressure(
        key="med.bp", label="Blood pressure", help_text="From the last 30 days."
    )
    heart_rate = Whole(
        key="med.hr", label="Heart rate (beats a minute)", min_value=20, max_value=300
    )
    weight_kg = Number(key="med.weight", label="Weight (kg)", min_value=20, max_value=500)
    height_cm = Number(key="med.height", label="Height (cm)", min_value=50, max_value=275)
    allergies = Many(child=Line(), key="med.allergies", label="Allergies", max_length=50)
    medications = Many(
        child=Medication(),
        key="med.meds[]",
        label="All medicines",
        help_text="Mark benzodiazepines, lamotrigine, MAO inhibitors, stimulants and opioids.",
        max_length=60,
    )
    diagnoses = Many(
        child=DiagnosisCode(), label="Other medical diagnoses", help_text="ICD-10-CM codes."
    )
    k01 = _finding(
        "Poorly controlled heart or vascular disease",
        "Unstable angina, recent heart attack, decompensated heart failure, uncontrolled "
        "hypertension, significant arrhythmia.",
    )
    k02 = _finding("Pregnant or possibly pregnant")
    k03 = _finding("Active or poorly controlled psychosis, or a schizophrenia-spectrum disorder")
    k04 = _finding("Moderate or severe liver disease")
    k05 = _finding("Raised pressure in the head or in the eye")
    k06 = _finding("Active substance use problem")
    k07 = _finding("Blood pressure of 180/120 or above")
    k08 = _finding("Aneurysm, arteriovenous malformation, or past bleeding in the brain")
    k09 = _finding("Hypersensitivity to ketamine or esketamine")
    liver_severity = Code(codes.LIVER, label="Liver disease: how severe?")
    pregnancy = Code(codes.PREGNANCY, key="med.pregnancy", label="Pregnancy")
    breastfeeding = Code(codes.FINDING, label="Breast-feeding")
    hyperthyroidism_untreated = Code(codes.FINDING, label="Untreated hyperthyroidism")
    respiratory = Code(codes.FINDING, label="Sleep apnea, home oxygen or severe lung disease")
    seizures = Code(codes.FINDING, label="Seizure disorder")
    ketamine_history = Code(codes.KETAMINE, key="med.ketamine_history", label="Ketamine before")
    ketamine_heavy_use = Code(
        codes.FINDING, key="med.ketamine_history", label="Heavy ketamine use in the past"
    )
    bladder_symptoms = Code(
        codes.FINDING, key="med.ketamine_history", label="Bladder or urinary symptoms"
    )
    anesthesia_reactions = Prose(
        label="Reactions to anesthesia or ketamine", max_length=600, rows=2
    )
    labs = Prose(key="med.labs", label="Laboratory results, with dates", max_length=1500, rows=3)
    ecg = Prose(key="med.ecg", label="ECG result", max_length=600, rows=2)
    ecg_on = Day(key="med.ecg", label="ECG date")
    escort = Code(
        codes.FINDING, key="care.escort", label="Is an adult likely to escort the patient home?"
    )
    absent_reasons = AbsentReasons(
        codes.ABSENT, label="Why an answer is missing", help_text="Field name and reason."
    )
