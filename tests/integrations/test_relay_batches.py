"""What a batch costs in statements, and that partners and suspects do not wait for each other."""

import time
import uuid
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Delivery, Partner
from integrations.relay import Relay
from integrations.relay.backlog import FEW, FIRST, RESERVED, Backlog
from integrations.relay.lanes import Lanes
from integrations.relay.partner_pauses import PartnerPauses
from integrations.relay.relay import Limits
from integrations.relay.selection import Item
from integrations.relay.transport import COMMON, SUSPECTS
from tests.integrations.fake_broker import FakeBroker
from tests.integrations.samples import SUBMITTED, a_partner, an_event

pytestmark = pytest.mark.django_db

HERE_AND_PG = [
    pytest.param(None, id="here"),
    pytest.param(None, id="pg", marks=pytest.mark.pg),
]
BATCH, BATCHES = 500, 4


def many(partner, count, *, keys):
    """Deliveries in bulk, of one event for each, with the bytes of a real one."""
    from bench import corpus

    corpus.fill([partner.slug], count=count, keys=keys)


LARGE = Limits(read_ahead=BATCH, window=BATCH, mark_within=3600, look_every=3600)


@pytest.mark.parametrize("idle", [0, 19])
@pytest.mark.parametrize("engine", HERE_AND_PG)
def test_a_batch_of_500_takes_two_statements(engine, idle):
    """Also beside partners who had something before and have nothing now."""
    names = [a_partner(f"idle-{number}").slug for number in range(idle)]
    broker = FakeBroker("ehr", *names)
    relay = Relay(broker, limits=LARGE)
    # A slow machine may spend a third of a lease in here: renewing is not what a batch costs.
    relay.lanes = Lanes(relay.lanes.owner, lease=timedelta(hours=3))
    an_event()
    relay.run_once()
    relay.run_once()
    many(a_partner("ehr"), BATCH * (BATCHES + 3), keys=700)
    relay.look_now()
    relay.run_once()
    began = len(broker.bodies("ehr"))
    with CaptureQueriesContext(connection) as captured:
        while len(broker.bodies("ehr")) < began + BATCHES * BATCH:
            relay.run_once()
    assert len(broker.bodies("ehr")) == began + BATCHES * BATCH
    assert len(captured) <= 2 * BATCHES, [query["sql"] for query in captured]


def test_what_is_marked_one_by_one_takes_more():
    many(a_partner("ehr"), 60, keys=60)
    relay = Relay(FakeBroker("ehr"), limits=Limits(read_ahead=60, batch=1, window=1))
    relay.lanes.keep()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(60):
            relay.run_once()
    assert len(captured) > 60


def item(number, partner_id, key=None):
    name = key or f"key-{number}"
    return Item(number, name, 1, 0, partner_id, "ehr.referral.submitted.v1", b"{}", "", 0)


def test_the_partners_take_turns_and_none_has_more_than_its_share():
    busy, quiet = uuid.uuid4(), uuid.uuid4()
    backlog = Backlog()
    backlog.add(item(number, busy) for number in range(100))
    backlog.add(item(number, quiet) for number in range(100, 110))
    taken = backlog.take(30, share=20)
    assert [each.partner_id for each in taken[:4]] == [busy, quiet, busy, quiet]
    assert sum(each.partner_id == busy for each in taken) == 20
    assert backlog.take(30, share=20) == []


def test_a_partner_gets_few_until_its_queue_answers_and_one_more_for_each_answer():
    partner_id = uuid.uuid4()
    backlog = Backlog()
    backlog.add(item(number, partner_id) for number in range(200))
    first = backlog.take(1000, share=1000)
    assert len(first) == FIRST and backlog.take(1000, share=1000) == []
    for each in first:
        backlog.settle(each.id, confirmed=True)
    second = backlog.take(1000, share=1000)
    assert len(second) == 2 * FIRST
    backlog.settle(second[0].id, confirmed=False)
    assert backlog.take(1000, share=1000) == []


def test_a_partner_that_was_idle_begins_with_few_again():
    partner_id = uuid.uuid4()
    backlog = Backlog()
    backlog.add(item(number, partner_id) for number in range(FIRST))
    taken = backlog.take(1000, share=1000)
    backlog.forget([backlog.settle(each.id, confirmed=True) for each in taken])
    backlog.add(item(number, partner_id) for number in range(100, 200))
    assert len(backlog.take(1000, share=1000)) == FIRST


