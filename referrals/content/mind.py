"""Sections about mental health, suicide safety and substances."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from . import codes
from .dates import Day, Moment
from .fields import AbsentReasons, Code, DiagnosisCode, Line, Many, Number, Prose, Whole, YesNo
from .section import Entry, Section


class Antidepressant(Entry):
    name = Line(label="Medicine")
    dose = Line(label="Dose", max_length=80)
    weeks = Whole(label="Weeks taken", min_value=0, max_value=3000)
    response = Code(codes.RESULT, label="Result")


class MentalHealthSection(Section):
    diagnoses = Many(child=DiagnosisCode(), key="mh.dx[]", label="Other mental health diagnoses")
    anxiety_is_reason = Code(
        codes.YES_NO_UNKNOWN, key="mh.gad7", label="Is anxiety a reason for the referral?"
    )
    medication_tried = Code(
        codes.FINDING,
        key="mh.antidepressants[]",
        label="Has medicine for depression or PTSD been tried?",
    )
    antidepressants = Many(
        child=Antidepressant(),
        key="mh.antidepressants[]",
        label="Medicines tried for depression or PTSD",
        max_length=30,
    )
    psychosis = Code(codes.FINDING, key="mh.psychosis", label="Psychosis, now or before")
    mania = Code(codes.FINDING, key="mh.mania", label="Mania or hypomania, now or before")
    dissociation = Code(codes.FINDING, key="mh.dissociation", label="Marked dissociation")
    hospitalized = Code(
        codes.FINDING,
        key="mh.hosp",
        label="Psychiatric emergency visit or hospital stay",
    )
    last_discharge_on = Day(key="mh.hosp", label="Last discharge")
    brain_injury = Code(codes.FINDING, key="mh.tbi", label="Traumatic brain injury")
    sleep = Prose(key="mh.sleep", label="Sleep", max_length=300, rows=2)
    absent_reasons = AbsentReasons(
        codes.ABSENT,
        also=("phq-9", "gad-7"),
        label="Why an answer is missing",
        help_text="Field name and reason; phq-9 and gad-7 for these scales.",
    )


class SafetySection(Section):
    danger_now = YesNo(
        key="sui.danger_now",
        label="Is the patient in immediate danger?",
        help_text="If yes, call 911, or call or text 988 with the patient. This portal is not "
        "monitored in real time.",
    )
    suicide_screen = Code(
        codes.NOT_ASSESSED,
        key="sui.cssrs",
        label="Suicide screen",
        help_text="Give PHQ-9 item 9 or the C-SSRS, or say that it was not assessed.",
    )
    action_taken = Prose(key="sui.action", label="What was done", max_length=1000, rows=3)
    action_by = Line(key="sui.action", label="By whom")
    action_at = Moment(key="sui.action", label="When")
    safety_plan = Code(codes.FINDING, key="sui.plan", label="Is there a safety plan?")
    lethal_means_counseling = Code(
        codes.FINDING, key="sui.means", label="Was safe storage of lethal means talked through?"
    )
    absent_reasons = AbsentReasons(
        codes.ABSENT,
        also=("c-ssrs",),
        label="Why an answer is missing",
        help_text="Field name and reason; c-ssrs for that screen.",
    )


class Opioid(Entry):
    drug = Code(codes.OPIOIDS, key="su.opioid[]", label="Opioid")
    name = Line(label="Name of the other opioid", max_length=80)
    daily_dose = Number(
        key="su.opioid[]",
        label="Dose",
        help_text="The whole day's milligrams; for a patch, micrograms an hour.",
        min_value=0,
        max_value=100000,
    )
    unit = Code(codes.DOSE_UNIT, key="su.opioid[]", label="Unit")
    route = Code(codes.ROUTE, key="su.opioid[]", label="Route")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        drug, unit = attrs.get("drug"), attrs.get("unit")
        if drug == "fentanyl_td" and unit == "mg_day":
            raise serializers.ValidationError(
                {"unit": "A fentanyl patch is counted in micrograms an hour."}, code="unit"
            )
        if drug not in (None, "fentanyl_td", "buprenorphine", "other") and unit == "mcg_hour":
            raise serializers.ValidationError(
                {"unit": "This medicine is counted in milligrams a day."}, code="unit"
            )
        return attrs


class SubstanceSection(Section):
    drug_use = Code(codes.FINDING, key="su.drugs", label="Drug use outside medical care")
    last_use_on = Day(key="su.drugs", label="Last use")
    diagnoses = Many(child=DiagnosisCode(), key="su.dx", label="Substance use diagnoses")
    treatment = Prose(
        key="su.treatment", label="Treatment for substance use", max_length=600, rows=2
    )
    remission = Code(codes.FINDING, key="su.remission", label="In remission?")
    opioid_use = Code(codes.FINDING, key="su.opioid[]", label="Takes an opioid?")
    opioids = Many(child=Opioid(), key="su.opioid[]", label="Opioids")
    pdmp_reviewed_on = Day(
        key="su.pdmp_date",
        label="PDMP reviewed on",
        help_text="The date only. The report stays out of the portal.",
    )
    overdose_or_withdrawal = Code(
        codes.FINDING, key="su.od_withdrawal", label="Overdose or withdrawal"
    )
    overdose_or_withdrawal_on = Day(key="su.od_withdrawal", label="Most recent on")
    absent_reasons = AbsentReasons(
        codes.ABSENT,
        also=("audit-c", "dast-10"),
        label="Why an answer is missing",
        help_text="Field name and reason; audit-c and dast-10 for these scales.",
    )
