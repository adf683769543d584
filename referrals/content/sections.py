"""The sections of a referral's content, in the order in which the contract reads them."""

from __future__ import annotations

from rest_framework import serializers

from .conditions import PainSection, RequestSection, TraumaSection
from .entries import InstrumentEntry
from .medical import MedicalSection
from .mind import MentalHealthSection, SafetySection, SubstanceSection
from .people import CareTeamMember, ConsentSection, PatientSection

SECTIONS: dict[str, type[serializers.Serializer]] = {
    "patient": PatientSection,
    "consent": ConsentSection,
    "request": RequestSection,
    "pain": PainSection,
    "trauma": TraumaSection,
    "mental_health": MentalHealthSection,
    "safety": SafetySection,
    "substance": SubstanceSection,
    "medical": MedicalSection,
    "care_team": CareTeamMember,
    "instruments": InstrumentEntry,
}
# Sections that are lists of entries; the others are objects.
LISTS = {"care_team": 30, "instruments": 100}