def test_who_was_not_answered_gets_one_message_on_a_channel_of_its_own():
    a_partner("silent")
    a_partner("well")
    for _ in range(10):
        an_event()
    broker = FakeBroker("silent", "well")
    broker.hold = True
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))
    relay.run_once()
    assert Counter(map(slug_of, broker.under_way())) == {"silent": 10, "well": 10}
    broker.end_the_silence()
    for _ in range(2):
        relay.run_once()
    under_way = broker.under_way()
    assert Counter(map(slug_of, under_way)) == {"silent": 1, "well": 1}
    assert len({publication.apart for publication in under_way} - {COMMON, SUSPECTS}) == 2
    broker.hold = False
    for _ in range(20):
        relay.run_once()
    assert Delivery.objects.filter(status="sent", attempts=0).count() == 20
    assert {publication.apart for publication in broker.queues["well"][1:]} == {COMMON}
    for name in broker.queues:
        assert len(broker.bodies(name)) == len(set(broker.bodies(name))) == 10


def test_who_was_refused_and_then_falls_silent_is_on_no_channel_of_others():
    a_partner("bad")
    an_event()
    broker = FakeBroker("bad")
    broker.length_limit["bad"] = 0
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))
    relay.run_once()
    broker.hold = True
    for _ in range(5):
        relay.run_once()
    assert [each.apart for each in broker.under_way()] == [SUSPECTS]
    broker.end_the_silence(SUSPECTS)
    for _ in range(5):
        relay.run_once()
    assert {each.apart for each in broker.under_way()}.isdisjoint({COMMON, SUSPECTS})
    broker.hold = False
    broker.length_limit.clear()
    for _ in range(5):
        relay.run_once()
    assert Delivery.objects.get().status == "sent"


def test_a_partner_that_is_paused_gets_nothing_more_and_the_others_everything():
    paused = a_partner("paused")
    a_partner("well")
    subject = uuid.uuid4()
    broker = FakeBroker("paused", "well")
    relay = Relay(broker, limits=Limits(load_pause=0.0, look_every=0.0))

    def told() -> tuple[int, int]:
        for _ in range(6):
            relay.run_once()
        return len(broker.bodies("paused")), len(broker.bodies("well"))

    an_event(subject)
    assert told() == (1, 1)
    many(paused, 40, keys=1)
    relay.run_once()  # in memory by now
    Partner.objects.filter(pk=paused.pk).update(paused=True)
    before = len(broker.bodies("paused"))
    an_event(subject)
    # One of a key is under way at a time: what was under way is all that may still arrive.
    got, others = told()
    assert got <= before + 1 and others == 2
    assert told() == (got, 2)
    Partner.objects.filter(pk=paused.pk).update(paused=False)
    for _ in range(50):
        relay.run_once()
    assert len(broker.bodies("paused")) == len(set(broker.bodies("paused"))) == 42


def test_who_comes_late_does_not_wait_for_one_whose_queue_is_slow():
    slow = a_partner("slow")
    many(slow, 400, keys=400)
    broker = FakeBroker("slow", "late")
    broker.hold = True
    limits = Limits(window=100, read_ahead=200, batch=50, look_every=0.0, load_pause=0.0, first=100)
    relay = Relay(broker, limits=limits)
    for _ in range(5):
        relay.run_once()
    assert Counter(map(slug_of, broker.under_way())) == {"slow": 100}
    a_partner("late")
    for _ in range(20):
        an_event()
    for _ in range(3):
        relay.run_once()
    assert Counter(map(slug_of, broker.under_way()))["late"] == RESERVED


def test_what_is_sent_again_goes_before_what_waits():
    partner_id, backlog = uuid.uuid4(), Backlog()
    later = [item(number, partner_id, "k")._replace(key_seq=number) for number in (4, 5)]
    again = [item(number, partner_id, "k")._replace(key_seq=number) for number in (1, 2, 3)]
    backlog.add(later)
    backlog.add(again)
    order = []
    while taken := backlog.take(10, share=10):
        assert len(taken) == 1
        order.append(backlog.settle(taken[0].id, confirmed=True).key_seq)
    assert order == [1, 2, 3, 4, 5]


