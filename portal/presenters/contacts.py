"""The attempts to reach the patient, and how many are still needed to say that it failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.presenters import words
from portal.presenters.stream import CONTACT_WORDS
from referrals.models import ContactAttempt, Referral
from referrals.operations.guards import CONTACT_ATTEMPTS, CONTACT_MEANS


def rows(attempts: Sequence[ContactAttempt]) -> list[dict[str, Any]]:
    """The newest first: means, result, when, who."""
    return [
        {
            "means": CONTACT_WORDS.get(one.means, one.means),
            "result": CONTACT_WORDS.get(one.result, one.result),
            "at": one.made_at,
            "who": one.made_by.full_name if one.made_by else "",
        }
        for one in reversed(attempts)
    ]


def summary(referral: Referral) -> str:
    """`2 of 3 attempts by 1 of 2 means are logged.`"""
    means = list(referral.contact_attempts.values_list("means", flat=True))
    return counted(means)


def counted(means: Sequence[str]) -> str:
    kinds = len(set(means))
    return (
        f"{words.count(len(means), 'attempt')} by {kinds} means logged. "
        f"Without a clinical reason it takes {CONTACT_ATTEMPTS} by {CONTACT_MEANS} means."
    )
