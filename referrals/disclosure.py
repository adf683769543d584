"""What of a referral's content this actor may read now.

Once consent is revoked, the receiving side (clinic and partner) reads none of the content
any more: it keeps the header, the timeline and the fact that consent was revoked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from referrals import permissions
from referrals.actors import Actor
from referrals.lifecycle import Turn
from referrals.models import Referral

UNREAD = "Needs clinician review"


def is_closed_to(referral: Referral, actor: Actor) -> bool:
    """True where consent was revoked and the actor is not of the practice that wrote it."""
    if referral.consent_revoked_at is None:
        return False
    return permissions.side_of(referral, actor) is not Turn.PRACTICE


def content_for(referral: Referral, actor: Actor) -> dict[str, Any]:
    """The content that the actor may read: all of it, or nothing once consent is revoked."""
    return {} if is_closed_to(referral, actor) else referral.content.as_dict()


def assessment_for(
    referral: Referral, actor: Actor, found: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What of the rules' findings this actor may read.

    Support of decisions is for professionals: without a licence there is the priority, how
    far the referral is documented, and how much waits for a clinician.
    """
    if is_closed_to(referral, actor):
        return None
    if permissions.reads_findings(referral, actor):
        return dict(found)
    return {
        **found,
        "dual_diagnosis": {**found["dual_diagnosis"], "profile": None},
        "priority": {**found["priority"], "basis": []},
        "flags": [_unread(flag) for flag in found["flags"] if flag["level"] == "R"],
        "mme": None,
    }


def _unread(flag: Mapping[str, Any]) -> dict[str, Any]:
    return {**flag, "message": UNREAD, "source": "", "inputs": []}
