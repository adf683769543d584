"""Coded reasons in force: which exist, and which are for whom."""

from __future__ import annotations

from referrals import clock
from referrals.actors import Role
from referrals.models import Reason


def find(kind: str, code: str) -> Reason | None:
    return Reason.objects.in_force(clock.now().date()).filter(kind=kind, code=code).first()


def open_to(kind: str, role: Role) -> list[Reason]:
    """The reasons of a kind that this role may use today, in their order."""
    in_force = Reason.objects.in_force(clock.now().date()).filter(kind=kind)
    return [reason for reason in in_force if role.value in reason.roles]
