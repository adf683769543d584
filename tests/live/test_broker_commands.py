"""A partner's command over the real broker: stored, acknowledged, applied, answered."""

import json
import os
import subprocess
import threading
import time
import uuid

import pika
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from integrations import topology
from integrations.inbox import batches, service
from integrations.models import Delivery, InboxMessage, Partner
from integrations.rabbitmq import administration, consumer, parameters
from integrations.rabbitmq.parameters import parameters_from
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from integrations.signing import HEADER
from portal.local.paths import PYTHON, ROOT
from tests.integrations import signed
from tests.integrations import test_inbox as domain
from tests.integrations.samples import a_partner
from tests.live.oracle import fresh_queues, take_all

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def account_url(mortal_broker):
    """The account of partner `ehr`, made with its least rights: once, because it takes seconds."""
    return mortal_broker.add_account(topology.permissions_of("ehr"))


@pytest.fixture
def partner_url(mortal_broker, account_url, settings):
    """The broker with empty queues of partner `ehr`, by its own account."""
    fresh_queues(mortal_broker.admin_url, "ehr")
    settings.AMQP_URL = mortal_broker.url
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    domain.calls.clear()
    return account_url


def send(url, command, *, times=1, user_id="ehr", key=None, signed_by=None):
    body = json.dumps(command).encode()
    with administration._channel(url) as channel:
        channel.confirm_delivery()
        for _ in range(times):
            channel.basic_publish(
                topology.COMMANDS,
                key or f"ehr.{command['type'].split('.')[2]}",
                body,
                pika.BasicProperties(
                    content_type="application/cloudevents+json", user_id=user_id, delivery_mode=2,
                    headers={HEADER: signed_by.sign(body)} if signed_by else None,
                ),
                mandatory=True,
            )  # fmt: skip


