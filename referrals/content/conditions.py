"""Sections about the request and the two conditions: pain and trauma."""

from __future__ import annotations

from . import codes
from .dates import Day, Onset
from .fields import AbsentReasons, Code, DiagnosisCode, Line, Many, Prose, Whole
from .section import Entry, Section


class RequestSection(Section):
    reason = Prose(
        key="req.reason",
        label="Reason for the referral",
        help_text="What you hope the evaluation will answer. Leave out details of the trauma.",
        max_length=1500,
        rows=6,
    )
    goals = Prose(
        key="req.patient_goals", label="Goals in the patient's own words", max_length=1000
    )
    urgency = Code(
        codes.URGENCY,
        key="req.referrer_urgency",
        label="How urgent is it, in your judgment?",
        help_text="Your answer can raise the priority, never lower it.",
    )
    faster_option_reason = Prose(
        label="Why a faster option is sought", max_length=500, rows=2, help_text="If it is."
    )
    referrer_role_after = Code(
        codes.REFERRER_ROLE, key="ref.role_after", label="After the evaluation, I will"
    )
    report_to = Code(
        codes.REPORT_TO,
        key="ref.report_to",
        label="Where should the clinic's report go?",
        help_text="Ordinary e-mail is not used.",
    )
    direct_line = Line(key="ref.direct_line", label="Direct line", max_length=40)
    lifestyle = Prose(
        key="care.lifestyle",
        label="Movement, mindfulness, nutrition: interest and limits",
        max_length=600,
        rows=2,
    )
    absent_reasons = AbsentReasons(
        codes.ABSENT,
        also=("care_team",),
        label="Why an answer is missing",
        help_text="Field name and reason.",
    )


class Treatment(Entry):
    treatment_class = Code(codes.TREATMENT_CLASS, label="Kind of treatment")
    name = Line(label="Name")
    dose = Line(label="Dose", max_length=80)
    duration = Line(label="How long", max_length=80)
    result = Code(codes.RESULT, label="Result")


class PainSection(Section):
    diagnoses = Many(
        child=DiagnosisCode(),
        key="pain.dx[]",
        label="Pain diagnoses",
        help_text="ICD-10-CM codes, like M54.16. Type words to look one up.",
    )
    problem = Line(
        label="Pain problem in words",
        max_length=200,
        help_text="Where there is no diagnosis code yet.",
    )
    onset = Onset(
        key="pain.onset",
        label="When did the pain begin?",
        help_text="The month is enough, like 2024-06.",
    )
    sites = Many(
        child=Line(max_length=80),
        key="pain.sites",
        label="Where is the pain?",
        help_text="One place a line.",
    )
    mechanism = Code(codes.MECHANISM, key="pain.mechanism", label="Kind of pain")
    function = Prose(
        key="pain.function",
        label="Effect on work, daily activities and moving about",
        max_length=1000,
        rows=3,
    )
    treatments = Many(
        child=Treatment(),
        key="pain.treatments[]",
        label="Treatments tried",
        help_text="With their result, the limited ones too.",
        max_length=40,
    )
    procedures = Prose(key="pain.procedures", label="Procedures", max_length=1000, rows=2)
    imaging = Prose(key="pain.imaging", label="Imaging", max_length=1000, rows=2)
    absent_reasons = AbsentReasons(
        codes.ABSENT,
        also=("peg",),
        label="Why an answer is missing",
        help_text="Field name and reason; peg for the PEG scale.",
    )


class Therapy(Entry):
    therapy = Code(codes.THERAPY, label="Therapy")
    name = Line(label="Name of the other therapy", max_length=80)
    sessions = Whole(label="Sessions", min_value=0, max_value=2000)
    result = Code(codes.RESULT, label="Result")
    ongoing = Code(codes.YES_NO_UNKNOWN, label="Still going on?")
    therapist = Line(label="Therapist")


class TraumaSection(Section):
    ptsd_status = Code(
        codes.PTSD_STATUS,
        key="ptsd.status",
        label="PTSD status",
        help_text="A positive screen is not a diagnosis.",
    )
    diagnosed_on = Day(key="ptsd.status", label="Date of the diagnosis")
    diagnosed_by = Line(key="ptsd.status", label="Diagnosed by")
    diagnoses = Many(
        child=DiagnosisCode(),
        key="ptsd.dx",
        label="Trauma diagnoses",
        help_text="ICD-10-CM codes, like F43.12. Type words to look one up.",
    )
    complex_ptsd_note = Line(
        label="Complex PTSD, in the clinician's words",
        max_length=200,
        help_text="ICD-10-CM has no code for it.",
    )
    trauma_type = Code(
        codes.TRAUMA_TYPE,
        key="ptsd.trauma_type",
        label="Kind of trauma, broadly",
        help_text="No details of what happened.",
    )
    therapies = Many(child=Therapy(), key="ptsd.therapy[]", label="Trauma therapies", max_length=30)
    absent_reasons = AbsentReasons(
        codes.ABSENT,
        also=("ptsd_screen",),
        label="Why an answer is missing",
        help_text="Field name and reason; ptsd_screen for the PC-PTSD-5 or PCL-5.",
    )
