"""Coded reasons in force: which exist, and which are for whom.

Everybody's reasons and a clinic's own. A clinic may hide some of everybody's: they are not
offered there any more, and still taken from whoever gives one, such as a partner's system.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from referrals import clock
from referrals.actors import Role
from referrals.models import HiddenReason, Reason


def find(kind: str, code: str, *, clinic_id: UUID | None = None) -> Reason | None:
    known = Reason.objects.in_force(clock.now().date()).filter(_of(clinic_id), kind=kind)
    return known.filter(code=code).first()


def open_to(kind: str, role: Role, *, clinic_id: UUID | None = None) -> list[Reason]:
    """The reasons of a kind that this role is offered today, in their order."""
    in_force = Reason.objects.in_force(clock.now().date()).filter(_of(clinic_id), kind=kind)
    hidden = set(
        HiddenReason.objects.filter(clinic_id=clinic_id, kind=kind).values_list("code", flat=True)
    )
    return [r for r in in_force if role.value in r.roles and r.code not in hidden]


def _of(clinic_id: UUID | None) -> Q:
    return Q(clinic__isnull=True) | Q(clinic_id=clinic_id)
