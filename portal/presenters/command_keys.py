"""The keys that a partner signs its commands with, in words."""

from __future__ import annotations

from typing import Any

from integrations.models import CommandKey, Partner
from portal.presenters import words
from referrals.actors import Actor

REQUIRED = (
    "A command is taken only with a good signature under one of the active keys. Every other one "
    "is parked and has no effect."
)
CHECKED = (
    "A command may come without a signature. One that has a signature is checked, and parked if "
    "it is not good."
)
NONE = (
    "Commands come without signatures: the broker checks the account and nothing else. To have "
    "them signed, add the partner's public key."
)


def signed_commands(partner: Partner) -> dict[str, Any]:
    """The rule of this partner and its keys, the active ones first."""
    rows = sorted(CommandKey.objects.filter(partner=partner), key=lambda row: bool(row.retired_at))
    active = any(row.retired_at is None for row in rows)
    state = ("Required", "ok", "check") if partner.commands_signed else ("Open", "quiet", "minus")
    return {
        "keys": rows,
        "state": words.Words(*state),
        "words": REQUIRED if partner.commands_signed else CHECKED if active else NONE,
        "may_require": active and not partner.commands_signed,
    }


def key_facts(partner: Partner, pk: int, *, by: Actor) -> list[dict[str, str]]:
    """Which key it is, for the page that asks before it is retired; empty for another's."""
    row = CommandKey.objects.filter(partner=partner, pk=pk).first()
    if row is None:
        return []
    retired = f"Retired {words.moment(row.retired_at)}" if row.retired_at else "Active"
    values = {
        "Key": row.kid, "Thumbprint": row.thumbprint, "Added": words.moment(row.added_at),
        "State": retired,
    }  # fmt: skip
    return [{"label": label, "value": value} for label, value in values.items()]
