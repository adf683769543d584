"""Writing the access log: one entry for each reading or change, in its transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from referrals.access import context
from referrals.access.detail import canonical
from referrals.access.models import AccessEntry, Door
from referrals.actors import Actor

VERB = re.compile(r"[a-z][a-z_]{1,31}")


def record(
    *,
    by: Actor,
    verb: str,
    referral_id: UUID | None,
    door: str,
    detail: Mapping[str, Any] | None = None,
    organisation_id: UUID | None = None,
) -> AccessEntry:
    """Write one entry in the current transaction, so that it is kept if the act is kept.

    `verb` is one lower-case word (read, list, search, export, print, create, change, move,
    denied, message, sign_in ...), `door` one of Door. `detail` holds ids, counts, codes and
    field names only; DetailRefused (a ValueError) otherwise. `organisation_id` is the one the
    person acts for; where it is not given, the person's only one.
    """
    if not VERB.fullmatch(verb):
        raise ValueError("A verb of the access log is one lower-case word.")
    organisation_id = organisation_id or _only_organisation(by)
    request = context.current()
    return AccessEntry.objects.create(
        actor_kind=by.kind.value,
        user_id="" if by.user_id is None else str(by.user_id),
        partner_slug=by.partner_slug or "",
        roles=_roles(by, organisation_id),
        verb=verb,
        door=Door(door),
        referral_id=referral_id,
        organisation_id=organisation_id,
        request_id=request.request_id,
        address=request.address,
        detail=canonical(detail),
    )


def _only_organisation(by: Actor) -> UUID | None:
    found = {seat.organisation_id for seat in by.seats if seat.organisation_id}
    return found.pop() if len(found) == 1 else None


def _roles(by: Actor, organisation_id: UUID | None) -> str:
    """The roles at the organisation acted for; all of them where none is known."""
    roles = by.roles_at(organisation_id) or {seat.role for seat in by.seats}
    return ",".join(sorted(role.value for role in roles))
