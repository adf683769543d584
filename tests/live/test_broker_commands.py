"""A partner's command over the real broker: stored, acknowledged, applied, answered."""

import json
import threading
import time
import uuid

import pika
import pytest
from django.db import connection

from integrations import topology
from integrations.inbox import service
from integrations.models import Delivery, InboxMessage
from integrations.rabbitmq import administration
from integrations.rabbitmq.parameters import parameters_from
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from tests.integrations import test_inbox as domain
from tests.integrations.samples import a_partner
from tests.live.oracle import take_all

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

PASSWORD = "for-this-test-alone"


@pytest.fixture
def partner_url(mortal_broker, settings):
    """The broker with the account of partner `ehr`, made with its least rights."""
    administration.declare(mortal_broker.admin_url, ["ehr"])
    for queue in topology.queues_of("ehr"):
        take_all(mortal_broker.admin_url, queue.name)
    rights = topology.permissions_of("ehr")
    plain, topic = rights["permissions"], rights["topic_permissions"]
    if "ehr\t" not in mortal_broker.control("list_users"):
        mortal_broker.control("add_user", "ehr", PASSWORD)
    mortal_broker.control(
        "set_permissions", "ehr", plain["configure"], plain["write"], plain["read"]
    )
    mortal_broker.control(
        "set_topic_permissions", "ehr", topic["exchange"], topic["write"], topic["read"]
    )
    settings.AMQP_URL = mortal_broker.url
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    domain.calls.clear()
    return f"amqp://ehr:{PASSWORD}@127.0.0.1:{mortal_broker.port}/%2F"


def send(url, command, *, times=1, user_id="ehr", key=None):
    with administration._channel(url) as channel:
        channel.confirm_delivery()
        for _ in range(times):
            channel.basic_publish(
                topology.COMMANDS,
                key or f"ehr.{command['type'].split('.')[2]}",
                json.dumps(command).encode(),
                pika.BasicProperties(
                    content_type="application/cloudevents+json", user_id=user_id, delivery_mode=2
                ),
                mandatory=True,
            )


def consume_until(done, seconds=20):
    stop = threading.Event()
    thread = threading.Thread(target=in_thread, args=[stop])
    thread.start()
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    thread.join()


def in_thread(stop):
    try:
        service.run(stop=stop, interval=0.05)
    finally:
        connection.close()


def test_a_command_has_one_effect_and_its_answer_reaches_the_partner(mortal_broker, partner_url):
    a_partner("ehr")
    commands = [domain.a_command(id=f"cmd-{n}", subject=str(uuid.uuid4())) for n in range(20)]
    for command in commands:
        send(partner_url, command, times=2)
    consume_until(
        lambda: InboxMessage.objects.filter(status="done", duplicates__gte=1).count() == 20
    )
    assert sorted(call["command_id"] for call in domain.calls) == sorted(
        command["id"] for command in commands
    )
    relay = Relay(Publisher(mortal_broker.url, exchange=topology.EVENTS))
    deadline = time.monotonic() + 20
    while Delivery.objects.exclude(status="sent").exists() and time.monotonic() < deadline:
        relay.run_once(wait=0.05)
    relay.close(5)
    link = pika.BlockingConnection(parameters_from(partner_url))
    channel = link.channel()
    told = []
    while (found := channel.basic_get("tandem.partner.ehr", auto_ack=True))[0] is not None:
        told.append(json.loads(found[2]))
    link.close()
    assert {event["type"] for event in told} == {"tandem.command.accepted.v1"}
    assert {event["correlationid"] for event in told} == {c["id"] for c in commands}
    assert take_all(mortal_broker.admin_url, "tandem.commands.ehr") == []


def test_a_partner_cannot_pretend_to_be_another(partner_url):
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="406"):
        send(partner_url, domain.a_command(), user_id="other")
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="403"):
        send(partner_url, domain.a_command(), key="other.start_care")


def test_what_cannot_be_read_is_parked_and_not_in_the_way(mortal_broker, partner_url):
    a_partner("ehr")
    send(partner_url, domain.a_command(subject="nobody"))
    send(partner_url, domain.a_command(id="good"))
    consume_until(lambda: InboxMessage.objects.filter(status="done").exists())
    assert set(InboxMessage.objects.values_list("status", flat=True)) == {"parked", "done"}
    assert take_all(mortal_broker.admin_url, "tandem.commands.ehr") == []
