"""Fixtures that are kept for ever: one message of each type and version, as it was first written.

Nothing here writes over a fixture. `keep` adds one that is missing, with its hash in SHA256SUMS.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from integrations import deliveries
from integrations.contract.messages import Direction, Message, every_message
from integrations.inbox.answers import CommandOutcome, emit_answer
from integrations.inbox.parsing import Command
from integrations.models import Delivery, Partner
from referrals import clock, events
from referrals.actors import SYSTEM, Role
from referrals.lifecycle import ALL_MOVES, Action, State
from tests.cast import Cast
from tests.walks import inputs, referral_at

FOLDER = Path(__file__).parent / "golden"
SUMS = FOLDER / "SHA256SUMS"
# What the fields that only some events have look like.
PARTICULARS: dict[str, dict[str, Any]] = {
    "amended": {"changed": ["pain.onset", "medical.medications"]},
    "declined": {"reason_class": "capacity", "late": True},
    "cancelled": {"reason_class": "patient"},
    "accepted": {"again": True},
    "submitted": {"replaces": UUID("1f0d0b0e-6a38-4bb1-b1d3-6a4f6d1c2b3a")},
}
OF_THE_CLOCKS = ("expired", "clock_at_risk", "clock_breached")


def place_of(message: Message) -> Path:
    return FOLDER / f"v{message.version}" / f"{message.key}.json"


def kept() -> list[Path]:
    return sorted(FOLDER.glob("v*/*.json"))


def sums() -> dict[str, str]:
    lines = SUMS.read_text().splitlines() if SUMS.exists() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def keep(message: Message, body: bytes) -> None:
    """Write a fixture that is not there yet."""
    path = place_of(message)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(body)
    known = {**sums(), str(path.relative_to(FOLDER)): sum_of(path)}
    SUMS.write_text("".join(f"{known[name]}  {name}\n" for name in sorted(known)))


def write(message: Message, cast: Cast, partner: Partner) -> bytes:
    """The bytes of a real message of this type, by the code that writes it in earnest."""
    if message.direction is Direction.RECEIVED:
        return a_command(message, cast)
    if message.name == "skipped":
        return a_tombstone(message, cast, partner)
    writer: Callable[..., None] = an_answer if message.is_answer else an_event
    writer(message, cast, partner)
    return bytes(Delivery.objects.latest("pk").body)


def an_event(message: Message, cast: Cast, partner: Partner) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    move = next((m for m in ALL_MOVES if m.event == message.name), None)
    if move is not None and isinstance(move.target, State):
        referral.state = move.target
    sources = sorted(move.sources) if move is not None else [None]
    by = SYSTEM if message.name in OF_THE_CLOCKS else cast.actor("coordinator")
    role = Role.SY if message.name in OF_THE_CLOCKS else Role.CO
    with transaction.atomic():
        events.tell(
            message.name, referral, by=by, role=role, previous_state=sources[0],
            occurred_at=clock.now() - timedelta(seconds=2), **PARTICULARS.get(message.name, {}),
        )  # fmt: skip


def an_answer(message: Message, cast: Cast, partner: Partner) -> None:
    accepted = message.name == "accepted"
    outcome = CommandOutcome(accepted, None if accepted else "stale-version")
    command = Command(
        "cmd-0001", "urn:example:ehr", "tandem.command.schedule.v1", "schedule",
        UUID("6f0d0b0e-6a38-4bb1-b1d3-6a4f6d1c2b3a"), {},
    )  # fmt: skip
    with transaction.atomic():
        emit_answer(outcome, command=command, partner=partner)


def a_tombstone(message: Message, cast: Cast, partner: Partner) -> bytes:
    by_name = {each.key: each for each in every_message()}
    if message.is_answer:
        an_answer(by_name["command.accepted"], cast, partner)
    else:
        an_event(by_name["referral.accepted"], cast, partner)
    parked = Delivery.objects.latest("pk")
    Delivery.objects.filter(pk=parked.pk).update(status="parked", last_error="returned: 312")
    return bytes(deliveries.skip(parked.partner, parked.pk).body)


def a_command(message: Message, cast: Cast) -> bytes:
    command = {
        "specversion": "1.0", "id": "cmd-0001", "type": message.type, "source": "urn:example:ehr",
        "subject": "6f0d0b0e-6a38-4bb1-b1d3-6a4f6d1c2b3a",
        "data": {"expected_version": 7, **inputs(Action(message.name), cast)},
    }  # fmt: skip
    return json.dumps(command).encode()
