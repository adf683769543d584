"""The loop: keeps the feed's order without a broker, waits for a database, ends cleanly."""

import signal
import threading

import pytest
from django.db import OperationalError

from integrations.management.signals import stopped_by_signal
from integrations.models import Delivery, Event, Lane
from integrations.relay import Relay, hints, service
from integrations.relay.relay import Limits
from tests.integrations.fake_broker import FakeBroker
from tests.integrations.samples import a_partner, an_event

pytestmark = pytest.mark.django_db


def run_for(relay, seconds=0.5):
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    service.run(relay, stop=stop, interval=0.02)


def a_relay(broker):
    return Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))


def test_without_a_broker_events_get_their_place_and_deliveries_wait(settings):
    settings.AMQP_URL = ""
    assert service.from_settings() is None
    a_partner("ehr")
    an_event()
    run_for(None)
    assert Event.objects.get().position == 1
    assert Delivery.objects.get().status == "pending"


def test_the_loop_publishes_and_leaves_its_lanes_at_the_end():
    a_partner("ehr")
    an_event()
    broker = FakeBroker("ehr")
    run_for(a_relay(broker))
    assert len(broker.bodies("ehr")) == 1 and Delivery.objects.get().status == "sent"
    assert set(Lane.objects.values_list("owner", flat=True)) == {""}


def test_the_loop_does_not_sleep_while_confirms_are_due(monkeypatch):
    a_partner("ehr")
    an_event()
    broker = FakeBroker("ehr")
    broker.hold = True
    relay = a_relay(broker)
    asleep_with = []

    class Asked(hints.Clock):
        def wait(self, stop, seconds):
            asleep_with.append(relay.backlog.under_way)
            return super().wait(stop, seconds)

    monkeypatch.setattr(hints, "of_database", Asked)
    release = threading.Timer(0.2, setattr, [broker, "hold", False])
    release.start()
    run_for(relay)
    release.join()
    assert Delivery.objects.get().status == "sent"
    assert asleep_with and set(asleep_with) == {0}


def test_a_database_that_is_away_is_waited_for(monkeypatch):
    a_partner("ehr")
    an_event()
    broker = FakeBroker("ehr")
    relay = a_relay(broker)
    working, failures = relay.run_once, [OperationalError(), OperationalError()]

    def sometimes(**more):
        if failures:
            raise failures.pop()
        return working(**more)

    monkeypatch.setattr(relay, "run_once", sometimes)
    monkeypatch.setattr(service, "pause", lambda *_, **__: 0.01)
    run_for(relay)
    assert Delivery.objects.get().status == "sent"


def test_draining_says_what_is_left():
    a_partner("ehr")
    a_partner("gone")
    an_event()
    assert service.drain(a_relay(FakeBroker("ehr")), timeout=0.5) == 1


def test_sigterm_asks_for_the_end():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        stop = stopped_by_signal()
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
