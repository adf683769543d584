"""How long a clinic's clocks run: read by everybody, changed by its administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import access
from referrals.actors import Actor, Role
from referrals.clocks import limits
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.models import ClockLimits, Organisation


def change(
    clinic_id: UUID, *, by: Actor, data: Mapping[str, Any], door: str = "portal"
) -> limits.Limits:
    """Set some of the limits; the others stay. A clock that runs keeps its end until its
    referral moves.

    `data` has the shape of `Limits.as_dict()`, any part of it. Raises `Forbidden` for
    whoever does not administer the clinic, `Invalid` for what is not a limit.
    """
    if Role.CA not in by.roles_at(clinic_id):
        raise Forbidden()
    wrong = limits.problems(data)
    if wrong:
        raise Invalid(errors=[FieldError(where, "invalid", words) for where, words in wrong])
    with transaction.atomic():
        clinic = Organisation.objects.select_for_update().get(pk=clinic_id)
        stored, _ = ClockLimits.objects.get_or_create(clinic=clinic)
        stored.limits = _merged(stored.limits, data)
        stored.save(update_fields=["limits"])
        access.record(
            by=by, verb="settings", referral_id=None, door=door, organisation_id=clinic.pk,
            detail={"action": "clocks", "fields": sorted(data)},
        )  # fmt: skip
    return limits.from_dict(stored.limits)


def _merged(stored: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**stored, **data}
    for name in limits.BY_PRIORITY:
        if name in merged:
            merged[name] = {**stored.get(name, {}), **data.get(name, {})}
    return merged
