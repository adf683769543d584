"""Consent as an access rule: does what was recorded cover this clinic?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from referrals import clock
from referrals.errors import FieldError
from referrals.rules.consent import states_of, written_consent_needed

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
            "The consent was revoked. The practice can send this again with a new one.",
        )  # fmt: skip
    return _basis_problem(referral, content, consent.get("basis"))


def _basis_problem(
    referral: Referral, content: Mapping[str, Any], basis: str | None
) -> FieldError | None:
    if basis == "written" or not _needs_written(referral, content):
        return None
    return FieldError(
        "/consent/basis", "written_consent_needed",
        "A therapist's referral needs the patient's written consent.",
    )  # fmt: skip


def _needs_written(referral: Referral, content: Mapping[str, Any]) -> bool:
    profile = getattr(referral.referring_clinician, "clinician", None)
    states = states_of(content, referral.practice.state)
    return profile is not None and written_consent_needed(profile.kind, *states)


def covers_other_clinic(
    referral: Referral, content: Mapping[str, Any], new: Mapping[str, Any] | None
) -> bool:
    """Treatment covers every treating clinic; a written consent names one, so ask again."""
    if new:
        return True
    consent = content.get("consent") or {}
    return consent.get("basis") == "treatment" and not referral.consent_revoked_at


def problem_with_new(
    referral: Referral, content: Mapping[str, Any], new: Mapping[str, Any] | None
) -> FieldError | None:
    """What stands between a consent recorded on the way to another clinic and that clinic.

    After a revocation only a written one counts, obtained on that day or later: a word of the
    receiving side does not undo what the patient said.
    """
    if not new:
        return None
    obtained: date | None = new.get("obtained_on")
    # A date is in the future only if it is so everywhere on earth (clinical reference A-13).
    if obtained and obtained > (clock.now() + timedelta(hours=14)).date():
        return FieldError("/consent/obtained_on", "in_the_future", "This day is still to come.")
    revoked = referral.consent_revoked_at
    renewed = new["basis"] == "written" and obtained is not None
    if revoked and not (renewed and obtained and obtained >= revoked.date()):
        return FieldError(
            "/consent", "consent_revoked",
            "The consent was revoked. Only a new written one, with its date, stands after that.",
        )  # fmt: skip
    return _basis_problem(referral, content, new["basis"])


def renewed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The consent's record with the new one in it; recipients named before count no more."""
    signed = {"signed_on": new["obtained_on"].isoformat()} if new.get("obtained_on") else {}
    obtained = {"obtained_on": new["obtained_on"].isoformat()} if signed else {}
    record = {**old, "basis": new["basis"], **obtained}
    if new["basis"] == "written":
        written = {k: v for k, v in (old.get("written") or {}).items() if k != "recipients"}
        record["written"] = {**written, **signed}
    else:
        record.pop("written", None)
    return record
