"""The relay against a broker in memory: nothing lost, in order, one under way for each key."""

import itertools
import json
import uuid

import pytest
from django.utils import timezone

from integrations.models import Delivery, Lane
from integrations.relay import Relay, recording, selection
from integrations.relay.backlog import FIRST
from integrations.relay.relay import Limits
from integrations.relay.transport import Condition
from tests.integrations.fake_broker import FakeBroker
from tests.integrations.samples import a_partner, an_event

pytestmark = pytest.mark.django_db

QUICK = Limits(retry_base=0.0, load_pause=0.0, most_attempts=3)


def a_relay(broker, limits=QUICK, **more):
    return Relay(broker, limits=limits, **more)


def run(relay, rounds=50):
    for _ in range(rounds):
        relay.run_once()


def walk(subjects=3, steps=4):
    """Events of several subjects, interleaved; partners must exist before."""
    ids = [uuid.uuid4() for _ in range(subjects)]
    for version, subject in itertools.product(range(1, steps + 1), ids):
        an_event(subject, version=version)


def sequences(bodies):
    """By key, the sequence numbers in order of arrival, without repetitions of an id."""
    found, seen = {}, set()
    for body in map(json.loads, bodies):
        if body["id"] not in seen:
            seen.add(body["id"])
            found.setdefault(body["partitionkey"], []).append(int(body["sequence"]))
    return found


def in_order(bodies):
    return all(numbers == sorted(numbers) for numbers in sequences(bodies).values()) and all(
        numbers == list(range(1, len(numbers) + 1)) for numbers in sequences(bodies).values()
    )


def statuses():
    return set(Delivery.objects.values_list("status", flat=True))


def test_everything_arrives_once_in_order_and_is_marked():
    a_partner("ehr")
    walk()
    broker = FakeBroker("ehr")
    run(a_relay(broker))
    assert len(broker.bodies("ehr")) == 12 and in_order(broker.bodies("ehr"))
    assert statuses() == {"sent"}
    assert broker.most_under_way_of_a_key == 1
    owed = Delivery.objects.order_by("id").values_list("body", flat=True)
    assert sorted(map(bytes, owed)) == sorted(broker.bodies("ehr"))


def test_nothing_is_marked_before_its_confirm():
    a_partner("ehr")
    walk(subjects=2, steps=2)
    broker = FakeBroker("ehr")
    broker.hold = True
    relay = a_relay(broker)
    run(relay)
    assert statuses() == {"pending"} and relay.backlog.under_way == 2
    broker.hold = False
    run(relay)
    assert statuses() == {"sent"}


def test_a_connection_that_ends_makes_it_send_the_same_bytes_again():
    a_partner("ehr")
    walk(subjects=5, steps=3)
    broker = FakeBroker("ehr")
    broker.hold = True
    relay = a_relay(broker)
    for _ in range(4):
        run(relay, 2)
        broker.cut()
    broker.hold = False
    run(relay)
    bodies = broker.bodies("ehr")
    assert statuses() == {"sent"} and in_order(bodies)
    assert len(bodies) > 15 and len(set(bodies)) == 15
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_what_no_queue_takes_is_not_marked_sent_and_waits_then_is_parked():
    a_partner("ehr")
    walk(subjects=1, steps=2)
    relay = a_relay(FakeBroker())
    relay.run_once()
    first, second = Delivery.objects.order_by("key_seq")
    assert (first.status, first.attempts, first.confirmed_at) == ("pending", 1, None)
    assert "returned" in first.last_error
    run(relay)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.attempts) == ("parked", 3)
    # What comes later must not overtake.
    assert (second.status, second.attempts) == ("pending", 0)


def test_a_parked_row_that_is_released_goes_first():
    a_partner("ehr")
    walk(subjects=1, steps=3)
    run(a_relay(FakeBroker(), owner="a"))
    Delivery.objects.filter(status="parked").update(status="pending", attempts=0)
    broker = FakeBroker("ehr")
    run(a_relay(broker, owner="a"))
    assert sequences(broker.bodies("ehr")).popitem()[1] == [1, 2, 3]


def test_one_partner_without_a_queue_does_not_delay_another():
    a_partner("ehr")
    a_partner("gone")
    walk(subjects=4, steps=3)
    broker = FakeBroker("ehr")
    run(a_relay(broker))
    assert len(broker.bodies("ehr")) == 12
    assert not Delivery.objects.filter(partner__slug="gone", status="sent").exists()


