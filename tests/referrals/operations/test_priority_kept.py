"""On a referral that was sent no run of the rules lowers the priority, whatever is amended."""

from __future__ import annotations

import random
from typing import Any

import pytest

from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import drafts
from tests.cast import Cast
from tests.walks import act, referral_at

LEVELS = ("none", "low", "moderate", "high")


def amend(one: Referral, cast: Cast, data: dict[str, Any]) -> Referral:
    return drafts.change(
        one.pk, by=cast.actor("physician"), data=data, version=None,
        amendment_reason="Seen again.", door="portal",
    )  # fmt: skip


def anything(rng: random.Random) -> dict[str, Any]:
    """An amendment that raises or lowers what the rules find."""
    day = f"2026-0{rng.randrange(1, 7)}-1{rng.randrange(10)}"
    screens: list[dict[str, Any]] = [
        {"instrument": "c-ssrs", "administered_on": day, "level": rng.choice(LEVELS)},
        {"instrument": "phq-9", "administered_on": day, "item9": rng.randrange(4)},
    ]
    return {
        "instruments": rng.sample(screens, rng.randrange(3)),
        "safety": {"danger_now": rng.random() < 0.1},
        "request": {"urgency": rng.choice(("routine", "soon", "urgent"))},
    }


@pytest.mark.parametrize("seed", range(3))
def test_amendments_never_lower_the_stored_priority(cast: Cast, seed: int) -> None:
    rng = random.Random(seed)
    one = referral_at(State.IN_REVIEW, cast)
    before, computed = one.priority, set()
    for _ in range(10):
        one = amend(one, cast, anything(rng))
        one.refresh_from_db()
        computed.add(one.computed_priority)
        assert one.priority <= before and one.priority <= one.computed_priority
        before = one.priority
    assert len(computed) > 1, "the rules did find different things"


def test_what_a_person_raised_stays_when_the_rules_run_again(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast)
    act(one, Action.CHANGE_PRIORITY, cast.actor("coordinator"),
        {"priority": "p1", "comment": "The practice called."})  # fmt: skip
    amend(one, cast, {"request": {"urgency": "soon"}})
    one.refresh_from_db()
    assert (one.priority, one.computed_priority) == ("p1", "p3")
