"""Coded reasons in force: which exist, and which are for whom.

Everybody's reasons and a clinic's own. A clinic may hide some of everybody's: they are not
offered there any more, and still taken from whoever gives one, such as a partner's system.
"""

from __future__ import annotations

from django.db.models import Q

from referrals import clock, clocks
from referrals.actors import Role
from referrals.models import HiddenReason, Organisation, Reason
from referrals.models.reasons import ReasonQuerySet


def find(kind: str, code: str, *, clinic: Organisation | None = None) -> Reason | None:
    return _known(kind, clinic).filter(code=code).first()


def open_to(kind: str, role: Role, *, clinic: Organisation | None = None) -> list[Reason]:
    """The reasons of a kind that this role is offered today, in their order."""
    hidden = set(
        HiddenReason.objects.filter(clinic=clinic, kind=kind).values_list("code", flat=True)
    )
    return [r for r in _known(kind, clinic) if role.value in r.roles and r.code not in hidden]


def _known(kind: str, clinic: Organisation | None) -> ReasonQuerySet:
    """In force on the day of the clinic's calendar, by which its administrator set the days."""
    return in_force_at(clinic).filter(Q(clinic__isnull=True) | Q(clinic=clinic), kind=kind)


def in_force_at(clinic: Organisation | None) -> ReasonQuerySet:
    now = clock.now()
    return Reason.objects.in_force(clocks.local_day(clinic, now) if clinic else now.date())
