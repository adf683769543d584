"""What a move costs: against the same move without its event, and against a bare UPDATE."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from django.db import transaction
from django.db.models import F

from bench.ground import Row, compare, seconds
from integrations.identifiers import uuid7
from referrals.lifecycle import Action, State
from referrals.models import Referral
from tests.cast import Cast
from tests.walks import act, referral_at

ROUNDS, PAIRS = 5, 25


def measure(cast: Cast) -> list[Row]:
    referral = referral_at(State.SUBMITTED, cast)
    plain, silent, told = [], [], []
    _claim_and_release(referral, cast)
    for _ in range(ROUNDS):
        plain.append(_each(lambda: _bare_update(referral)))
        with patch("referrals.operations.transition.events.tell", _told_nobody):
            silent.append(_each(lambda: _claim_and_release(referral, cast)))
        told.append(_each(lambda: _claim_and_release(referral, cast)))
    n = f"{ROUNDS} x {2 * PAIRS} moves"
    note = f"{sum(told) / ROUNDS / 2 * 1000:.1f} ms a move"
    return [
        compare("move with event / same move without", told, silent, n=n, note=note,
                target="<= 1.7 (P9)"),
        compare("move with event / bare UPDATE", told, plain, n=n, note="scope, guards, logs"),
    ]  # fmt: skip


def _each(pair: Callable[[], None]) -> float:
    """Seconds for one pair, from many."""
    return seconds(lambda: [pair() for _ in range(PAIRS)]) / PAIRS


def _claim_and_release(referral: Referral, cast: Cast) -> None:
    for action in (Action.CLAIM, Action.RELEASE):
        act(referral, action, cast.actor("coordinator"))


def _bare_update(referral: Referral) -> None:
    for _ in range(2):
        with transaction.atomic():
            Referral.objects.filter(pk=referral.pk).update(version=F("version") + 1)


def _told_nobody(*args: Any, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(event_id=uuid7())
