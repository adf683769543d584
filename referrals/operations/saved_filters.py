"""Filters that an organization keeps by name: saved, listed and removed by who works there."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from referrals import access, clock
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.models import SavedFilter

MOST = 30
WORKERS = frozenset({Role.RC, Role.RD, Role.CO, Role.CL, Role.CA})


def of(organisation_id: UUID, *, by: Actor) -> list[SavedFilter]:
    """What this organization saved, by name."""
    _require_seat(organisation_id, by)
    return list(SavedFilter.objects.filter(organisation_id=organisation_id)[:MOST])


def save(organisation_id: UUID, *, by: Actor, name: str, query: str) -> SavedFilter:
    """Keep a query under a name; the same name again means the newer query."""
    _require_seat(organisation_id, by)
    name = " ".join(name.split())
    if not 0 < len(name) <= 60:
        raise Invalid(
            errors=[FieldError("/name", "required", "Give it a name of 1 to 60 letters.")]
        )
    others = SavedFilter.objects.filter(organisation_id=organisation_id).exclude(name=name)
    if others.count() >= MOST:
        words = f"There are {MOST} saved filters. Remove one that nobody uses, then save this."
        raise Invalid(errors=[FieldError("/name", "too_many", words)])
    with transaction.atomic():
        saved, _ = SavedFilter.objects.update_or_create(
            organisation_id=organisation_id, name=name,
            defaults={"query": query, "saved_by_id": by.person, "saved_at": clock.now()},
        )  # fmt: skip
        _log("save_filter", saved.pk, organisation_id, by)
    return saved


def remove(organisation_id: UUID, filter_id: int, *, by: Actor) -> bool:
    """Remove one of the organization's own; False where it has none of that id."""
    _require_seat(organisation_id, by)
    own = SavedFilter.objects.filter(organisation_id=organisation_id, pk=filter_id)
    with transaction.atomic():
        gone = bool(own.delete()[0])
        if gone:
            _log("remove_filter", filter_id, organisation_id, by)
    return gone


def _log(action: str, filter_id: int, organisation_id: UUID, by: Actor) -> None:
    access.record(
        by=by, verb="settings", referral_id=None, door="portal", organisation_id=organisation_id,
        detail={"action": action, "id": filter_id},
    )  # fmt: skip


def _require_seat(organisation_id: UUID, by: Actor) -> None:
    if not by.roles_at(organisation_id) & WORKERS:
        raise Forbidden()
