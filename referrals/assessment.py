"""What the software makes of a referral's content: the contract's `assessment` object.

Decision support. It reads content and a date and says what the rules find, each with its
inputs, version and source; a clinician decides. Partial drafts are assessed without errors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from referrals.coding import Release, coding_warnings, shipped
from referrals.instruments import Change, Result, change
from referrals.instruments.pain import mean
from referrals.rules import (
    DEFAULTS,
    ClinicRules,
    Gap,
    article_profile,
    clinic_obtains,
    dual_diagnosis,
    facts,
    flags,
    mme,
)
from referrals.rules import accept_gaps as all_accept_gaps
from referrals.rules import priority as find_priority
from referrals.rules import submit_gaps as all_submit_gaps
from referrals.rules.dual import LABELS
from referrals.rules.scored import Scored, scored

FLAG_GAP = "flag."  # then the flag's rule
URGENT = ("p0", "p1")

__all__ = [
    "FLAG_GAP",
    "accept_gaps",
    "answers_read",
    "assess",
    "computed_instruments",
    "needs_clinician",
    "of_practice",
    "priority",
    "submit_gaps",
]


def assess(
    content: Mapping[str, Any],
    *,
    as_of: date,
    rules: ClinicRules = DEFAULTS,
    referrer_kind: str | None = None,
    state: str | None = None,
    has_clinic: bool = True,
    has_service: bool = True,
    has_after_hours: bool = True,
    has_npi: bool = True,
    licensed_reviewer: bool | None = None,
    reviewed_flags: Collection[str] | None = None,
    release: Release | None = None,
) -> dict[str, Any]:
    """The assessment on `as_of` (the day of sending, or today for a draft), JSON-ready.

    `state` is the USPS code of the referrer's license or practice. The `has_…` flags tell
    of what stands outside the content; `licensed_reviewer` and `reviewed_flags` are for a
    referral under review and None before that. `release` is the list of codes that is loaded.
    """
    found = find_priority(content, as_of, rules)
    left = clinic_obtains(content, as_of, rules=rules, referrer_kind=referrer_kind)
    obtained = [{"code": g.code, "pointer": g.pointer, "label": g.label} for g in left]
    raised = flags(content, as_of, rules)
    to_submit = all_submit_gaps(
        content,
        as_of,
        rules=rules,
        referrer_kind=referrer_kind,
        state=state,
        has_clinic=has_clinic,
        has_service=has_service,
        has_after_hours=has_after_hours,
    )
    to_accept = all_accept_gaps(
        content,
        as_of,
        rules=rules,
        referrer_kind=referrer_kind,
        state=state,
        has_npi=has_npi,
        licensed_reviewer=licensed_reviewer,
        reviewed_flags=reviewed_flags,
    )
    return {
        "as_of": as_of.isoformat(),
        "settings": rules.number,
        "dual_diagnosis": _dual(content, as_of, rules),
        "priority": {
            "value": found.value,
            "rules": [fired.rule for fired in found.fired],
            "basis": [fired.as_dict() for fired in found.fired],
        },
        "flags": [flag.as_dict() for flag in raised],
        "needs_clinician_review": needs_clinician(found.value, (flag.level for flag in raised)),
        "mme": _mme(content, rules),
        "coding": _coding(content, release or shipped()),
        "completeness": {
            "submit": _complete(to_submit),
            "accept": {**_complete(to_accept), "clinic_to_obtain": obtained},
        },
    }


def needs_clinician(priority: str, levels: Iterable[str]) -> bool:
    """P0 and P1 ask for a clinician's look, and so does every flag of level R."""
    return priority in URGENT or "R" in levels


def priority(
    content: Mapping[str, Any], as_of: date, rules: ClinicRules = DEFAULTS
) -> tuple[str, list[str]]:
    """(p0 to p3, the rules that fired, the most urgent first)."""
    found = find_priority(content, as_of, rules)
    return found.value, [fired.rule for fired in found.fired]


def submit_gaps(content: Mapping[str, Any], as_of: date, **context: Any) -> list[Gap]:
    """What stops the sending now (Q-1); `completeness.submit` lists the rest as well.

    `context` as in `referrals.rules.submit_gaps`.
    """
    return [gap for gap in all_submit_gaps(content, as_of, **context) if gap.blocking]


def accept_gaps(content: Mapping[str, Any], as_of: date, **context: Any) -> list[Gap]:
    """What stops the acceptance now (Q-2); `completeness.accept` lists the rest as well."""
    return [gap for gap in all_accept_gaps(content, as_of, **context) if gap.blocking]


