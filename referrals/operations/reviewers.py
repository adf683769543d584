"""Who at the clinic is licensed to answer for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from referrals.actors import Role
from referrals.models import Membership
from referrals.permissions import wrote_it

if TYPE_CHECKING:
    from referrals.operations.context import MoveContext


def licensed_for(ctx: MoveContext) -> UUID | None:
    """The licensed reviewer of this acceptance: named, the actor herself, or on record."""
    if ctx.data.get("licensed_reviewer") is None and ctx.role is Role.CL:
        return ctx.by.user_id
    named = ctx.data.get("licensed_reviewer") or ctx.referral.licensed_reviewer_id
    # Who wrote the referral does not answer for the clinic too.
    if named is None or wrote_it(ctx.referral, named):
        return None
    return named if is_licensed(named, ctx.referral.clinic_id) else None


def is_licensed(user_id: UUID, clinic_id: UUID | None) -> bool:
    if clinic_id is None:
        return False
    licensed = Membership.objects.in_force().filter(organisation_id=clinic_id, role=Role.CL)
    return licensed.filter(user_id=user_id, user__is_active=True).exists()
