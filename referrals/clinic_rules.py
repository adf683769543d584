"""The rules as a clinic set them: its cut points, limits and levels, over the defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from referrals.content.codes import STATES
from referrals.instruments import CUTS
from referrals.rules import DEFAULTS, ClinicRules
from referrals.rules.flags import LEVELS, RULES
from referrals.strict import StrictSerializer

if TYPE_CHECKING:
    from referrals.models import Organisation, Referral

CUT_NAMES = frozenset(field.name for field in dataclasses.fields(CUTS))
EXACT = frozenset({"c02_peg", "mme_caution", "mme_historical"})
PAIRS = frozenset({"bp_review", "bp_caution"})
HELD = "_clinic_rules"
EVERY_STATE = "*"
ASKED_BY_LAW = frozenset({"FL"})  # F.S. 490.0147 and 491.0147


def _whole(label: str, low: int, high: int) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=low, max_value=high, required=False, label=label)


def _pair(label: str) -> serializers.ListField:
    child = serializers.IntegerField(min_value=20, max_value=300)
    return serializers.ListField(
        child=child, min_length=2, max_length=2, required=False, label=label
    )


class Choices(StrictSerializer):
    """What may be chosen, and how far. What is left out stands at its default."""

    pc_ptsd_5 = _whole("PC-PTSD-5: positive from", 3, 4)
    pcl_5 = _whole("PCL-5: positive from", 31, 80)
    phq_9 = _whole("PHQ-9: positive from", 5, 20)
    gad_7 = _whole("GAD-7: positive from", 5, 15)
    audit_c_male = _whole("AUDIT-C, men: positive from", 3, 6)
    audit_c_other = _whole("AUDIT-C, everyone else: positive from", 2, 6)
    dast_10 = _whole("DAST-10: positive from", 1, 6)
    ort_oud = _whole("ORT-OUD: positive from", 2, 6)
    c02_pcl_5 = _whole("C-02: PCL-5 from", 31, 80)
    c02_peg = serializers.DecimalField(
        max_digits=4, decimal_places=2, min_value=Decimal(4), max_value=Decimal(10),
        required=False, label="C-02: PEG mean from",
    )  # fmt: skip
    c01_phq_9 = _whole("C-01: PHQ-9 total from", 10, 27)
    # Reassurance may be made shorter, and what counts as recent longer; never the reverse.
    reassurance_days = _whole("Days for which a C-SSRS of none or low reassures", 1, 14)
    recent_event_days = _whole("Days for which a discharge or overdose is recent", 30, 180)
    stale_after_days = _whole("Days after which a result is out of date", 7, 180)
    blood_pressure_days = _whole("Days for which a blood pressure counts", 7, 90)
    bp_review = _pair("Blood pressure that needs review: upper, lower")
    bp_caution = _pair("Blood pressure that asks for caution: upper, lower")
    written_consent_states = serializers.ListField(
        child=serializers.ChoiceField(choices=[EVERY_STATE, *(code for code, _ in STATES)]),
        min_length=1, max_length=len(STATES), required=False,
        label="States where a therapist's referral needs written consent: codes, or * for all",
    )  # fmt: skip
    flag_levels = serializers.DictField(
        child=serializers.ChoiceField(choices=sorted(LEVELS)), required=False,
        label="Level of a safety flag: R review, C caution, I information",
    )  # fmt: skip

    def validate_written_consent_states(self, value: list[str]) -> list[str]:
        """Every state, or a list that has those whose law asks for it."""
        chosen = set(value)
        if EVERY_STATE in chosen:
            return [EVERY_STATE]
        if ASKED_BY_LAW - chosen:
            raise serializers.ValidationError(
                "Keep FL in the list: Florida's law asks for it.", code="asked_by_law"
            )
        return sorted(chosen)

    def validate_flag_levels(self, value: Mapping[str, str]) -> Mapping[str, str]:
        unknown = sorted(set(value) - set(RULES))
        if unknown:
            raise serializers.ValidationError("Name flags as K-01 to K-24.", code="unknown_flag")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        review = attrs.get("bp_review", DEFAULTS.bp_review)
        caution = attrs.get("bp_caution", DEFAULTS.bp_caution)
        if any(high < low for high, low in zip(review, caution, strict=True)):
            raise serializers.ValidationError(
                {"bp_caution": "Caution begins below what needs review."}, code="order"
            )
        return attrs


def share_clinics(referrals: Iterable[Referral]) -> None:
    """Let the rows of one list hold one object for each clinic, so that it is asked once."""
    seen: dict[Any, Organisation] = {}
    for referral in referrals:
        if referral.clinic is not None:
            referral.clinic = seen.setdefault(referral.clinic_id, referral.clinic)


def of_clinic(clinic: Organisation | None) -> ClinicRules:
    """The rules of this clinic today; the defaults where no clinic is chosen yet.

    Kept on the object for as long as the request has it, so that it is asked once.
    """
    if clinic is None:
        return DEFAULTS
    held: ClinicRules | None = clinic.__dict__.get(HELD)
    if held is None:
        newest = clinic.clinical_settings.order_by("-number").first()
        held = with_values(newest.values, newest.number) if newest else DEFAULTS
        clinic.__dict__[HELD] = held
    return held


def with_values(values: Mapping[str, Any], number: int = 0) -> ClinicRules:
    """The defaults with these values over them."""
    cuts = {name: value for name, value in values.items() if name in CUT_NAMES}
    others = {name: _typed(name, v) for name, v in values.items() if name not in CUT_NAMES}
    chosen = dataclasses.replace(CUTS, **cuts)
    return dataclasses.replace(DEFAULTS, cuts=chosen, number=number, **others)


def _typed(name: str, value: Any) -> Any:
    if name in EXACT:
        return Decimal(str(value))
    if name in PAIRS:
        return tuple(value)
    if name == "written_consent_states":
        return frozenset(value)
    return MappingProxyType(dict(value)) if name == "flag_levels" else value


def defaults() -> dict[str, Any]:
    """Every choice at its default, as it is stored."""
    return {str(name): plain(str(name), DEFAULTS) for name in Choices().fields}


def plain(name: str, rules: ClinicRules) -> Any:
    """One choice as JSON."""
    value = getattr(rules.cuts if name in CUT_NAMES else rules, name)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
