"""Every field has words for its form, and every key of the catalogue has its field."""

import re

import pytest
from rest_framework import serializers

from referrals.content import SECTIONS

# Clinical reference, section 9; what stands outside the content (columns, files,
# instruments) is left out here.
KEYS = {
    "ref.role_after", "ref.report_to", "ref.direct_line", "pt.name", "pt.dob",
    "pt.sex_for_clinical_use", "pt.phone", "pt.ok_to_leave_message", "pt.state", "pt.language",
    "pt.interpreter", "pt.emergency_contact", "pt.representative", "pt.insurance", "pt.veteran",
    "pt.pronouns", "pt.address", "consent.aware", "consent.basis", "consent.part2_source",
    "consent.family", "att.no_psychotherapy_notes", "req.reason", "req.patient_goals",
    "req.referrer_urgency", "pain.dx[]", "pain.onset", "pain.sites", "pain.mechanism",
    "pain.treatments[]", "pain.procedures", "pain.imaging", "pain.function", "ptsd.status",
    "ptsd.dx", "ptsd.trauma_type", "ptsd.therapy[]", "mh.dx[]", "mh.antidepressants[]",
    "mh.psychosis", "mh.mania", "mh.dissociation", "mh.hosp", "mh.tbi", "mh.sleep",
    "sui.danger_now", "sui.cssrs", "sui.action", "sui.plan", "sui.means", "su.drugs", "su.dx",
    "su.treatment", "su.remission", "su.opioid[]", "su.pdmp_date", "su.od_withdrawal", "med.bp",
    "med.hr", "med.weight", "med.height", "med.allergies", "med.meds[]", "med.k01…k09",
    "med.pregnancy", "med.labs", "med.ecg", "med.ketamine_history", "care.team[]",
    "care.lifestyle", "care.escort",
}  # fmt: skip
FORBIDDEN = re.compile(r"eligib|approved|contraindicat|please|submit\b|invalid|click here|!", re.I)


def fields_of(serializer):
    for name, field in serializer.fields.items():
        yield name, field
        inner = getattr(field, "child", field)
        if isinstance(inner, serializers.Serializer):
            yield from fields_of(inner)


ALL = [
    (section, name, field)
    for section, cls in SECTIONS.items()
    for name, field in fields_of(cls())
    if not field.read_only
]


def test_every_key_of_the_catalogue_has_a_field():
    found = {getattr(field, "key", "") for _, _, field in ALL}
    assert set() == KEYS - found


@pytest.mark.parametrize(("section", "name", "field"), ALL, ids=lambda value: str(value)[:30])
def test_every_field_has_words(section, name, field):
    words = [str(field.label or ""), str(field.help_text or "")]
    words += [str(label) for label in getattr(field, "choices", {}).values()]
    assert words[0]
    assert not FORBIDDEN.search(" ".join(words))
    assert all(str(code) == str(code).lower() for code in getattr(field, "choices", {})) or (
        name == "state"
    )


@pytest.mark.parametrize(("section", "name", "field"), ALL, ids=lambda value: str(value)[:30])
def test_errors_speak_the_portals_words(section, name, field):
    if isinstance(field, serializers.Serializer | serializers.ListField):
        return
    messages = " ".join(str(message) for message in field.error_messages.values())
    own = {"invalid", "required", "null", "invalid_choice", "max_length", "blank"}
    used = " ".join(str(m) for code, m in field.error_messages.items() if code in own)
    assert not FORBIDDEN.search(used)
    assert "{input}" not in messages


@pytest.mark.parametrize(
    ("section", "name", "typed", "value"),
    [
        ("patient", "ok_to_leave_message", "true", True),
        ("patient", "ok_to_leave_message", "", None),
        ("patient", "given_name", " ", None), ("patient", "given_name", "A", "A"),
        ("medical", "heart_rate", " 70 ", 70), ("medical", "heart_rate", "7o", "7o"),
        ("medical", "weight_kg", "82.5", 82.5), ("medical", "weight_kg", "", None),
    ],
)  # fmt: skip
def test_what_a_form_sends_becomes_json(section, name, typed, value):
    assert SECTIONS[section]().fields[name].from_text(typed) == value
