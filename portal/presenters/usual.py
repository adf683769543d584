"""How soon a clinic usually answers, in words, beside what is left now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.presenters import words
from referrals.figures import usual
from referrals.lifecycle import State
from referrals.models import Organisation

WAITING = frozenset({State.SUBMITTED, State.IN_REVIEW, State.INFO_REQUESTED})


def sentence(clinic: Organisation | None) -> str:
    """`Usually answered in 2 working days.`, or nothing where too little is known."""
    days = usual.answer_days(clinic) if clinic is not None else None
    if days is None:
        return ""
    if days == 0:
        return "Usually answered on the same working day."
    return f"Usually answered in {words.count(days, 'working day')}."


def for_referral(referral: Any) -> str:
    """`Usually answered in 2 working days. Now 1 day left.`, while an answer is due."""
    if State(referral.state) not in WAITING:
        return ""
    return _with_now(sentence(referral.clinic), referral)


def add(rows: list[dict[str, Any]], found: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of a list with their clinic's usual time; each clinic is asked once."""
    said: dict[Any, str] = {}
    for row, referral in zip(rows, found, strict=True):
        if State(referral.state) in WAITING and referral.clinic is not None:
            if referral.clinic_id not in said:
                said[referral.clinic_id] = sentence(referral.clinic)
            row["usual"] = said[referral.clinic_id]
    return rows


def _with_now(told: str, referral: Any) -> str:
    if not told:
        return ""
    paused = referral.due_at is None
    now = words.clock_words(referral.due_at, paused=paused).text
    return f"{told} Now {now}."
