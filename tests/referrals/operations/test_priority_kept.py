"""On a referral that was sent no run of the rules lowers the priority, whatever is amended.

What raises it is on the timeline, in an event and in somebody's notices.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from integrations.models import Event
from referrals import clock
from referrals.lifecycle import Action, State
from referrals.models import Notice, Referral
from referrals.operations import drafts
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import act, draft, inputs, referral_at

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


# --- A rise leaves a trace ------------------------------------------------------------------------

RISES = {
    "p2": {"request": {"urgency": "urgent"}},
    "p1": {"mental_health": {"hospitalized": "yes", "last_discharge_on": "TODAY"}},
    "p0": {"safety": {"danger_now": True}},
}
RULES = {"p2": ["U-1"], "p1": ["S-10"], "p0": ["S-01"]}
TELLS = {
    "p2": {},
    "p1": {"urgent": {"coordinator", "clinician"}},
    "p0": {"danger": {"coordinator", "second-coordinator", "clinician"}},
}


def told_of_rise() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for notice in Notice.objects.filter(what__in=("urgent", "danger")).select_related("user"):
        found.setdefault(notice.what, set()).add(notice.user.email.partition("@")[0])
    return found


@pytest.mark.parametrize("to", RISES)
def test_an_amendment_that_raises_the_priority_says_so(cast: Cast, to: str) -> None:
    one = referral_at(State.IN_REVIEW, cast)
    data = {k: {n: clock.now().date().isoformat() if v == "TODAY" else v for n, v in part.items()}
            for k, part in RISES[to].items()}  # fmt: skip
    one = amend(one, cast, data)
    changed, raised = one.timeline.order_by("-number")[:2][::-1]
    assert (changed.action, raised.action) == ("amend", Action.CHANGE_PRIORITY)
    assert raised.detail == {"priority": to, "rules": RULES[to]}
    assert (raised.actor_name, raised.version) == (changed.actor_name, one.version)
    event = Event.objects.get(event_id=raised.event_id)
    assert event.type == "tandem.referral.priority_changed.v1"
    assert event.data["priority"] == to and "rules" not in event.data
    assert told_of_rise() == TELLS[to]


def test_an_amendment_that_raises_nothing_says_nothing(cast: Cast) -> None:
    one = amend(referral_at(State.IN_REVIEW, cast), cast, {"request": {"urgency": "soon"}})
    assert not one.timeline.filter(action=Action.CHANGE_PRIORITY).exists()
    assert told_of_rise() == {}


def test_sending_what_became_urgent_meanwhile_is_no_change_of_priority(cast: Cast) -> None:
    with clock.at(clock.now() - timedelta(days=20)):
        one = draft(cast, instruments=[
            {"instrument": "c-ssrs", "administered_on": clock.now().date().isoformat(),
             "level": "none"},
        ])  # fmt: skip
    sent = act(one, Action.SUBMIT, cast.actor("physician"))
    assert (one.priority, sent.priority) == ("p3", "p2")
    assert not sent.timeline.filter(action=Action.CHANGE_PRIORITY).exists()


def test_a_person_who_raises_it_to_p1_tells_the_clinicians(cast: Cast) -> None:
    one = referral_at(State.IN_REVIEW, cast)
    raised = act(one, Action.CHANGE_PRIORITY, cast.actor("coordinator"),
                 inputs(Action.CHANGE_PRIORITY, cast))  # fmt: skip
    assert told_of_rise() == {"urgent": {"clinician"}}
    assert raised.timeline.filter(action=Action.CHANGE_PRIORITY).count() == 1


def test_a_person_who_lowers_it_to_p1_tells_nobody(cast: Cast) -> None:
    one = amend(referral_at(State.IN_REVIEW, cast), cast, RISES["p0"])
    act(one, Action.CHANGE_PRIORITY, cast.actor("clinician"),
        {"priority": "p1", "comment": "Seen: she is safe at home."})  # fmt: skip
    assert "urgent" not in told_of_rise()


def test_the_stream_shows_the_new_priority_and_its_rules(cast: Cast) -> None:
    one = amend(referral_at(State.IN_REVIEW, cast), cast, RISES["p0"])
    page = browser(cast, "clinician").get(reverse("referrals:detail", args=[one.pk])).content
    assert b"Now P0, act now" in page and b"By the rules: S-01" in page
