"""Where a partner's message reaches the domain: the same moves, by the same function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from referrals import access
from referrals.actors import Actor, Role, actor_for_partner
from referrals.errors import DomainError, Forbidden, Invalid, NotFound
from referrals.lifecycle import MOVE_FOR, Action
from referrals.operations import moves
from referrals.permissions import WRITE_SCOPE

if TYPE_CHECKING:
    from integrations.models import Partner

ACTIONS = frozenset(action.value for action, move in MOVE_FOR.items() if Role.PS in move.roles)


def apply(
    *, partner: Partner, action: str, subject: str, data: Mapping[str, Any], command_id: str
) -> tuple[bool, str | None]:
    """Apply one command. Returns (accepted, problem type); never raises a domain error.

    `data` is the API's input of the action, and `expected_version` where the partner
    decided on a version.
    """
    try:
        _perform(partner, action, subject, dict(data))
    except DomainError as problem:
        if isinstance(problem, NotFound | Forbidden):
            _remember_denied(partner, subject, problem)
        return False, problem.type
    return True, None


def _perform(partner: Partner, action: str, subject: str, data: dict[str, Any]) -> None:
    if action not in ACTIONS:
        raise Invalid()
    version = data.pop("expected_version", None)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise Invalid()
    moves.perform(
        Action(action),
        referral_id=_id(subject),
        by=_actor(partner),
        data=data,
        version=version,
        door="message",
    )


def _actor(partner: Partner) -> Actor:
    return actor_for_partner(
        slug=partner.slug, clinic_id=partner.scope_key, scopes=frozenset({WRITE_SCOPE})
    )


def _remember_denied(partner: Partner, subject: str, problem: DomainError) -> None:
    try:
        referral_id = _id(subject)
    except NotFound:
        referral_id = None
    access.record(
        by=_actor(partner), verb="denied", referral_id=referral_id, door="message",
        detail={"status": problem.status},
    )  # fmt: skip


def _id(subject: str) -> UUID:
    try:
        return UUID(subject)
    except ValueError:
        raise NotFound() from None
