"""Consent as an access rule: does what was recorded cover this clinic?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from referrals.errors import FieldError
from referrals.rules.consent import written_consent_needed

if TYPE_CHECKING:
    from referrals.models import Referral


def problem(referral: Referral, content: Mapping[str, Any]) -> FieldError | None:
    """What stands between this consent and the clinic, or None."""
    consent = content.get("consent") or {}
    if consent.get("patient_agrees") is not True:
        return FieldError(
            "/consent/patient_agrees", "consent_missing",
            "The patient has to know of this referral and agree to it.",
        )  # fmt: skip
    if referral.consent_revoked_at:
        return FieldError(
            "/consent", "consent_revoked",
            "The consent was revoked. Record a new one first.",
        )  # fmt: skip
    if consent.get("basis") != "written" and _needs_written(referral):
        return FieldError(
            "/consent/basis", "written_consent_needed",
            "A therapist's referral needs the patient's written consent.",
        )  # fmt: skip
    return None


def _needs_written(referral: Referral) -> bool:
    profile = getattr(referral.referring_clinician, "clinician", None)
    if profile is None:
        return False
    return written_consent_needed(profile.kind, referral.practice.state)


def covers_other_clinic(
    referral: Referral, content: Mapping[str, Any], new: Mapping[str, Any] | None
) -> bool:
    """Treatment covers every treating clinic; a written consent names one, so ask again."""
    if new:
        return True
    consent = content.get("consent") or {}
    return consent.get("basis") == "treatment" and not referral.consent_revoked_at
