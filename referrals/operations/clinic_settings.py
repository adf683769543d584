"""A clinic's administrator sets the rules' cut points; every choice is kept with its author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import access, clinic_rules
from referrals.actors import Actor, Role
from referrals.errors import Forbidden, NotFound, Stale
from referrals.lifecycle import Phase
from referrals.lifecycle.states import states_in
from referrals.models import ClinicalSettings, Organisation, Referral
from referrals.strict import checked

READERS = (Role.CA, Role.CL, Role.CO)


@dataclass(frozen=True, slots=True)
class InForce:
    """`number` is 0 while the clinic chose nothing.

    `values` has every choice, `changed` only what differs from the defaults.
    """

    number: int
    values: dict[str, Any]
    changed: dict[str, Any]


def show(clinic_id: UUID, *, by: Actor) -> InForce:
    """What holds at this clinic, for its own people."""
    return _in_force(_clinic(clinic_id, by, READERS))


def history(clinic_id: UUID, *, by: Actor) -> list[ClinicalSettings]:
    """Every choice there ever was, the newest first."""
    clinic = _clinic(clinic_id, by, READERS)
    return list(clinic.clinical_settings.select_related("changed_by").order_by("-number"))


def change(
    clinic_id: UUID, *, by: Actor, values: Mapping[str, Any], number: int, comment: str = "",
    door: str,
) -> InForce:  # fmt: skip
    """Set what `values` names; null puts a choice back to its default.

    `number` is the one that was looked at: somebody else's newer choice is `Stale`.
    """
    with transaction.atomic():
        clinic = _clinic(clinic_id, by, (Role.CA,))
        Organisation.objects.select_for_update().get(pk=clinic.pk)
        before = _in_force(clinic)
        if before.number != number:
            raise Stale(current_version=before.number)
        wanted = {k: v for k, v in {**before.changed, **values}.items() if v is not None}
        kept = _kept(checked(clinic_rules.Choices(data=wanted)))
        if kept == before.changed:
            return before
        ClinicalSettings.objects.create(
            clinic=clinic, number=number + 1, values=kept, comment=comment[:300],
            changed_by_id=by.person,
        )  # fmt: skip
        # Flags may have other levels now; the timers look again.
        Referral.objects.filter(clinic=clinic, state__in=states_in(Phase.DECIDING)).update(
            awaits_review=None
        )
        names = sorted(n for n in {*kept, *before.changed} if kept.get(n) != before.changed.get(n))
        access.record(
            by=by, verb="change", referral_id=None, door=door, organisation_id=clinic.pk,
            detail={"fields": [f"clinical_settings.{name}" for name in names]},
        )  # fmt: skip
    clinic.__dict__.pop(clinic_rules.HELD, None)
    return _in_force(clinic)


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON, and without what equals its default."""
    defaults = clinic_rules.defaults()
    plain = {k: str(v) if isinstance(v, Decimal) else v for k, v in values.items()}
    return {k: v for k, v in plain.items() if not _same(v, defaults[k])}


def _same(value: Any, default: Any) -> bool:
    if isinstance(default, str):
        return Decimal(str(value)) == Decimal(default)
    return bool(value == default)


def _in_force(clinic: Organisation) -> InForce:
    newest = clinic.clinical_settings.order_by("-number").first()
    changed = dict(newest.values) if newest else {}
    values = {**clinic_rules.defaults(), **changed}
    return InForce(newest.number if newest else 0, values, changed)


def _clinic(clinic_id: UUID, by: Actor, roles: tuple[Role, ...]) -> Organisation:
    if clinic_id not in by.organisations(*READERS):
        raise NotFound()
    if clinic_id not in by.organisations(*roles):
        raise Forbidden()
    return Organisation.objects.get(pk=clinic_id, kind="clinic")