def test_a_full_queue_costs_no_more_than_the_first_attempt():
    a_partner("ehr")
    walk(subjects=1, steps=5)
    broker = FakeBroker("ehr")
    broker.length_limit["ehr"] = 2
    relay = a_relay(broker)
    run(relay, 200)
    third = Delivery.objects.get(key_seq=3)
    assert (third.status, third.attempts) == ("pending", 1)
    broker.length_limit.clear()
    run(relay)
    assert sequences(broker.bodies("ehr")).popitem()[1] == [1, 2, 3, 4, 5]
    assert statuses() == {"sent"}


def test_a_broker_that_is_away_costs_no_attempts():
    a_partner("ehr")
    walk()
    broker = FakeBroker("ehr")
    broker.condition = Condition.CONNECTING
    relay = a_relay(broker)
    run(relay)
    assert set(Delivery.objects.values_list("attempts", "status")) == {(0, "pending")}
    broker.condition = Condition.OPEN
    run(relay)
    assert statuses() == {"sent"}


def test_the_message_that_closes_the_channel_is_found_and_the_others_go_on():
    a_partner("ehr")
    walk(subjects=6, steps=2)
    guilty = Delivery.objects.filter(key_seq=1).order_by("id")[2]
    broker = FakeBroker("ehr")
    broker.poison = {guilty.pk}
    run(a_relay(broker), 300)
    guilty.refresh_from_db()
    assert (guilty.status, guilty.attempts) == ("parked", 3)
    others = Delivery.objects.exclude(ordering_key=guilty.ordering_key)
    assert set(others.values_list("status", "attempts")) == {("sent", 0)}
    assert in_order(broker.bodies("ehr"))


def test_a_second_relay_waits_until_the_first_has_given_its_lanes_back():
    a_partner("ehr")
    walk()
    first, second = FakeBroker("ehr"), FakeBroker("ehr")
    one, two = a_relay(first, owner="one"), a_relay(second, owner="two")
    one.run_once()
    run(two)
    assert second.bodies("ehr") == []
    one.close(1)
    # The next look at the lanes comes with the renewal.
    two.lanes._renew_at = 0
    run(two)
    everything = first.bodies("ehr") + second.bodies("ehr")
    assert in_order(everything) and statuses() == {"sent"}


def test_a_lease_that_ran_out_is_taken_over_with_a_new_epoch():
    a_partner("ehr")
    walk(subjects=1, steps=1)
    one = a_relay(FakeBroker("ehr"), owner="one")
    one.lanes.keep()
    Lane.objects.update(lease_until=timezone.now() - timezone.timedelta(seconds=1))
    two = a_relay(FakeBroker("ehr"), owner="two")
    run(two)
    assert set(Lane.objects.values_list("owner", "epoch")) == {("two", 2)}
    assert statuses() == {"sent"}


def test_a_former_owner_cannot_put_a_delivery_off():
    a_partner("ehr")
    walk(subjects=1, steps=1)
    relay = a_relay(FakeBroker("ehr"), owner="one")
    relay.lanes.keep()
    partner_id = Delivery.objects.get().partner_id
    asked = {partner_id: selection.Request(1, [])}
    item = selection.pending(asked, lanes=range(32), now=timezone.now()).items[0]
    Lane.objects.update(owner="two", epoch=2)
    parked = recording.failed(
        item,
        owner="one",
        epoch=1,
        error="returned",
        counts=True,
        next_attempt_at=timezone.now(),
        most_attempts=1,
    )
    assert not parked and Delivery.objects.get().status == "pending"


def test_settling_waits_for_what_is_under_way():
    a_partner("ehr")
    walk()
    broker = FakeBroker("ehr")
    relay = a_relay(broker)
    relay._keep_lanes()
    relay._publish()
    relay.close(1)
    assert Delivery.objects.filter(status="sent").count() == 3
    assert set(Lane.objects.values_list("owner", flat=True)) == {""}


def test_outcomes_survive_a_database_that_fails_while_they_are_written(monkeypatch):
    a_partner("ehr")
    walk()
    broker = FakeBroker("ehr")
    relay = a_relay(broker)
    working = recording.sent

    def broken(*args, **more):
        raise ConnectionError

    monkeypatch.setattr(recording, "sent", broken)
    with pytest.raises(ConnectionError):
        run(relay)
    monkeypatch.setattr(recording, "sent", working)
    run(relay)
    assert statuses() == {"sent"} and len(broker.bodies("ehr")) == 12


def test_a_round_with_a_full_batch_takes_few_statements(django_assert_max_num_queries):
    a_partner("ehr")
    for _ in range(FIRST):
        an_event()
    relay = a_relay(FakeBroker("ehr"))
    relay._keep_lanes()
    with django_assert_max_num_queries(3):
        relay.run_once()
    assert statuses() == {"sent"}
