"""On what basis a referral may be shared (HIPAA, state law on therapists, 42 CFR Part 2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from . import facts
from .findings import Gap
from .settings import ALL_STATES, DEFAULTS, ClinicRules
from .state_profiles import kinds_bound_in

PRESCRIBERS = frozenset({"physician", "np", "pa"})
SOURCE = "F.S. 490.0147 and 491.0147; 42 CFR 2.31"

_PART2 = {
    "disclosing_party": "who may disclose",
    "information": "which information",
    "recipients": "the recipients",
    "purpose": "the purpose",
    "right_to_revoke": "the right to revoke",
    "signed_on": "the date signed",
    "evidence": "where the signed form is",
}
_WRITTEN = {
    "signed_on": "the date signed",
    "content_classes": "what may be shared",
    "evidence": "where the signed form is",
}


def written_consent_needed(
    kind: str | None, *states: str | None, rules: ClinicRules = DEFAULTS
) -> bool:
    """A therapist's patients have a privilege that only they can waive, in writing.

    `states` are USPS codes: one of them being in the clinic's list is enough.
    """
    where = rules.written_consent_states
    bound = where >= ALL_STATES or not where.isdisjoint(states)
    return bound and kind in kinds_bound_in(*states)


def states_of(content: Any, state: str | None) -> set[str]:
    """The states whose law may apply: the referrer's and the patient's."""
    home = facts.answer(content, "patient", "state")
    return {found for found in (state, home) if isinstance(found, str)}


def basis_gap(content: Any, kind: str | None, state: str | None, rules: ClinicRules) -> Gap | None:
    """What the basis itself lacks, for sending."""
    basis = facts.answer(content, "consent", "basis")
    label = "Basis for sharing"
    if basis not in ("treatment", "written"):
        return Gap("consent.basis", "/consent/basis", label)
    if basis != "written" and written_consent_needed(kind, *states_of(content, state), rules=rules):
        return Gap(
            "consent.basis",
            "/consent/basis",
            "Written consent of the patient, needed for a referral by a therapist",
            reason="written_consent_required",
        )
    return None


def record_gaps(
    content: Any, as_of: date, kind: str | None, state: str | None, rules: ClinicRules
) -> list[Gap]:
    """What the consent's own record lacks, for acceptance."""
    consent = facts.section(content, "consent")
    gaps = [gap] if (gap := basis_gap(content, kind, state, rules)) else []
    if written_consent_needed(kind, *states_of(content, state), rules=rules):
        gaps += _lacking(consent, "written", "Written consent", _WRITTEN)
    gaps += _expired(consent, as_of, "written", "Written consent")
    if consent.get("part2_source") == "yes":
        gaps += _part2(consent, as_of)
    return gaps


def part2_withheld(content: Any, as_of: date) -> bool:
    """True while substance content must stay closed to the recipient.

    The source is not settled, or it is a Part 2 program whose consent is incomplete or over.
    """
    consent = facts.section(content, "consent")
    if consent.get("part2_source") != "yes":
        return consent.get("part2_source") != "no"
    return any(gap.code.startswith("consent.part2_consent") for gap in _part2(consent, as_of))


def expiry_days(content: Any) -> list[date]:
    """The last days on which the consents in force still stand, the first one first."""
    consent = facts.section(content, "consent")
    records = ["written"] if consent.get("basis") == "written" else []
    records += ["part2_consent"] if consent.get("part2_source") == "yes" else []
    found = (facts.day(facts.section(consent, name).get("expires_on")) for name in records)
    return sorted(day for day in found if day)


def written_expired(content: Any, today: date) -> bool:
    """True where the written consent that the sharing stands on is over."""
    consent = facts.section(content, "consent")
    ends = facts.day(facts.section(consent, "written").get("expires_on"))
    return consent.get("basis") == "written" and ends is not None and ends < today


def _part2(consent: Mapping[str, Any], as_of: date) -> list[Gap]:
    gaps = _lacking(consent, "part2_consent", "Part 2 consent", _PART2)
    if facts.section(consent, "part2_consent").get("right_to_revoke") == "no":
        label = f"Part 2 consent: {_PART2['right_to_revoke']}"
        gaps.append(_gap("part2_consent", "right_to_revoke", label))
    return gaps + _expired(consent, as_of, "part2_consent", "Part 2 consent")


def _lacking(
    consent: Mapping[str, Any], record: str, title: str, needed: Mapping[str, str]
) -> list[Gap]:
    held = facts.section(consent, record)
    return [
        _gap(record, name, f"{title}: {words}")
        for name, words in needed.items()
        if not facts.present(held.get(name))
    ]


def _expired(consent: Mapping[str, Any], as_of: date, record: str, title: str) -> list[Gap]:
    ends = facts.day(facts.section(consent, record).get("expires_on"))
    if ends is None or ends >= as_of:
        return []
    return [_gap(record, "expires_on", f"{title}: a new one, it expired", "expired")]


def _gap(record: str, name: str, label: str, reason: str = "required") -> Gap:
    return Gap(f"consent.{record}.{name}", f"/consent/{record}/{name}", label, reason)
