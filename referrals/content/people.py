"""Sections about people: the patient, the consent, the care team."""

from __future__ import annotations

from . import codes
from .dates import BirthDate, Day
from .fields import (
    AbsentReasons,
    Code,
    Language,
    Line,
    Many,
    PersonName,
    Phone,
    Prose,
    State,
    YesNo,
)
from .section import Entry, Section


class EmergencyContact(Entry):
    name = PersonName(label="Name")
    relationship = Line(label="Relationship", max_length=60)
    phone = Phone(label="Phone")


class Representative(Entry):
    kind = Code(codes.REPRESENTATIVE, label="Authority")
    name = PersonName(label="Name")
    phone = Phone(label="Phone")


class Insurance(Entry):
    payer = Line(label="Insurer")
    plan = Line(label="Plan")
    member_id = Line(label="Member number", max_length=40)


class Address(Entry):
    line = Line(label="Street address")
    city = Line(label="City", max_length=80)
    state = State(codes.STATES, label="State")
    postal_code = Line(label="ZIP code", max_length=10)


class PatientSection(Section):
    given_name = PersonName(key="pt.name", label="First name")
    family_name = PersonName(key="pt.name", label="Last name")
    birth_date = BirthDate(
        key="pt.dob",
        label="Birth date",
        help_text="The program is for adults: the patient must be 18 or older when you send.",
    )
    sex_for_clinical_use = Code(
        codes.SEX,
        key="pt.sex_for_clinical_use",
        label="Sex for clinical use",
        help_text="Used only for the alcohol screen's cut point and the pregnancy question.",
    )
    phone = Phone(key="pt.phone", label="Phone", help_text="A number that is safe to call.")
    ok_to_leave_message = YesNo(
        key="pt.ok_to_leave_message",
        label="May the clinic leave a message at this number?",
        help_text="Ask the patient. Someone else may hear the message.",
    )
    state = State(
        codes.STATES, key="pt.state", label="State of residence", help_text="Where they live now."
    )
    language = Language(
        key="pt.language", label="Preferred language", help_text="A code like en, es or ht."
    )
    interpreter = YesNo(key="pt.interpreter", label="Is an interpreter needed?")
    emergency_contact = EmergencyContact(
        key="pt.emergency_contact",
        label="Emergency contact",
        help_text="Needed where the answers on safety call for an urgent review.",
    )
    capacity = Code(codes.CAPACITY, key="pt.representative", label="Who decides about care?")
    representative = Representative(
        key="pt.representative",
        label="Guardian or representative",
        help_text="Needed where someone else decides about care.",
    )
    insurance = Insurance(key="pt.insurance", label="Insurance")
    veteran = Code(codes.FINDING, key="pt.veteran", label="Veteran")
    pronouns = Line(key="pt.pronouns", label="Pronouns", max_length=40)
    address = Address(key="pt.address", label="Address")
    absent_reasons = AbsentReasons(
        codes.ABSENT, label="Why an answer is missing", help_text="Field name and reason."
    )


class WrittenConsent(Entry):
    """The patient's written consent to this referral."""

    signed_on = Day(label="Date signed")
    signed_by = Line(label="Signed by", help_text="The patient, or who decides for them.")
    evidence = Code(codes.EVIDENCE, label="Where the signed consent is")
    recipients = Many(
        child=Line(max_length=160), label="Who may receive it", help_text="Clinics, by name."
    )
    content_classes = Many(child=Code(codes.CONTENT_CLASSES), label="What may be shared")
    purpose = Line(label="Purpose", max_length=300)
    expires_on = Day(label="Expires on", future=True)


class Part2Consent(Entry):
    """The elements of a consent under 42 CFR 2.31."""

    disclosing_party = Line(label="Who may disclose", max_length=160)
    information = Line(label="Which information", max_length=300)
    recipients = Many(child=Line(max_length=160), label="Recipients")
    purpose = Line(label="Purpose", max_length=300)
    right_to_revoke = Code(codes.YES_NO, label="Does it state the right to revoke?")
    redisclosure_statement = Code(codes.YES_NO, label="Does it state the rule on redisclosure?")
    expires_on = Day(label="Expires on", future=True)
    expires_event = Line(label="Or expires with this event", max_length=160)
    signed_on = Day(label="Date signed")
    evidence = Code(codes.EVIDENCE, label="Where the signed consent is")


class FamilyPermission(Entry):
    """A person who may be told, and what, with the patient's recorded permission."""

    name = PersonName(label="Name")
    relationship = Line(label="Relationship", max_length=60)
    phone = Phone(label="Phone")
    may_be_told = Prose(label="What they may be told", max_length=300, rows=2)
    permission_on = Day(label="Date of the patient's permission")


class ConsentSection(Section):
    patient_agrees = YesNo(
        key="consent.aware",
        label="Does the patient know of this referral and agree to it?",
    )
    obtained_on = Day(key="consent.aware", label="Date the patient agreed")
    basis = Code(
        codes.BASIS,
        key="consent.basis",
        label="Basis for sharing",
        help_text="Psychologists, clinical social workers, mental health counselors and marriage "
        "and family therapists need the patient's written consent.",
    )
    written = WrittenConsent(key="consent.basis", label="Written consent")
    part2_source = Code(
        codes.PART2,
        key="consent.part2_source",
        label="Does any part come from a substance use program covered by 42 CFR Part 2?",
        help_text="It depends on the source of the information, not on a diagnosis.",
    )
    part2_consent = Part2Consent(key="consent.part2_source", label="Part 2 consent")
    family = Many(
        child=FamilyPermission(),
        key="consent.family",
        label="Family or friends who may be told",
    )
    no_psychotherapy_notes = Code(
        codes.YES_NO,
        key="att.no_psychotherapy_notes",
        label="The attached files hold no psychotherapy notes",
    )
    revoked_on = Day(
        label="Consent revoked on",
        help_text="Set by the portal when consent is revoked.",
        read_only=True,
        allow_null=False,
    )
    absent_reasons = AbsentReasons(
        codes.ABSENT, label="Why an answer is missing", help_text="Field name and reason."
    )


class CareTeamMember(Entry):
    role = Code(codes.TEAM_ROLE, key="care.team[]", label="Role")
    name = PersonName(key="care.team[]", label="Name")
    organisation = Line(label="Practice or organization")
    phone = Phone(label="Phone")
    stays_involved = Code(codes.YES_NO_UNKNOWN, label="Stays involved?")
    may_be_told = Prose(
        label="What they may be told",
        help_text="For family and friends: only with the patient's permission.",
        max_length=300,
        rows=2,
    )
