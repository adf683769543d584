"""Register partner systems and their choices."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from integrations import registry, signing_keys
from integrations.models import Partner


def register(
    *,
    slug: str,
    name: str,
    scope_key: UUID,
    client_id: str,
    events: Sequence[str] = (),
    signed: bool = False,
) -> Partner:
    """A new partner of this audience. It is owed what happens from now on.

    `events` are names of the registry, empty meaning all. ValidationError for a slug that is
    taken or cannot be a queue's name, UnknownEvent for an event that does not exist,
    SigningKeysError for `signed` without a key to sign with.
    """
    partner = Partner(slug=slug, name=name, scope_key=scope_key, client_id=client_id)
    partner.signed = signed and _can_sign()
    partner.events = _known(events)
    partner.full_clean()
    partner.save(force_insert=True)
    return partner


def choose_events(partner: Partner, *, events: Sequence[str]) -> None:
    """Tell the partner of these events only, from now on; empty means all."""
    partner.events = _known(events)
    partner.save(update_fields=["events"])


def choose_signatures(partner: Partner, *, signed: bool) -> None:
    """Sign what the partner is sent, from now on, or stop. SigningKeysError without a key."""
    partner.signed = signed and _can_sign()
    partner.save(update_fields=["signed"])


def deactivate(partner: Partner) -> None:
    """Owe the partner nothing new; what is owed already stays owed."""
    partner.active = False
    partner.save(update_fields=["active"])


def activate(partner: Partner) -> None:
    """Owe the partner what happens from now on."""
    partner.active = True
    partner.save(update_fields=["active"])


def pause(partner: Partner) -> None:
    """Send the partner nothing for now; what happens is owed to it and waits."""
    partner.paused = True
    partner.save(update_fields=["paused"])


def resume(partner: Partner) -> None:
    """Send what waits, in order, and what happens from now on."""
    partner.paused = False
    partner.save(update_fields=["paused"])


def _can_sign() -> bool:
    if not signing_keys.keyring():
        raise signing_keys.SigningKeysError("has no key to sign with")
    return True


def _known(events: Sequence[str]) -> list[str]:
    return sorted({registry.find(name).name for name in events})
