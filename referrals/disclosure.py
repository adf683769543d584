"""What of a referral's content this actor may read now.

Once consent is revoked, the receiving side (clinic and partner) reads none of the content
any more: it keeps the header, the timeline and the fact that consent was revoked.
"""

from __future__ import annotations

from typing import Any

from referrals import permissions
from referrals.actors import Actor
from referrals.lifecycle import Turn
from referrals.models import Referral


def is_closed_to(referral: Referral, actor: Actor) -> bool:
    """True where consent was revoked and the actor is not of the practice that wrote it."""
    if referral.consent_revoked_at is None:
        return False
    return permissions.side_of(referral, actor) is not Turn.PRACTICE


def content_for(referral: Referral, actor: Actor) -> dict[str, Any]:
    """The content that the actor may read: all of it, or nothing once consent is revoked."""
    return {} if is_closed_to(referral, actor) else referral.content.as_dict()
