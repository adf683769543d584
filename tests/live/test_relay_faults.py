"""Each fault in turn under load: nothing lost, nothing invented, nothing out of order."""

import time

import pytest

from integrations.models import Delivery
from integrations.rabbitmq import administration
from tests.integrations.samples import a_partner
from tests.live import faults
from tests.live.oracle import account, fresh_queues, take_all
from tests.live.proxy import Proxy

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

FREEZES = 5
BACKLOG, KEYS = 5_000, 500


@pytest.fixture
def rig(mortal_broker):
    fresh_queues(mortal_broker.admin_url, faults.SLUG)
    a_partner(faults.SLUG)
    with Proxy(mortal_broker.port) as proxy:
        yield faults.Rig(mortal_broker, proxy)


def through(rig, names, record):
    """One fault after another; after each the queue is held against the table."""
    for fault in names:
        rig.write(40)
        fault(rig)
        found = rig.settle()
        record(fault.__name__, str(found))
        assert found.sound, (fault.__name__, found)
    return found


def test_faults_of_the_wire(rig, record_testsuite_property):
    with faults.relaying(rig):
        found = through(rig, faults.OF_THE_WIRE, record_testsuite_property)
    # Of each fault at most what was under way; and it was seen that something was.
    assert 0 < found.repeated <= 64 * len(faults.OF_THE_WIRE)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_faults_of_the_broker(rig, record_testsuite_property):
    with faults.relaying(rig):
        through(rig, faults.OF_THE_BROKER, record_testsuite_property)


def test_frozen_relays_and_a_database_that_is_gone(rig, record_testsuite_property):
    with faults.relay_processes(rig, 2) as processes:
        rig.write(20)
        faults.until(lambda: rig.sent() > 0)
        for number in range(FREEZES):
            faults.frozen(rig, processes[number % 2])
        found = rig.settle()
        record_testsuite_property(f"{FREEZES} freezes", str(found))
        assert found.sound, found
        for _ in range(3):
            rig.write(30)
            faults.database_gone(rig)
        found = rig.settle()
        record_testsuite_property("3 times without a database", str(found))
        assert found.sound, found


def test_a_backlog_drains_in_order(rig, record_testsuite_property):
    from bench import corpus

    corpus.fill([faults.SLUG], count=BACKLOG, keys=KEYS)
    began = time.monotonic()
    with faults.relaying(rig):
        faults.until(lambda: not Delivery.objects.filter(status="pending").exists())
    rate = BACKLOG / (time.monotonic() - began)
    found = rig.settle()
    record_testsuite_property("backlog", f"{rate:.0f} messages/s, {found}")
    assert found.sound and found.owed == found.arrived == BACKLOG


@pytest.mark.parametrize("count", [200, 1200])
def test_what_was_taken_from_a_queue_does_not_come_back(rig, count):
    bodies = [b"%d" % number for number in range(count)]
    with administration._channel(rig.broker.admin_url) as channel:
        # A new queue that has no leader yet would lose what nobody waits for.
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish("", faults.QUEUE, body)
    faults.until(lambda: rig.stored() == count)
    assert take_all(rig.broker.admin_url, faults.QUEUE) == bodies
    assert take_all(rig.broker.admin_url, faults.QUEUE) == []


def test_the_account_sees_each_kind_of_trouble():
    def event(sequence, key="ehr:a"):
        return b'{"sequence":"%d","partitionkey":"%s"}' % (sequence, key.encode())

    owed = [event(number) for number in (1, 2, 3)]
    found = account(owed, [event(1), event(3), event(3), event(2), event(9, "ehr:b")])
    assert (found.lost, found.repeated, found.recovered) == (0, 1, 1)
    assert (found.unexpected, found.out_of_order) == (1, 1)
    assert account(owed, owed[:2]).lost == 1
