"""What a clinic's administrator, or an operator at a shell, does with a partner's messages.

A person reaches the partners of the clinics that they administer; the system, which is who
acts at a shell, reaches all. Each act is an entry of the access log, in its transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from integrations import command_keys, deliveries, partners
from integrations import replay as replaying
from integrations.discarding import known_reason
from integrations.errors import NotPossible
from integrations.inbox import parked
from integrations.models import Partner
from integrations.public_jwk import PublicKey
from referrals import access
from referrals.actors import Actor, ActorKind, Role
from referrals.errors import Conflict, Forbidden, NotFound

P = ParamSpec("P")
R = TypeVar("R")


def _as_domain(work: Callable[P, R]) -> Callable[P, R]:
    """What the messages' present state does not allow is a conflict."""

    @wraps(work)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with transaction.atomic():
                return work(*args, **kwargs)
        except NotPossible as refused:
            raise Conflict(str(refused)) from refused

    return call


def visible(*, by: Actor) -> QuerySet[Partner]:
    """The partners that this actor administers. Forbidden for whoever administers none."""
    if by.kind is ActorKind.SYSTEM:
        return Partner.objects.all()
    clinics = by.organisations(Role.CA)
    if not clinics:
        raise Forbidden()
    return Partner.objects.filter(scope_key__in=clinics)


def find(partner_id: UUID, *, by: Actor) -> Partner:
    partner = visible(by=by).filter(pk=partner_id).first()
    if partner is None:
        raise NotFound()
    return partner


def find_slug(slug: str, *, by: Actor) -> Partner:
    partner = visible(by=by).filter(slug=slug).first()
    if partner is None:
        raise NotFound()
    return partner


# --- What is parked -----------------------------------------------------------------------------


@_as_domain
def retry(partner: Partner, delivery_id: int, *, by: Actor, door: str) -> None:
    row = deliveries.retry(_own(partner, by), delivery_id)
    _note("delivery_retry", partner, by, door, row.event.subject, id=str(row.event.event_id))


@_as_domain
def retry_all(partner: Partner, *, by: Actor, door: str) -> int:
    count = deliveries.retry_all(_own(partner, by))
    _note("delivery_retry", partner, by, door, count=count)
    return count


@_as_domain
def skip(partner: Partner, delivery_id: int, *, by: Actor, door: str) -> None:
    row = deliveries.skip(_own(partner, by), delivery_id)
    _note("delivery_skip", partner, by, door, row.event.subject, id=row.event.causationid)


@_as_domain
def cancel(partner: Partner, delivery_id: int, *, by: Actor, door: str) -> None:
    row = deliveries.cancel(_own(partner, by), delivery_id)
    _note("delivery_cancel", partner, by, door, row.event.subject, id=str(row.event.event_id))


@_as_domain
def restart_command(partner: Partner, message_id: int, *, by: Actor, door: str) -> None:
    row = parked.restart(_own(partner, by), message_id)
    _note("command_restart", partner, by, door, _subject(row.subject), id=row.pk)


@_as_domain
def discard_command(
    partner: Partner, message_id: int, *, reason: str, by: Actor, door: str
) -> None:
    row = parked.discard(_own(partner, by), message_id)
    _note(
        "command_discard", partner, by, door, _subject(row.subject),
        id=row.pk, reason=known_reason(reason),
    )  # fmt: skip


# --- Replay -------------------------------------------------------------------------------------


@_as_domain
def count_replay(selection: replaying.Selection, *, by: Actor) -> int:
    """How many deliveries a replay would send again."""
    return replaying.count(replace(selection, partner=_own(selection.partner, by)))


@_as_domain
def replay(
    selection: replaying.Selection,
    *,
    by: Actor,
    door: str,
    progress: replaying.Progress | None = None,
) -> int:
    _own(selection.partner, by)
    count = replaying.replay(selection, progress=progress)
    _note("replay", selection.partner, by, door, selection.subject, count=count)
    return count


# --- The partner itself --------------------------------------------------------------------------

SWITCHES: dict[str, Callable[[Partner], None]] = {
    "pause": partners.pause,
    "resume": partners.resume,
    "deactivate": partners.deactivate,
    "activate": partners.activate,
}


@_as_domain
def switch(partner: Partner, what: str, *, by: Actor, door: str) -> None:
    """`what` is one of SWITCHES."""
    SWITCHES[what](_own(partner, by))
    _note(f"partner_{what}", partner, by, door)


@_as_domain
def choose_events(partner: Partner, events: list[str], *, by: Actor, door: str) -> None:
    partners.choose_events(_own(partner, by), events=events)
    _note("partner_events", partner, by, door, count=len(events))


# --- The keys that it signs its commands with ----------------------------------------------------


@_as_domain
def add_command_keys(partner: Partner, keys: Iterable[PublicKey], *, by: Actor, door: str) -> None:
    for row in command_keys.add(_own(partner, by), keys=keys):
        _note("command_key_add", partner, by, door, id=row.pk)


@_as_domain
def retire_command_key(partner: Partner, key_id: int, *, by: Actor, door: str) -> None:
    row = command_keys.retire(_own(partner, by), key_id)
    _note("command_key_retire", partner, by, door, id=row.pk)


@_as_domain
def require_signatures(partner: Partner, *, by: Actor, door: str) -> None:
    command_keys.require_signatures(_own(partner, by))
    _note("signatures_require", partner, by, door)


@_as_domain
def accept_unsigned(partner: Partner, *, by: Actor, door: str) -> None:
    command_keys.accept_unsigned(_own(partner, by))
    _note("signatures_accept_none", partner, by, door)


def note(verb: str, partner: Partner, *, by: Actor, door: str, **detail: Any) -> None:
    """An entry for an act that is done elsewhere, in the caller's transaction."""
    _note(verb, partner, by, door, **detail)


def _own(partner: Partner, by: Actor) -> Partner:
    return find(partner.pk, by=by)


def _subject(text: str) -> UUID | None:
    return UUID(text) if text else None


def _note(
    verb: str, partner: Partner, by: Actor, door: str, subject: UUID | None = None, **detail: Any
) -> None:
    access.record(
        by=by, verb=verb, referral_id=subject, door=door, organisation_id=partner.scope_key,
        detail={"partner_id": partner.pk, **detail},
    )  # fmt: skip