def of_practice(gaps: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The gaps that the practice can fill; a reviewer and review notes the clinic owes itself."""
    return [gap for gap in gaps if not gap["code"].startswith(("licensed_reviewer", FLAG_GAP))]


def answers_read(content: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What each named input of the findings said then, so that an old result explains itself."""
    findings = [*found["priority"]["basis"], *found["flags"], *found["coding"]["warnings"]]
    names = sorted({name for finding in findings for name in finding["inputs"]})
    return {name: _answer(content, name) for name in names}


def _answer(content: Mapping[str, Any], name: str) -> Any:
    section, _, rest = name.partition(".")
    if section == "diagnoses":
        return facts.diagnoses(content)
    if section == "instruments":
        wanted = rest.partition(".")[0]
        return [e for e in facts.entries(content, section) if e.get("instrument") == wanted]
    return facts.answer(content, section, rest)


def computed_instruments(
    content: Mapping[str, Any], as_of: date, rules: ClinicRules = DEFAULTS
) -> list[dict[str, Any]]:
    """The instruments in the contract's read shape: what was given, and what follows."""
    found = scored(content, rules)
    return [
        _instrument(one, as_of, rules) | {"change": _change(one, _before(one, found))}
        for one in found
    ]


def _before(one: Scored, found: list[Scored]) -> Scored | None:
    """The result of the same instrument that was the newest one before this."""
    if one.result is None or one.result.score is None or one.on is None:
        return None
    earlier = [
        other
        for other in found
        if other.result and other.on and other.on < one.on
        and other.result.instrument == one.result.instrument and other.result.score is not None
    ]  # fmt: skip
    return max(earlier, key=lambda other: other.on or date.min, default=None)


def _change(one: Scored, before: Scored | None) -> dict[str, Any] | None:
    """How far the result moved since the earlier one; a fall may be a meaningful one."""
    if before is None or before.on is None or not (before.result and one.result):
        return None
    found = _moved(before.result, one.result)
    if found is None:
        return None
    percent = None if found.percent is None else found.percent.quantize(Decimal("0.1"))
    return {
        "since": before.on.isoformat(),
        "base": number(before.result.score),
        "points": number(found.points),
        "percent": number(percent),
        "meaningful": found.meaningful,
    }


def _moved(before: Result, after: Result) -> Change | None:
    """The change, judged by the sums: a mean kept to two places would miss exactly 30 %."""
    name = after.instrument
    if before.summed is not None and after.summed is not None:
        exact = change(name, before.summed, after.summed)
        return replace(exact, points=mean(int(exact.points)))
    if before.score is None or after.score is None:
        return None
    return change(name, before.score, after.score)


def _instrument(one: Scored, as_of: date, rules: ClinicRules) -> dict[str, Any]:
    given = {"administered_on": None, "items": None, "total": None, **one.entry}
    if one.result is None:
        return {**given, "score": None, "complete": False, "stale": None}
    result = one.result
    return {
        **given,
        "score": number(result.score),
        "complete": result.complete,
        "band": result.band,
        "subscales": dict(result.subscales),
        "positive": result.positive,
        "stale": None if one.on is None else (as_of - one.on).days > rules.stale_after_days,
        "rule": result.rule,
        "version": result.version,
        "source": result.source,
        **result.extra,
    }


def _dual(content: Any, as_of: date, rules: ClinicRules) -> dict[str, Any]:
    found = dual_diagnosis(content, as_of, rules)
    return {
        "pain_side": found.pain_side,
        "trauma_side": found.trauma_side,
        "label": found.label,
        "text": LABELS[found.label],
        "missing": [gap.as_dict() for gap in found.missing],
        "profile": article_profile(content, as_of, rules),
        "rules": list(found.rules),
        "version": found.version,
        "source": found.source,
    }


def _mme(content: Any, rules: ClinicRules) -> dict[str, Any] | None:
    found = mme(content, rules)
    if found is None:
        return None
    return {
        "total": number(found.total),
        "partial": found.partial,
        "basis": [_numbers(entry) for entry in found.basis],
        "not_computed": [dict(entry) for entry in found.not_computed],
        "excluded": list(found.excluded),
        "at_or_above_50": found.at_caution,
        "at_or_above_90_historical": found.at_historical,
        "rule": found.rule,
        "version": found.version,
        "source": found.source,
    }


def _coding(content: Any, release: Release) -> dict[str, Any]:
    """Warnings on the diagnosis codes; none of them stops anything."""
    return {
        "release": release.name,
        "part_of_release": release.part,
        "warnings": [warning.as_dict() for warning in coding_warnings(content, release)],
    }


def _complete(gaps: list[Gap]) -> dict[str, Any]:
    """`complete` asks for all of the set; `blocked` only for what stops the move."""
    return {
        "complete": not gaps,
        "blocked": any(gap.blocking for gap in gaps),
        "missing": [gap.as_dict() for gap in gaps],
    }


def _numbers(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {k: number(v) if isinstance(v, Decimal) else v for k, v in entry.items()}


def number(value: Decimal | int | None) -> int | float | None:
    """A Decimal as the JSON number that reads the same; whole ones without a point."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
