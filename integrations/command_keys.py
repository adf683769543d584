"""The keys that a partner signs its commands with: added, retired, and required."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from integrations.errors import NotPossible
from integrations.models import CommandKey, Partner
from integrations.public_jwk import PublicKey

MOST_ACTIVE = 10


@transaction.atomic
def add(partner: Partner, *, keys: Iterable[PublicKey]) -> list[CommandKey]:
    """Accept these from now on; the new ones. What is there and active already is left alone.

    NotPossible where none is new, where an id or a key was retired, or is that of another.
    """
    _locked(partner)
    known = list(CommandKey.objects.filter(partner=partner))
    fresh = [key for key in keys if not _is_active(key, known)]
    if not fresh:
        raise NotPossible("These keys are there already. Nothing was changed.")
    for key in fresh:
        _refuse_taken(key, known)
    if len(fresh) + sum(row.retired_at is None for row in known) > MOST_ACTIVE:
        raise NotPossible(f"A partner has at most {MOST_ACTIVE} active keys. Retire one first.")
    return [CommandKey.objects.create(partner=partner, kid=key.kid, x=key.x) for key in fresh]


@transaction.atomic
def retire(partner: Partner, key_id: int) -> CommandKey:
    """Accept nothing under it that arrives from now on. NotPossible for the last one needed."""
    needed = _locked(partner).commands_signed
    row = CommandKey.objects.filter(partner=partner, pk=key_id).first()
    if row is None:
        raise NotPossible("This partner has no such key.")
    if row.retired_at is not None:
        raise NotPossible("This key is retired already.")
    others = CommandKey.objects.active().filter(partner=partner).exclude(pk=row.pk)
    if needed and not others.exists():
        raise NotPossible(
            "This is the only key, and signatures are required: no command would be taken any "
            "more. Add the partner's next key first, or stop requiring signatures."
        )
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])
    return row


@transaction.atomic
def require_signatures(partner: Partner) -> None:
    """Take no command without a good signature. NotPossible without an active key."""
    _locked(partner)
    if not CommandKey.objects.active().filter(partner=partner).exists():
        raise NotPossible(
            "This partner has no active key, so none of its commands would be taken. "
            "Add its public key first."
        )
    _choose(partner, required=True)


def accept_unsigned(partner: Partner) -> None:
    """Take commands without a signature again. One that is there has to be good all the same."""
    _choose(partner, required=False)


def _choose(partner: Partner, *, required: bool) -> None:
    partner.commands_signed = required
    partner.save(update_fields=["commands_signed"])


def _locked(partner: Partner) -> Partner:
    """So that the last key is not retired while somebody requires signatures."""
    return Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)


def _is_active(key: PublicKey, known: list[CommandKey]) -> bool:
    return any((row.kid, row.x) == key and row.retired_at is None for row in known)


def _refuse_taken(key: PublicKey, known: list[CommandKey]) -> None:
    for row in known:
        if row.x == key.x and row.retired_at is not None:
            raise NotPossible(
                f"The key {key.kid} was retired, and a retired key is not taken again. "
                "The partner makes a new pair."
            )
        if row.x == key.x:
            raise NotPossible(f"The key {key.kid} is there already, as {row.kid}.")
        if row.kid == key.kid:
            raise NotPossible(
                f"Another key has the id {key.kid}. An id stands for one key for ever: the "
                "partner gives the new key an id (kid) of its own."
            )
