"""Replay: the same ids, numbers and bytes, in the same order, and nothing else."""

import uuid
from datetime import timedelta

import pytest

from integrations import replay
from integrations.errors import NotPossible
from integrations.feed import assign_positions
from integrations.models import Delivery, Event
from integrations.relay import Relay
from integrations.relay.relay import Limits
from integrations.replay import Selection
from tests.integrations.fake_broker import FakeBroker
from tests.integrations.samples import a_partner, an_event
from tests.live.oracle import account

pytestmark = pytest.mark.django_db

SUBJECTS, EACH = 5, 4


@pytest.fixture
def partner():
    """A partner that was sent twenty events of five subjects, woven together."""
    made = a_partner("ehr")
    subjects = [uuid.uuid4() for _ in range(SUBJECTS)]
    for version in range(1, EACH + 1):
        for subject in subjects:
            an_event(subject, version=version)
    assign_positions()
    flow()
    return made


def flow():
    broker = FakeBroker("ehr", "desk")
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))
    while Delivery.objects.filter(status="pending").exists():
        relay.run_once(wait=0.01)
    relay.close()
    return broker.bodies("ehr")


def bodies(**chosen):
    return [
        bytes(body) for body in Delivery.objects.filter(**chosen).values_list("body", flat=True)
    ]


def test_all_of_a_partner_comes_again_byte_for_byte_and_in_order(partner):
    seen = []
    count = replay.replay(Selection(partner), progress=lambda *step: seen.append(step))
    assert count == SUBJECTS * EACH and seen[-1] == (count, count)
    found = account(bodies(), flow())
    assert found.sound and (found.arrived, found.repeated) == (count, 0), found


def test_one_referral_a_range_of_time_and_of_positions(partner):
    subject = Event.objects.first().subject
    assert replay.replay(Selection(partner, subject=subject)) == EACH
    assert sorted(flow()) == sorted(bodies(event__subject=subject))
    times = list(Event.objects.order_by("ordinal").values_list("recorded_at", flat=True))
    chosen = Selection(partner, since=times[3], until=times[6])
    assert replay.count(chosen) == sum(times[3] <= at <= times[6] for at in times)
    assert replay.replay(Selection(partner, first=5, last=9)) == 5
    assert set(flow()) == set(bodies(event__position__range=(5, 9)))


def test_what_waits_is_parked_or_was_cancelled_is_not_touched(partner):
    rows = list(Delivery.objects.order_by("pk")[:3])
    for row, status in zip(rows, ("pending", "parked", "cancelled"), strict=True):
        Delivery.objects.filter(pk=row.pk).update(status=status)
    assert replay.replay(Selection(partner)) == SUBJECTS * EACH - 3
    assert Delivery.objects.get(pk=rows[1].pk).status == "parked"
    assert Delivery.objects.get(pk=rows[2].pk).status == "cancelled"


def test_another_partner_hears_nothing(partner):
    desk = a_partner("desk")
    an_event()
    flow()
    replay.replay(Selection(desk))
    assert set(Delivery.objects.filter(status="pending").values_list("partner", flat=True)) == {
        desk.pk
    }


def test_what_is_past_retention_is_refused_with_the_day_that_is_kept(partner):
    gone = Delivery.objects.order_by("pk")[:6].values_list("pk", flat=True)
    Delivery.objects.filter(pk__in=list(gone)).delete()
    oldest = Delivery.objects.order_by("pk").first()
    kept_from = oldest.event.recorded_at
    for chosen in (
        Selection(partner),
        Selection(partner, until=kept_from),
        Selection(partner, since=kept_from - timedelta(microseconds=1)),
        Selection(partner, first=1),
        Selection(partner, subject=oldest.event.subject),
    ):
        with pytest.raises(NotPossible, match=r"past retention") as refused:
            replay.replay(chosen)
        assert "oldest kept is of" in str(refused.value)
    assert not Delivery.objects.filter(status="pending").exists()
    assert replay.replay(Selection(partner, since=kept_from)) == SUBJECTS * EACH - 6
    assert replay.count(Selection(partner, first=oldest.event.position)) == 0


def test_a_key_goes_out_in_one_piece(partner, monkeypatch):
    monkeypatch.setattr(replay, "KEYS", 2)
    steps = []

    def look(done, total):
        waiting = Delivery.objects.filter(status="pending").values_list("ordering_key", flat=True)
        steps.append({key: list(waiting).count(key) for key in waiting})

    replay.replay(Selection(partner), progress=look)
    assert len(steps) == 3 and all(set(step.values()) == {EACH} for step in steps)