def send_all(url, commands):
    """Many at once, without waiting for each."""
    with administration._channel(url) as channel:
        for command in commands:
            channel.basic_publish(
                topology.COMMANDS,
                "ehr.start_care",
                json.dumps(command).encode(),
                pika.BasicProperties(
                    content_type="application/cloudevents+json", user_id="ehr", delivery_mode=2
                ),
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
    with administration._channel(mortal_broker.admin_url) as channel:
        channel.basic_publish(topology.DEAD, "partner.ehr", b"a dead letter")
    send(partner_url, domain.a_command(subject="nobody"))
    send(partner_url, domain.a_command(id="good"))
    consume_until(
        lambda: (
            InboxMessage.objects.filter(status="done").exists()
            and Partner.objects.filter(dead_letters=1).exists()
        )
    )
    assert Partner.objects.get().dead_letters_at is not None
    assert set(InboxMessage.objects.values_list("status", flat=True)) == {"parked", "done"}
    assert take_all(mortal_broker.admin_url, "tandem.commands.ehr") == []


def test_a_signed_command_has_its_effect_and_one_that_is_not_is_parked(mortal_broker, partner_url):
    signed.signing(signed.KEY)
    now = timezone.now().isoformat()
    send(partner_url, domain.a_command(id="bare", time=now))
    send(partner_url, domain.a_command(id="forged", time=now), signed_by=signed.FOREIGN)
    send(partner_url, domain.a_command(id="good", time=now), signed_by=signed.KEY, times=2)
    consume_until(lambda: InboxMessage.objects.filter(status="done", duplicates=1).exists())
    assert [call["command_id"] for call in domain.calls] == ["good"]
    parked = InboxMessage.objects.filter(status="parked").values_list("reason", flat=True)
    assert set(parked) == {"signature_missing", "signature_invalid"}
    assert take_all(mortal_broker.admin_url, "tandem.commands.ehr") == []


# --- What goes wrong on the way in --------------------------------------------------------------

# A consumer that ends, as by a SIGKILL, between the commit and the acknowledgement.
DYING = """
import os, sys
import django
django.setup()
from pika.adapters.blocking_connection import BlockingChannel
BlockingChannel.basic_ack = lambda *args, **more: os._exit(9)
from django.core.management import call_command
call_command("consume_commands")
"""


def test_a_consumer_that_ends_between_commit_and_ack_has_one_effect(mortal_broker, partner_url):
    a_partner("ehr")
    send_all(partner_url, [domain.a_command(id=f"cmd-{n}") for n in range(30)])
    place = connection.settings_dict
    database = (
        f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}"
        f"/{place['NAME']}"
    )
    env = {
        **os.environ, "AMQP_URL": mortal_broker.url, "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }  # fmt: skip
    env.pop("PYTEST_CURRENT_TEST", None)
    died = subprocess.run([str(PYTHON), "-c", DYING], env=env, cwd=ROOT, check=False, timeout=120)
    assert died.returncode == 9
    kept = InboxMessage.objects.count()
    assert kept >= 1, "it died before its first commit"
    consume_until(lambda: InboxMessage.objects.filter(status="done").count() == 30)
    assert sorted(call["command_id"] for call in domain.calls) == sorted(
        f"cmd-{n}" for n in range(30)
    )
    # What was stored and not acknowledged came once more, and was recognised.
    assert InboxMessage.objects.filter(duplicates__gte=1).count() == kept
    assert take_all(mortal_broker.admin_url, "tandem.commands.ehr") == []


def test_of_two_consumers_one_takes_at_a_time_and_the_order_stays(mortal_broker, partner_url):
    a_partner("ehr")
    subject = str(uuid.uuid4())
    commands = [domain.a_command(id=f"cmd-{n:03}", subject=subject) for n in range(60)]
    stops = [threading.Event(), threading.Event()]
    threads = [threading.Thread(target=in_thread, args=[stop]) for stop in stops]
    for thread in threads:
        thread.start()
    try:
        send_all(partner_url, commands[:30] * 2)
        wait_for_done(30)
        # Whichever it was that took them: the other takes over, and nothing is taken twice.
        stops[0].set()
        threads[0].join()
        send_all(partner_url, commands[30:])
        wait_for_done(60)
    finally:
        for stop, thread in zip(stops, threads, strict=True):
            stop.set()
            thread.join()
    taken = [call["command_id"] for call in domain.calls]
    assert taken == [command["id"] for command in commands]
    done = InboxMessage.objects.filter(status="done")
    assert set(done.values_list("duplicates", flat=True)) == {0, 1}


def wait_for_done(count, seconds=40):
    deadline = time.monotonic() + seconds
    while InboxMessage.objects.filter(status="done").count() < count:
        assert time.monotonic() < deadline, "the commands are not applied"
        time.sleep(0.1)


def test_a_database_that_is_away_rejects_nothing(mortal_broker, partner_url, monkeypatch):
    a_partner("ehr")
    storing, tries = batches.store_batch, []

    def away(*args, **more):
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise OperationalError
        return storing(*args, **more)

    monkeypatch.setattr(batches, "store_batch", away)
    send_all(partner_url, [domain.a_command(id=f"cmd-{n}") for n in range(10)])
    consume_until(lambda: InboxMessage.objects.filter(status="done").count() == 10)
    assert len(tries) >= 3
    assert InboxMessage.objects.filter(status="done", duplicates=0).count() == 10
    assert take_all(mortal_broker.admin_url, "tandem.commands.ehr.dead") == []


def test_a_flood_of_one_partner_stays_in_its_queue_and_another_is_served(
    mortal_broker, partner_url, monkeypatch
):
    fresh_queues(mortal_broker.admin_url, "desk")
    desk_url = mortal_broker.add_account(topology.permissions_of("desk"))
    monkeypatch.setattr(service, "MOST_WAITING", 50)
    # Nothing is applied, so that what waits stays.
    monkeypatch.setattr(service, "process_next", lambda: False)
    monkeypatch.setattr(consumer, "PREFETCH", 20)
    flooding = a_partner("ehr")
    flood = [domain.a_command(id=f"cmd-{n}") for n in range(400)]
    send_all(partner_url, flood)
    seen = InboxMessage.objects.filter(partner=flooding)

    def held_back_and_desk_served():
        if seen.count() < 50:
            return False
        if not Partner.objects.filter(slug="desk").exists():
            a_partner("desk")
            send(desk_url, domain.a_command(id="urgent"), user_id="desk", key="desk.start_care")
        return InboxMessage.objects.filter(partner__slug="desk").exists()

    consume_until(held_back_and_desk_served, seconds=40)
    assert InboxMessage.objects.filter(partner__slug="desk", message_id="urgent").exists()
    assert 50 <= seen.count() < 400
    left = take_all(mortal_broker.admin_url, "tandem.commands.ehr")
    assert len(left) + seen.count() >= 400


def test_a_slow_database_costs_no_connection(mortal_broker, partner_url, monkeypatch):
    """The connection answers while a batch is stored, so that nothing comes a second time."""
    a_partner("ehr")
    monkeypatch.setattr(parameters, "HEARTBEAT", 1)
    storing, sizes = batches.store_batch, []

    def slow(arrivals, **more):
        if not sizes:
            send_all(partner_url, [domain.a_command(id=f"late-{n}") for n in range(10)])
            # The broker hangs up on who says nothing for two heartbeats.
            time.sleep(6)
        sizes.append(len(arrivals))
        return storing(arrivals, **more)

    monkeypatch.setattr(batches, "store_batch", slow)
    send_all(partner_url, [domain.a_command(id=f"early-{n}") for n in range(10)])
    consume_until(lambda: InboxMessage.objects.filter(status="done").count() == 20, seconds=40)
    assert InboxMessage.objects.filter(status="done", duplicates=0).count() == 20
    # What came meanwhile was taken in, and stored together.
    assert sum(sizes) == 20 and sizes[-1] >= 10
    assert take_all(mortal_broker.admin_url, "tandem.commands.ehr.dead") == []
