"""Whether a command was signed by its partner: a detached JWS over the exact bytes of the body.

One form alone is taken (RFC 7515, 7797, 8037): EdDSA on Ed25519, the payload not encoded and not
contained, and a key that the partner's clinic knows. Whatever a header says beside that, such as
a key of its own or where to fetch one, is not read: such a header is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from integrations import base64url, strict_json
from integrations.inbox.parsing import Arrival, Unreadable
from integrations.inbox.reasons import Reason
from integrations.models import CommandKey, Partner

# What our own form takes is under 300 characters.
LONGEST = 1024
_MEMBERS = {"alg", "kid", "b64", "crit"}
# How far the clock of a partner may be ahead of ours.
AHEAD = timedelta(minutes=5)
# How old a signed command may be. A repetition is known by its id, so whoever takes old rows out
# of the inbox keeps them for longer than this and AHEAD together: else what somebody recorded
# could take effect once more.
OLDEST = timedelta(days=90)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Keyring:
    """The active keys of one partner, read once, and only if something is signed."""

    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    @cached_property
    def keys(self) -> Mapping[str, Ed25519PublicKey]:
        rows = CommandKey.objects.active().filter(partner=self._partner).values_list("kid", "x")
        return {kid: Ed25519PublicKey.from_public_bytes(base64url.decode(x)) for kid, x in rows}


def check(arrival: Arrival, partner: Partner, ring: Keyring) -> None:
    """Unreadable for a bad signature, and for none where the partner has to sign."""
    if arrival.signature is not None:
        verify(arrival.signature, arrival.body, ring)
    elif partner.commands_signed:
        raise Unreadable(Reason.SIGNATURE_MISSING)


def verify(signature: str, body: bytes, ring: Keyring) -> None:
    """Unreadable unless this is a signature of these bytes by one of these keys."""
    header, kid, raw = _parts(signature)
    key = ring.keys.get(kid)
    if key is None:
        raise Unreadable(Reason.SIGNATURE_KEY)
    try:
        key.verify(raw, header.encode() + b"." + body)
    except InvalidSignature:
        raise Unreadable(Reason.SIGNATURE_INVALID) from None


def check_time(time: str, *, now: datetime) -> None:
    """Unreadable unless a signed command says when it was made, within what is remembered."""
    made = _moment(time)
    if made is None:
        raise Unreadable(Reason.TIME_MISSING)
    if not now - OLDEST <= made <= now + AHEAD:
        raise Unreadable(Reason.TIME_WINDOW)


def _parts(signature: str) -> tuple[str, str, bytes]:
    """The encoded header, the id of the key, and the signature itself."""
    try:
        if len(signature) > LONGEST:
            raise ValueError("too long")
        header, payload, value = signature.split(".")
        told = strict_json.loads(base64url.decode(header))
        raw = base64url.decode(value)
        if payload or not _is_ours(told):
            raise ValueError("another form")
    except (ValueError, RecursionError):
        raise Unreadable(Reason.SIGNATURE_INVALID) from None
    return header, told["kid"], raw


def _is_ours(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and set(told) == _MEMBERS
        and told["alg"] == "EdDSA"
        and told["b64"] is False
        and told["crit"] == ["b64"]
        and isinstance(told["kid"], str)
    )


def _moment(time: str) -> datetime | None:
    if not _TIME.fullmatch(time):
        return None
    try:
        return datetime.fromisoformat(time.upper())
    except ValueError:
        return None
