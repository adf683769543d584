"""An access log of its own for each test, with its own anchor."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from referrals.access import record, sealer
from referrals.access.models import AccessEntry
from referrals.actors import Actor, ActorKind, Role, Seat

PRACTICE = uuid.UUID(int=1)
READER = Actor(
    kind=ActorKind.PERSON,
    name="Ruth Example",
    user_id=uuid.UUID(int=7),
    seats=frozenset({Seat(PRACTICE, Role.RC), Seat(PRACTICE, Role.PA)}),
)


@pytest.fixture
def anchor_file(settings, tmp_path: Path) -> Path:
    settings.AUDIT_ANCHOR = str(tmp_path / "outside" / "anchor.jsonl")
    return Path(settings.AUDIT_ANCHOR)


@pytest.fixture
def read(db: None, anchor_file: Path) -> Callable[[int], list[AccessEntry]]:
    """`read(n)`: n readings of n referrals, logged."""

    def log(count: int) -> list[AccessEntry]:
        return [
            record(by=READER, verb="read", referral_id=uuid.uuid4(), door="portal",
                   detail={"version": n})
            for n in range(count)
        ]  # fmt: skip

    return log


@pytest.fixture
def sealed(read: Callable[[int], list[AccessEntry]]) -> list[AccessEntry]:
    """120 entries in six batches of 20, all anchored."""
    entries = read(120)
    assert [sealer.seal_pending(limit=20) for _ in range(7)] == [20] * 6 + [0]
    return entries
