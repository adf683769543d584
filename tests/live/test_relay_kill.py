"""The broker is killed three times under load: nothing lost, nothing out of order."""

import itertools
import threading
import time
import uuid
from contextlib import contextmanager

import pytest
from django.db import connection

from integrations import topology
from integrations.models import Delivery
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from integrations.relay.relay import Limits
from integrations.relay.transport import Outcome
from tests.integrations.samples import a_partner, an_event
from tests.live.oracle import account, fresh_queues, take_all

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

KILLS = 3
SUBJECTS = 60
EVENTS_A_ROUND = 40
BACKLOG = 1500
# Waiting messages from which on nothing is added: while a broker is down, events would go on
# without end, and in the end be more than a queue holds.
ENOUGH_WAITING = 10_000


@pytest.fixture
def queue(mortal_broker):
    fresh_queues(mortal_broker.admin_url, "ehr")
    return topology.partner_queue("ehr")


class Counting(Publisher):
    """Knows how many it took for confirmed: to count them in the table costs more the more it
    holds.
    """

    confirmed = 0

    def poll_results(self, timeout):
        found = super().poll_results(timeout)
        self.confirmed += sum(result.outcome is Outcome.CONFIRMED for result in found)
        return found


class Load(threading.Thread):
    """Emits and relays until told to stop, then drains; a failure shows at `finish`.

    The broker is killed and started by the test's own thread, because a server that we start
    ends with the thread that started it.
    """

    def __init__(self, broker, *, confirms):
        super().__init__()
        self.transport = Counting(
            broker.url, exchange=topology.EVENTS, confirms=confirms, longest_pause=1.0
        )
        # In full flow at once, so that there is much that a kill can hit.
        self.relay = Relay(self.transport, limits=Limits(retry_base=0.1, first=1000))
        self.subjects = itertools.cycle([uuid.uuid4() for _ in range(SUBJECTS)])
        self.enough = threading.Event()
        # Held while it works; whoever else holds it sees a queue in which nothing moves.
        self.at_work = threading.Lock()
        self.error = None

    def run(self):
        try:
            while not self.enough.is_set():
                with self.at_work:
                    if Delivery.objects.filter(status="pending").count() < ENOUGH_WAITING:
                        for _ in range(EVENTS_A_ROUND):
                            an_event(next(self.subjects))
                    self.relay.run_once(wait=0.01)
                time.sleep(0)  # or nobody else ever gets the lock
            drain(self.relay)
        except BaseException as error:
            self.error = error
        finally:
            self.relay.close()
            connection.close()

    @contextmanager
    def at_rest(self):
        """Nothing is under way: what a reader has in its hand at the end is all there is.

        What it gives back to a quorum queue comes in another order.
        """
        with self.at_work:
            self.relay.settle(30)
            yield

    def wait_until_flowing(self, count=50, seconds=60):
        """Return after so many confirms, in the middle of a stream: then a broker's end hurts."""
        before, deadline = self.transport.confirmed, time.monotonic() + seconds
        while self.transport.confirmed < before + count:
            assert time.monotonic() < deadline, "nothing flows"
            time.sleep(0.005)

    def finish(self):
        self.enough.set()
        self.join()
        if self.error:
            raise self.error


def publish_under_kills(broker, *, confirms, kills=KILLS):
    """Kill the broker so many times under load; returns what was owed."""
    a_partner("ehr")
    for _ in range(BACKLOG):
        an_event(uuid.uuid4())
    load = Load(broker, confirms=confirms)
    load.start()
    try:
        for _ in range(kills):
            load.wait_until_flowing()
            broker.kill()
            broker.start()
        time.sleep(1)
    finally:
        load.finish()
    return [bytes(body) for body in Delivery.objects.values_list("body", flat=True)]


def drain(relay, seconds=90):
    deadline = time.monotonic() + seconds
    while any(Delivery.objects.filter(status=each).exists() for each in ("pending", "parked")):
        assert time.monotonic() < deadline, f"the backlog did not drain: {what_waits(relay)}"
        relay.run_once(wait=0.1)


def what_waits(relay):
    """In a relay's memory and in its table, for whoever looks why nothing moves."""
    rows = Delivery.objects.exclude(status="sent").order_by("pk")
    heads = rows.values_list("pk", "status", "attempts", "next_attempt_at", "last_error")[:3]
    return {
        "rows": rows.count(), "heads": list(heads), "under way": relay.backlog.under_way,
        "in memory": len(relay.backlog), "ready": relay.backlog.has_ready,
        "transport": relay.transport.state().value, "lanes": len(relay.lanes.current()),
    }  # fmt: skip


def test_three_kills_lose_nothing_and_keep_the_order(
    mortal_broker, queue, record_testsuite_property
):
    owed = publish_under_kills(mortal_broker, confirms=True)
    found = account(owed, take_all(mortal_broker.admin_url, queue))
    record_testsuite_property("kills with confirms", str(found))
    assert found.owed > 500
    assert found.sound, found
    # At most what was under way at each fault.
    assert found.repeated <= KILLS * Limits().window
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_the_same_without_confirms_loses(mortal_broker, queue, record_testsuite_property):
    owed = publish_under_kills(mortal_broker, confirms=False, kills=2)
    found = account(owed, take_all(mortal_broker.admin_url, queue))
    record_testsuite_property("kills without confirms", str(found))
    assert found.lost > 0, found