def test_what_was_refused_together_is_one_failure_of_the_partner():
    partner_id, pauses = uuid.uuid4(), PartnerPauses(base=0.01)
    for _ in range(FIRST):
        pauses.failed(partner_id)
    assert pauses.in_trouble(partner_id)
    # A hundredth of a second, then; the second failure in a row would be the first to double it.
    time.sleep(0.02)
    assert not pauses.paused(partner_id)
    pauses.succeeded(partner_id)
    assert not pauses.in_trouble(partner_id)


def slug_of(publication):
    return publication.routing_key.partition(".")[0]


def test_suspects_go_apart_a_few_at_a_time_and_then_alone():
    partner_id = uuid.uuid4()
    backlog = Backlog()
    backlog.suspects = dict.fromkeys(range(40), 1)
    backlog.add(item(number, partner_id) for number in range(45))
    assert [each.id for each in backlog.take(100, share=100)] == [40, 41, 42, 43, 44]
    first = backlog.take_trial()
    assert len(first) == FEW and backlog.take_trial() == []
    for each in first:
        backlog.settle(each.id, confirmed=False)
    backlog.suspects[32] = 2
    backlog.drop_waiting()
    backlog.add([item(32, partner_id), item(33, partner_id)])
    assert [each.id for each in backlog.take_trial()] == [32]


def test_others_flow_while_suspects_are_tried():
    """A message that closes the channel costs the others one resend, not their turn."""
    a_partner("ehr")
    for _ in range(50):
        an_event()
    guilty = Delivery.objects.order_by("id")[10]
    broker = FakeBroker("ehr")
    broker.poison = {guilty.pk}
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0, most_attempts=3))
    relay.run_once()
    for _ in range(30):
        an_event()
    for _ in range(3):
        relay.run_once()
    assert len({publication.token for publication in broker.queues["ehr"]}) >= 25 + 30
    for _ in range(300):
        relay.run_once()
    guilty.refresh_from_db()
    assert (guilty.status, guilty.attempts) == ("parked", 3)
    assert Delivery.objects.filter(status="sent").count() == 79
    assert broker.closed == [False, True, True, True, True]


def test_a_partner_whose_every_message_is_refused_does_not_close_the_others_channel_again():
    a_partner("ehr")
    a_partner("barred")
    for _ in range(20):
        an_event()
    broker = FakeBroker("ehr")
    barred = Delivery.objects.filter(partner__slug="barred").values_list("pk", flat=True)
    broker.poison = set(barred)
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0, most_attempts=3))
    for _ in range(300):
        relay.run_once()
    assert Delivery.objects.filter(partner__slug="ehr", status="sent").count() == 20
    assert broker.closed.count(False) == 1


def test_a_database_that_fails_while_a_failure_is_written_forgets_no_message(monkeypatch):
    from integrations.relay import recording

    a_partner("ehr")
    an_event()
    broker = FakeBroker()
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))

    def away(*args, **more):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(recording, "failed", away)
        with pytest.raises(ConnectionError):
            relay.run_once()
    broker.queues["ehr"] = []
    for _ in range(5):
        relay.run_once()
    assert Delivery.objects.get().status == "sent"


def test_more_partners_than_one_statement_takes_have_their_turn(monkeypatch):
    from integrations.relay import relay as module

    monkeypatch.setattr(module, "PARTNERS_AT_ONCE", 3)
    slugs = [f"p{number}" for number in range(8)]
    for slug in slugs:
        a_partner(slug)
    an_event()
    relay = Relay(FakeBroker(*slugs), limits=Limits(load_pause=0.0))
    for _ in range(10):
        relay.run_once()
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}
    assert Partner.objects.count() == 8


@pytest.mark.parametrize("engine", HERE_AND_PG)
def test_what_holds_a_key_back_is_found_by_its_own_index(engine):
    an_event(event=replace(SUBMITTED))
    from integrations.models import Delivery

    held = Delivery.objects.extra(
        where=[
            "status IN ('pending', 'parked')",
            "(status = 'parked' OR next_attempt_at IS NOT NULL)",
            "ordering_key = 'k'",
        ]
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "delivery_held_of_key" in held.explain()
