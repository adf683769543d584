"""Making a move: the one function behind every button, endpoint and partner's message.

The order of refusals is the contract's: not found, role, version, state, fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import permissions
from referrals.actors import Actor, Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid, Stale
from referrals.lifecycle import MOVE_FOR, Action, Move, State
from referrals.lifecycle.inputs import inputs_of
from referrals.models import Referral
from referrals.operations import effects, guards, records, transition
from referrals.operations.context import MoveContext
from referrals.strict import checked


@dataclass(frozen=True, slots=True)
class MoveResult:
    referral: Referral
    successor: Referral | None = None


def authorise(action: Action, *, referral_id: UUID, by: Actor) -> tuple[Referral, Role]:
    """The first two questions: may this actor see it, and may this role do it?"""
    referral = records.find(referral_id, by=by)
    role = permissions.acting_role(referral, by, MOVE_FOR[action])
    if role is None:
        raise Forbidden()
    return referral, role


def perform(
    action: Action,
    *,
    referral_id: UUID,
    by: Actor,
    data: Any,
    version: int | None,
    door: str = "portal",
) -> MoveResult:
    """Make one move, whole or not at all.

    `version` is the version that was decided on; None (a partner that names none) means
    the present one. Raises the errors of referrals.errors.
    """
    move = MOVE_FOR[action]
    with transaction.atomic():
        authorise(action, referral_id=referral_id, by=by)
        referral = transition.lock(referral_id)
        role = permissions.acting_role(referral, by, move)
        if role is None:
            raise Forbidden()
        _check_version(referral, version)
        _check_state(referral, move, by)
        ctx = MoveContext(referral, move, by, role, _validated(action, data), door)
        guards.check(ctx)
        change = effects.change_for(ctx)
        transition.apply(referral, move, change, by=by, role=role, door=door)
    return MoveResult(referral, change.successor)


def _check_version(referral: Referral, version: int | None) -> None:
    if version is not None and version != referral.version:
        raise Stale(current_version=referral.version)


def _check_state(referral: Referral, move: Move, by: Actor) -> None:
    if State(referral.state) not in move.sources:
        raise Conflict(
            f"The referral is in the state “{referral.info.label}”.",
            available_actions=[a.value for a in permissions.available_actions(referral, by)],
        )


def _validated(action: Action, data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise Invalid(errors=[FieldError("", "invalid", "Send a JSON object.")])
    return dict(checked(inputs_of(action)(data=data)))
