"""Who may do what to one referral: one question, asked by buttons and refusals alike.

Deny by default: a role counts only at the organisation that is on the referral, and the
table must name it. Nobody decides for the clinic on a referral that they wrote themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from referrals.actors import Actor, ActorKind, Role
from referrals.lifecycle import ALL_MOVES, MOVE_FOR, Action, Move, State, Turn

if TYPE_CHECKING:
    from referrals.models import Referral

WRITE_SCOPE = "referrals:write"
PRACTICE_SIDE = frozenset({Role.RC, Role.RD})
CLINIC_SIDE = frozenset({Role.CO, Role.CL, Role.CA, Role.PS})


def roles_on(referral: Referral, actor: Actor) -> frozenset[Role]:
    """The roles that this actor has on this referral."""
    if actor.kind is ActorKind.SYSTEM:
        return frozenset({Role.SY})
    roles = actor.roles_at(referral.practice_id) & PRACTICE_SIDE
    if not wrote_it(referral, actor.user_id):
        roles |= actor.roles_at(referral.clinic_id) & CLINIC_SIDE
    if referral.pk in actor.shared:
        roles |= {Role.IC}
    return roles | (actor.roles_at(None) & {Role.PO})


def wrote_it(referral: Referral, user_id: UUID | None) -> bool:
    """True for the practice's own author, who must not answer for the clinic too."""
    if user_id is None:
        return False
    if user_id == referral.referring_clinician_id:
        return True
    return referral.origin in ("portal", "api") and user_id in (
        referral.submitted_by_id,
        referral.created_by_id,
    )


def acting_role(referral: Referral, actor: Actor, move: Move) -> Role | None:
    """The role in which the actor would make this move; None: not theirs to make."""
    if actor.kind is ActorKind.PARTNER and WRITE_SCOPE not in actor.scopes:
        return None
    allowed = move.roles
    if move.own_draft_roles and referral.origin not in ("portal", "api"):
        allowed = move.own_draft_roles
    mine = roles_on(referral, actor) & allowed
    # A licensed role speaks louder where somebody holds both.
    return min(mine, key=LOUDNESS.index) if mine else None


LOUDNESS = [
    Role.RC, Role.RD, Role.IC, Role.CL, Role.CO, Role.CA, Role.PO, Role.PS, Role.SY,
]  # fmt: skip


def may(action: Action, referral: Referral, actor: Actor) -> bool:
    return acting_role(referral, actor, MOVE_FOR[action]) is not None


def available_moves(referral: Referral, actor: Actor) -> list[Move]:
    """The moves that this actor may make now, the most likely one first."""
    state = State(referral.state)
    found = [
        m for m in ALL_MOVES if state in m.sources and acting_role(referral, actor, m) is not None
    ]
    return sorted((m for m in found if _fits(m, referral, actor)), key=lambda m: -m.primary)


def _fits(move: Move, referral: Referral, actor: Actor) -> bool:
    """Leaves out the moves whose row says one thing and whose past says another."""
    if move.action is Action.REOPEN:
        return referral.first_completed_at is not None
    if move.action is Action.MARK_ERROR:
        asked = any(r.is_waiting for r in referral.error_requests.all())
        return asked == (acting_role(referral, actor, move) is Role.PO)
    if move.action is Action.RESUBMIT:
        return not any(successor.is_open for successor in referral.successors.all())
    if move.action is Action.REVOKE_CONSENT:
        return referral.consent_revoked_at is None
    return True


def available_actions(referral: Referral, actor: Actor) -> list[Action]:
    return [m.action for m in available_moves(referral, actor)]


# Who reads what the rules find: clinicians, and the clinic's own systems on their behalf.
READS_FINDINGS = frozenset({Role.RC, Role.IC, Role.CL, Role.PS, Role.SY})


def reads_findings(referral: Referral, actor: Actor) -> bool:
    """False for a coordinator or a delegate: they see the queue and what waits for a clinician."""
    return bool(roles_on(referral, actor) & READS_FINDINGS)


def side_of(referral: Referral, actor: Actor) -> Turn:
    """On whose side of the referral the actor stands."""
    roles = roles_on(referral, actor)
    if roles & (PRACTICE_SIDE | {Role.IC}):
        return Turn.PRACTICE
    return Turn.CLINIC if roles & CLINIC_SIDE else Turn.NOBODY


DECIDE_DUPLICATES = frozenset({Role.CO, Role.CL})


def decides_duplicates(referral: Referral, actor: Actor) -> bool:
    """Whether this actor links a referral with another for the same person, or sets it aside."""
    mine = bool(roles_on(referral, actor) & DECIDE_DUPLICATES)
    return mine and referral.consent_revoked_at is None and referral.state != State.DRAFT
