"""The broker is killed three times under load: nothing lost, nothing out of order."""

import itertools
import threading
import time
import uuid

import pytest

from integrations import topology
from integrations.models import Delivery
from integrations.rabbitmq import administration
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from integrations.relay.relay import Limits
from tests.integrations.samples import a_partner, an_event
from tests.live.oracle import account, take_all

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

KILLS = 3
SUBJECTS = 60
EVENTS_A_ROUND = 40
SECONDS_BETWEEN_KILLS = 2.0


@pytest.fixture
def queue(mortal_broker):
    administration.declare(mortal_broker.admin_url, ["ehr"])
    name = topology.partner_queue("ehr")
    take_all(mortal_broker.admin_url, name)
    return name


def publish_under_kills(broker, *, confirms):
    """Emit and relay while the broker is killed; returns what was owed."""
    a_partner("ehr")
    transport = Publisher(
        broker.url, exchange=topology.EVENTS, confirms=confirms, longest_pause=1.0
    )
    relay = Relay(transport, limits=Limits(retry_base=0.1))
    killer = threading.Thread(target=kill_repeatedly, args=[broker])
    killer.start()
    subjects = itertools.cycle([uuid.uuid4() for _ in range(SUBJECTS)])
    while killer.is_alive():
        for _ in range(EVENTS_A_ROUND):
            an_event(next(subjects))
        relay.run_once(wait=0.01)
    drain(relay)
    relay.close()
    return [bytes(body) for body in Delivery.objects.values_list("body", flat=True)]


def kill_repeatedly(broker):
    for _ in range(KILLS):
        time.sleep(SECONDS_BETWEEN_KILLS)
        broker.kill()
        broker.start()
    time.sleep(1)


def drain(relay, seconds=90):
    deadline = time.monotonic() + seconds
    while Delivery.objects.exclude(status="sent").exists():
        assert time.monotonic() < deadline, "the backlog did not drain"
        relay.run_once(wait=0.1)


def test_three_kills_lose_nothing_and_keep_the_order(mortal_broker, queue, record_property):
    owed = publish_under_kills(mortal_broker, confirms=True)
    found = account(owed, take_all(mortal_broker.admin_url, queue))
    record_property("figures", str(found))
    print(found)  # noqa: T201
    assert found.owed > 500
    assert found.sound, found
    # At most what was under way at each fault.
    assert found.repeated <= KILLS * Limits().window
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_the_same_without_confirms_loses(mortal_broker, queue):
    owed = publish_under_kills(mortal_broker, confirms=False)
    found = account(owed, take_all(mortal_broker.admin_url, queue))
    print(found)  # noqa: T201
    assert found.lost > 0, found
