"""The relay on the real broker: what is not bound, who reads, and what the topology holds."""

import json
import os
import time
import uuid
from io import StringIO

import pika
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from django.core.management import CommandError, call_command

from integrations import topology
from integrations.models import Delivery
from integrations.rabbitmq import administration
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from integrations.relay.relay import Limits
from tests.integrations.samples import ACCEPTED, a_partner, an_event
from tests.live.oracle import account, take_all
from tests.live.test_broker_transport import wait_open

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def clean_broker(broker):
    with administration._channel(broker.admin_url) as channel:
        for slug in ("ehr", "desk"):
            for queue in topology.queues_of(slug):
                channel.queue_delete(queue.name)
    administration.declare(broker.admin_url, ["ehr"])


@pytest.fixture
def relay(broker):
    made = Relay(Publisher(broker.url, exchange=topology.EVENTS), limits=Limits(retry_base=0.05))
    wait_open(made.transport)
    yield made
    made.close(5)


def run(relay, seconds=1.5):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        relay.run_once(wait=0.05)


def test_an_independent_consumer_reads_all_in_order_with_a_stock_library(relay, broker):
    a_partner("ehr")
    subject = uuid.uuid4()
    for version in range(1, 8):
        an_event(subject, version=version, event=ACCEPTED, correlation_id="c-1")
    run(relay)
    bodies = take_all(broker.admin_url, topology.partner_queue("ehr"))
    events = [JSONFormat().read(CloudEvent, body) for body in bodies]
    assert [event.get_extension("sequence") for event in events] == [
        f"{number:010d}" for number in range(1, 8)
    ]
    assert {event.get_subject() for event in events} == {str(subject)}
    assert {event.get_type() for event in events} == {"tandem.referral.accepted.v1"}
    assert [event.get_data()["version"] for event in events] == list(range(1, 8))


def test_the_message_has_the_properties_of_the_contract(relay, broker):
    a_partner("ehr")
    event = an_event()
    run(relay)
    with administration._channel(broker.admin_url) as channel:
        method, properties, body = channel.basic_get(topology.partner_queue("ehr"), auto_ack=True)
    told = json.loads(body)
    assert method.routing_key == "ehr.referral.submitted.v1"
    assert method.exchange == "tandem.events"
    assert properties.content_type.startswith("application/cloudevents+json")
    assert properties.delivery_mode == 2
    assert properties.message_id == str(event.event_id)
    assert properties.user_id == "tandem"
    context = {name: value for name, value in told.items() if name != "data"}
    assert {f"cloudEvents_{name}": value for name, value in context.items()} == {
        name: value for name, value in properties.headers.items() if name.startswith("cloudE")
    }


def test_without_a_binding_nothing_is_marked_sent(relay, broker):
    a_partner("desk")
    an_event()
    run(relay)
    delivery = Delivery.objects.get()
    assert delivery.status == "pending" and delivery.confirmed_at is None
    assert "returned" in delivery.last_error
    administration.declare(broker.admin_url, ["desk"])
    Delivery.objects.update(next_attempt_at=None)
    run(relay, 4)
    assert Delivery.objects.get().status == "sent"
    assert len(take_all(broker.admin_url, topology.partner_queue("desk"))) == 1


def test_an_exchange_that_is_gone_is_waited_for(relay, broker):
    a_partner("ehr")
    with administration._channel(broker.admin_url) as channel:
        channel.exchange_delete(topology.EVENTS)
    for _ in range(20):
        an_event()
    run(relay)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"pending"}
    administration.declare(broker.admin_url, ["ehr"])
    until = time.monotonic() + 30
    while Delivery.objects.exclude(status="sent").exists() and time.monotonic() < until:
        relay.run_once(wait=0.05)
    owed = Delivery.objects.values_list("body", flat=True)
    found = account(owed, take_all(broker.admin_url, topology.partner_queue("ehr")))
    assert found.sound and found.owed == 20, found


def test_the_command_publishes_and_says_what_is_left(broker, settings):
    a_partner("ehr")
    an_event()
    call_command("relay_events", "--once", stdout=StringIO())
    assert Delivery.objects.get().status == "sent"
    a_partner("desk")
    an_event()
    with pytest.raises(CommandError, match="1 deliveries still wait"):
        call_command("relay_events", "--once", "--timeout", "2", stdout=StringIO())


def test_the_topology_is_checked_against_the_broker(monkeypatch, broker):
    a_partner("ehr")
    out = StringIO()
    call_command("topology", "check", stdout=out)
    assert "everything" in out.getvalue()
    a_partner("desk")
    with pytest.raises(CommandError, match=r"tandem\.partner\.desk"):
        call_command("topology", "check", stdout=StringIO())
    monkeypatch.setenv("AMQP_ADMIN_URL", broker.admin_url)
    call_command("topology", "declare", stdout=StringIO())
    call_command("topology", "check", stdout=StringIO())


def test_the_application_may_not_declare(broker):
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="403"):
        administration.declare(broker.url, ["desk"])
    assert os.environ["AMQP_URL"] == broker.url


def test_a_dead_letter_of_a_partner_lands_in_its_own_queue(broker):
    with administration._channel(broker.admin_url) as channel:
        channel.basic_publish(topology.EVENTS, "ehr.referral.submitted.v1", b"{}")
        time.sleep(0.5)
        method, _, _ = channel.basic_get(topology.partner_queue("ehr"))
        channel.basic_reject(method.delivery_tag, requeue=False)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            found = channel.basic_get(f"{topology.partner_queue('ehr')}.dead", auto_ack=True)
            if found[0] is not None:
                break
            time.sleep(0.2)
    assert found[2] == b"{}"
