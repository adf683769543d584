"""Page, API and message are doors to the same room: same rows, same events, same deliveries."""

from __future__ import annotations

import pytest

from integrations.models import Partner
from referrals.operations import transition
from tests.cast import Cast
from tests.doors.scenario import (
    PARTNERS_MOVES,
    STEPS,
    Door,
    Trace,
    by_api,
    by_message,
    by_page,
    by_partners_api,
    tell,
)


def differences(one: Trace, other: Trace) -> list[tuple[object, object]]:
    pairs = [
        *zip(one.timeline, other.timeline, strict=True),
        *zip(one.events, other.events, strict=True),
        *zip(one.deliveries, other.deliveries, strict=True),
    ]  # fmt: skip
    return [(mine, theirs) for mine, theirs in pairs if mine != theirs]


def test_page_and_api_leave_the_same(cast: Cast, partner: Partner) -> None:
    page, api = tell(cast, by_page), tell(cast, by_api)
    assert differences(page, api) == []
    assert len(page.timeline) == len(STEPS) + 1
    assert len(page.events) == len(page.deliveries) == len(STEPS)


def test_a_partners_message_leaves_what_its_api_call_leaves(cast: Cast, partner: Partner) -> None:
    message, api = tell(cast, by_message), tell(cast, by_partners_api)
    assert differences(message, api) == []
    partners = [row for row in message.timeline if row["kind"] == "partner"]
    assert len(partners) == sum(action in PARTNERS_MOVES for action, _ in STEPS) == 5
    assert {row["role"] for row in partners} == {"ps"}


@pytest.mark.parametrize("door", [by_page, by_message], ids=["page", "message"])
def test_every_door_tells_the_same_events(cast: Cast, partner: Partner, door: Door) -> None:
    told, by_people = tell(cast, door).events, tell(cast, by_api).events
    assert [(kind, number, data["state"]) for kind, number, data in told] == [
        (kind, number, data["state"]) for kind, number, data in by_people
    ]
    assert [kind.split(".")[2] for kind, _, _ in told] == [
        "submitted", "received", "accepted", "appointment_booked", "appointment_missed",
        "appointment_booked", "care_started", "completed", "closed",
    ]  # fmt: skip


def test_a_door_that_does_it_its_own_way_is_seen(
    cast: Cast, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: one door that leaves another row, and the comparison goes red."""
    api = tell(cast, by_api)
    write = transition.write_entry
    monkeypatch.setattr(
        transition, "write_entry",
        lambda *args, **kwargs: write(*args, **{**kwargs, "again": True}),
    )  # fmt: skip
    assert differences(tell(cast, by_page), api)
