"""Other referrals for what may be the same person, as the referral's page shows them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from referrals import disclosure
from referrals.actors import Actor
from referrals.models import Referral
from referrals.operations import duplicates


def for_clinic(referral: Referral, actor: Actor) -> list[dict[str, Any]]:
    return [_row(referral, found) for found in duplicates.for_clinic(referral, by=actor)]


def _row(referral: Referral, found: duplicates.Candidate) -> dict[str, Any]:
    said = found.verdict
    return {
        "other": found.other,
        "verdict": said.verdict if said else "",
        "note": said.note if said else "",
        "who": said.decided_by.full_name if said else "",
        "at": said.decided_at if said else None,
        "url": reverse("referrals:duplicate", args=[referral.pk, found.other.pk]),
    }


def acknowledged(referral: Referral, actor: Actor) -> list[dict[str, Any]]:
    """What the practice said of its own two, for both sides."""
    heard = disclosure.reading_of(referral, actor).hears(disclosure.PRACTICE)
    return [
        {
            "other": other,
            "note": row.note if heard else "",
            "who": row.decided_by.full_name,
            "at": row.decided_at,
        }
        for other, row in duplicates.acknowledged(referral, by=actor)
    ]
