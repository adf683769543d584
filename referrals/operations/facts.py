"""What follows from a referral's content: assessment, gaps, indexes, the frozen version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from referrals import (
    assessment,
    clinic_rules,
    clock,
    clocks,
    consent,
    content,
    content_classes,
    loaded_codes,
    versions,
)
from referrals.actors import ActorKind
from referrals.encryption import blind_index
from referrals.models import AssessmentResult, ContentVersion, Referral
from referrals.rules import ClinicRules, Gap, accept_gaps
from referrals.rules.accept_set import CLINIC, REASON_HOME

if TYPE_CHECKING:
    from referrals.actors import Actor


def as_of(referral: Referral) -> date:
    """The day that the rules count from: the submission's, or today for a draft.

    It is a day of the practice's calendar, before and after the sending: there the answers'
    dates were written, and what was found does not change with the clinic that reads it.
    """
    return clocks.local_day(referral.practice, referral.submitted_at or clock.now())


def rules_of(referral: Referral) -> ClinicRules:
    """The rules as the receiving clinic set them."""
    return clinic_rules.of_clinic(referral.clinic)


def referrer_facts(referral: Referral) -> dict[str, Any]:
    profile = getattr(referral.referring_clinician, "clinician", None)
    return {
        "referrer_kind": profile.kind if profile else None,
        "state": referral.practice.state,
        "rules": rules_of(referral),
        "has_clinic": referral.clinic_id is not None,
        "has_service": referral.service_id is not None,
        "has_after_hours": bool(referral.after_hours_phone),
    }


def assess(referral: Referral) -> dict[str, Any]:
    """The contract's `assessment` of the content as it stands."""
    profile = getattr(referral.referring_clinician, "clinician", None)
    return assessment.assess(
        referral.content.as_dict(),
        as_of=as_of(referral),
        has_npi=bool(profile and profile.npi),
        release=loaded_codes.current(),
        **_review_of(referral),
        **referrer_facts(referral),
    )


def _review_of(referral: Referral) -> dict[str, Any]:
    """What the clinic itself must have on record before it accepts; nothing on a draft."""
    if referral.submitted_at is None:
        return {}
    return {
        "licensed_reviewer": referral.licensed_reviewer_id is not None,
        "reviewed_flags": {review.rule for review in referral.flag_reviews.all()},
    }


def missing_codes(found: Mapping[str, Any]) -> set[str]:
    """The codes of what an assessment finds missing and the practice can give."""
    stages = found["completeness"]
    return {
        gap["code"]
        for stage in ("submit", "accept")
        for gap in assessment.of_practice(stages[stage]["missing"])
    }


def gaps_before_sending(referral: Referral) -> list[Gap]:
    """What stops the sending now (rule Q-1)."""
    return assessment.submit_gaps(
        referral.content.as_dict(), as_of=as_of(referral), **referrer_facts(referral)
    )


def gaps_before_acceptance(referral: Referral) -> list[Gap]:
    """What stops the acceptance now (rule Q-2), reviewer and flags aside."""
    profile = getattr(referral.referring_clinician, "clinician", None)
    return assessment.accept_gaps(
        referral.content.as_dict(),
        as_of=as_of(referral),
        referrer_kind=profile.kind if profile else None,
        state=referral.practice.state,
        rules=rules_of(referral),
    )


def left_to_clinic(referral: Referral, section: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Every missing answer of a section of `body` as "clinic to obtain", in the write shape.

    Consent and safety stay with whoever refers.
    """
    if section in ("consent", "safety"):
        return {}
    profile = getattr(referral.referring_clinician, "clinician", None)
    gaps = accept_gaps(
        body, as_of(referral), rules=rules_of(referral),
        referrer_kind=profile.kind if profile else None,
    )  # fmt: skip
    left: dict[str, Any] = {}
    for gap in gaps:
        home, _, name = gap.code.partition(".")
        if home == section:
            _leave(left, home, name)
    return left


def _leave(left: dict[str, Any], section: str, name: str) -> None:
    """The code itself where the answer knows it, else the reason why there is no answer."""
    listed = section in content.LISTS
    field = None if listed else content.SECTIONS[section]().fields.get(name)
    if CLINIC in getattr(field, "choices", {}):
        left.setdefault(section, {})[name] = CLINIC
        return
    home = REASON_HOME.get(name, section)
    reasons = left.setdefault(home, {}).setdefault("absent_reasons", {})
    reasons[name or "care_team"] = CLINIC


def computed_instruments(referral: Referral, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The instruments of `body` with what follows from them, by the clinic's own cuts."""
    return assessment.computed_instruments(body, as_of(referral), rules_of(referral))


def remember_assessment(referral: Referral, *, by: Actor | None = None) -> dict[str, Any]:
    """Run the rules and keep the result with the answers that it read; older results stay."""
    result = assess(referral)
    AssessmentResult.objects.create(
        referral=referral,
        result={**result, "answers": assessment.answers_read(referral.content.as_dict(), result)},
        as_of=date.fromisoformat(result["as_of"]),
        computed_by_id=by.person if by and by.kind is ActorKind.PERSON else None,
    )
    return result


def awaits_review(referral: Referral, result: Mapping[str, Any]) -> bool:
    """Whether a safety flag that a clinician of the clinic has to review has no note yet.

    One that the consent closes to the clinic waits on nobody there: nobody can read it.
    """
    open_to_clinic, _ = consent.open_classes(referral, referral.content.as_dict())
    asked = {
        flag["rule"] for flag in result["flags"]
        if flag["level"] == "R" and open_to_clinic >= content_classes.classes_of(flag["inputs"])
    }  # fmt: skip
    return bool(asked - {review.rule for review in referral.flag_reviews.all()})


def index_patient(referral: Referral) -> str:
    """The blind index of name and birth date, or '' while one of them is missing."""
    keys = content.patient_keys(referral.content.as_dict())
    return blind_index("patient", *keys) if keys else ""


def patient_index_for(family: str, given: str, birth_date: str) -> str:
    return blind_index("patient", family, given, birth_date)


def freeze(
    referral: Referral, *, by: Actor, reason: str | None = None, changed: list[str] | None = None
) -> ContentVersion:
    """Keep what the content says now as the next version that nothing changes any more."""
    body = referral.content.as_dict()
    return ContentVersion.objects.create(
        referral=referral,
        number=referral.versions.count() + 1,
        content=body,
        sha256=versions.digest(body),
        changed=changed or [],
        reason=reason,
        created_by_id=by.user_id,
    )
