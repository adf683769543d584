"""What happens next and by when, in words: before sending and after."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.presenters import words
from referrals import clocks
from referrals.lifecycle import State
from referrals.models import Referral


@dataclass(frozen=True, slots=True)
class PriorityWords:
    """The priority that the rules find, with their reasons."""

    value: str
    reason: str


def priority(assessment: Mapping[str, Any]) -> PriorityWords:
    found = assessment["priority"]
    basis = found.get("basis") or []
    return PriorityWords(found["value"], "; ".join(rule["message"] for rule in basis))


def answer_by(referral: Referral, value: str, now: datetime) -> datetime | None:
    """When the clinic's decision would be due if the draft was sent now."""
    if referral.clinic is None:
        return None
    sent = copy.copy(referral)
    sent.state, sent.priority, sent.submitted_at = State.SUBMITTED, value, now
    return clocks.due_at(sent, now=now)


def next_steps(referral: Referral) -> list[str]:
    """What happens after sending, one sentence each."""
    clinic = referral.clinic.name if referral.clinic else "The clinic"
    due = referral.due_at
    by = f" by {words.moment(due, time_zone=referral.practice.time_zone)}" if due else ""
    return [
        f"{clinic} reads the referral and answers{by}.",
        "If something is missing, the clinic asks you here. You get a mail that says so.",
        "Once accepted, the clinic books the patient. You see each step in your list.",
        "The outcome and the plan for both conditions come back into this referral.",
    ]
