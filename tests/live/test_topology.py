"""`topology check` and the relay's start on a real broker with one fault at a time."""

import time

import pika
import pytest
from django.core.management import CommandError, call_command

from integrations import topology
from integrations.models import Delivery
from integrations.rabbitmq import administration, inspection
from integrations.relay import startup
from tests.integrations.samples import a_partner, an_event
from tests.live.oracle import take_all

pytestmark = [pytest.mark.broker, pytest.mark.django_db]

EVENTS, QUEUE = topology.EVENTS, topology.partner_queue("ehr")


@pytest.fixture(scope="module", autouse=True)
def left_as_found(broker):
    yield
    restore(broker)


@pytest.fixture(autouse=True)
def whole(broker, left_as_found):
    """All that partner `ehr` needs."""
    restore(broker)


def restore(broker):
    with administration._channel(broker.admin_url) as channel:
        for queue in topology.queues_of("ehr"):
            channel.queue_delete(queue.name)
        for exchange in topology.EXCHANGES:
            channel.exchange_delete(exchange)
        channel.exchange_delete("elsewhere")
        channel.queue_delete("tap")
    administration.declare(broker.admin_url, ["ehr"])


def change(broker, work):
    with administration._channel(broker.admin_url) as channel:
        work(channel)


def again(channel, *, kind="topic", **more):
    channel.exchange_delete(EVENTS)
    channel.exchange_declare(EVENTS, kind, **{"durable": True, **more})
    channel.queue_bind(QUEUE, EVENTS, "ehr.#")


def alternate(channel):
    channel.exchange_declare("elsewhere", "fanout", durable=True)
    channel.queue_declare("tap", durable=True)
    channel.queue_bind("tap", "elsewhere")
    again(channel, arguments={"alternate-exchange": "elsewhere"})


def tap(channel):
    channel.queue_declare("tap", durable=True)
    channel.queue_bind("tap", EVENTS, "#")


def other_queue(channel, **more):
    channel.queue_delete(QUEUE)
    channel.queue_declare(QUEUE, **more)
    channel.queue_bind(QUEUE, EVENTS, "ehr.#")


FAULTS = {
    "exchange missing": (
        lambda c: c.exchange_delete(EVENTS), "tandem.events is missing", True,
    ),
    "another exchange missing": (
        lambda c: c.exchange_delete(topology.DEAD), "tandem.dead is missing", False,
    ),
    "wrong type": (lambda c: again(c, kind="direct"), "another type", False),
    "not durable": (lambda c: again(c, durable=False), "another durable", False),
    "alternate exchange": (alternate, "alternate exchange", True),
    "a tap": (tap, "does not return what has no queue", True),
    "queue missing": (lambda c: c.queue_delete(QUEUE), f"{QUEUE} is missing", False),
    "queue not durable": (lambda c: other_queue(c), "another durable", False),
    "wrong arguments": (
        lambda c: other_queue(c, durable=True, arguments={"x-queue-type": "quorum"}),
        "another x-", False,
    ),
    "unbound": (lambda c: c.queue_unbind(QUEUE, EVENTS, "ehr.#"), "is not bound to", False),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_and_what_loses_messages_stops_the_relay(
    name, broker, settings, monkeypatch
):
    settings.DEMO = False
    work, problem, stops = FAULTS[name]
    a_partner("ehr")
    monkeypatch.setenv("AMQP_ADMIN_URL", broker.admin_url)
    change(broker, work)
    with pytest.raises(CommandError, match=problem) as named:
        call_command("topology", "check")
    assert "topology print" in str(named.value) or "Remove" in str(named.value)
    if stops:
        with pytest.raises(startup.BrokerUnfit):
            startup.check(broker.url)
    else:
        assert startup.check(broker.url)


def test_the_check_leaves_no_message_behind(broker, monkeypatch):
    a_partner("ehr")
    monkeypatch.setenv("AMQP_ADMIN_URL", broker.admin_url)
    call_command("topology", "check")
    for queue in topology.queues_of("ehr"):
        assert take_all(broker.admin_url, queue.name) == []


def test_without_an_account_that_declares_the_outbox_knows_what_came_back(broker, monkeypatch):
    monkeypatch.delenv("AMQP_ADMIN_URL")
    partner = a_partner("ehr")
    an_event()
    call_command("topology", "check")
    change(broker, lambda channel: channel.queue_unbind(QUEUE, EVENTS, "ehr.#"))
    Delivery.objects.filter(partner=partner).update(last_error="returned: 312 NO_ROUTE")
    with pytest.raises(CommandError, match=f"{QUEUE} is not bound"):
        call_command("topology", "check")


def test_a_broker_without_confirms_is_named(broker, monkeypatch):
    monkeypatch.setattr(
        pika.BlockingConnection, "publisher_confirms_supported", property(lambda self: False)
    )
    found = inspection.inspect(broker.url, [])
    assert [each.problem for each in found if each.stops] == ["has no publisher confirms"]


def test_a_wrong_password_is_refused_and_not_waited_for(broker):
    account, _, place = broker.url.rpartition("@")
    with pytest.raises(startup.BrokerUnfit, match="AMQP_URL"):
        startup.check(f"{account}x@{place}")


def test_the_relay_ends_at_once_with_the_mend(broker):
    change(broker, lambda channel: channel.exchange_delete(EVENTS))
    began = time.monotonic()
    with pytest.raises(CommandError, match=r"Refusing to run: tandem\.events is missing"):
        call_command("relay_events")
    assert time.monotonic() - began < 30
