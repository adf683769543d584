"""Q-2 and the acceptance set: what the clinic will still ask for, and what it must have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from . import facts
from .accept_set import ANSWERS, CLINIC, REASON_HOME, Case, Need
from .consent import record_gaps
from .findings import Gap
from .flags import flags
from .settings import DEFAULTS, ClinicRules


def accept_gaps(
    content: Any,
    as_of: date,
    *,
    rules: ClinicRules = DEFAULTS,
    referrer_kind: str | None = None,
    state: str | None = None,
    has_npi: bool = True,
    licensed_reviewer: bool | None = None,
    reviewed_flags: Collection[str] | None = None,
) -> list[Gap]:
    """What is missing of the acceptance set (not blocking) and of Q-2 (blocking).

    Pass `licensed_reviewer` and `reviewed_flags` (rule ids with a physician's note) to have
    them checked; None leaves them out, as before a referral was sent.
    """
    case = Case.of(content, as_of, rules, referrer_kind)
    return [
        *record_gaps(content, as_of, referrer_kind, state, rules),
        *_review(content, as_of, rules, licensed_reviewer, reviewed_flags),
        *_referrer(has_npi),
        *(need.gap() for need in ANSWERS if need.asked(case) and not need.answered(case)),
    ]


def _review(
    content: Any,
    as_of: date,
    rules: ClinicRules,
    licensed_reviewer: bool | None,
    reviewed_flags: Collection[str] | None,
) -> Iterator[Gap]:
    if licensed_reviewer is False:
        yield Gap("licensed_reviewer", "/licensed_reviewer", "A licensed reviewer")
    if reviewed_flags is None:
        return
    for flag in flags(content, as_of, rules):
        if flag.level == "R" and flag.rule not in reviewed_flags:
            label = f"A physician's review note on {flag.rule}"
            yield Gap(f"flag.{flag.rule}", "/assessment/flags", label, reason="not_reviewed")


def _referrer(has_npi: bool) -> Iterator[Gap]:
    if not has_npi:
        yield Gap(
            "referring_clinician.npi",
            "/referring_clinician/npi",
            "The referring clinician's NPI, or license number and state",
            blocking=False,
        )


def clinic_obtains(
    content: Any, as_of: date, *, rules: ClinicRules = DEFAULTS, referrer_kind: str | None = None
) -> list[Gap]:
    """What the clinic gets itself: what was left to it, and what only a prescriber is asked for."""
    case = Case.of(content, as_of, rules, referrer_kind)
    return [need.gap() for need in ANSWERS if _left(need, case)]


def _left(need: Need, case: Case) -> bool:
    if need.prescribers and not case.prescriber:
        return not case.has(need.section, need.name)
    if not need.asked(case):
        return False
    home = REASON_HOME.get(need.name, need.section)
    reasons = facts.section(facts.section(case.content, home), "absent_reasons")
    left = case.get(need.section, need.name) if need.section != "instruments" else None
    return CLINIC in (left, reasons.get(need.name or "care_team"))
