"""A broker of its own: what a partner's account may not do, dead letters, a disk that is gone."""

import itertools
import json
import shutil
import time
import uuid
from io import StringIO

import pika
import pytest
from django.core.management import CommandError, call_command

from integrations import topology
from integrations.models import Delivery, InboxMessage, Partner
from integrations.rabbitmq import administration, dead_letters
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from integrations.relay.relay import Limits
from referrals.access.models import AccessEntry
from tests.integrations.samples import a_partner, an_event
from tests.integrations.test_inbox import a_command
from tests.live.oracle import account, fresh_queues, take_all
from tests.live.test_broker_transport import wait_open

pytestmark = [pytest.mark.broker, pytest.mark.django_db]

QUEUE = topology.partner_queue("ehr")


@pytest.fixture
def broker(mortal_broker, settings):
    fresh_queues(mortal_broker.admin_url, "ehr", "desk")
    settings.AMQP_URL = mortal_broker.url
    return mortal_broker


def flow(broker, seconds=60):
    """Relay until nothing waits any more."""
    relay = Relay(Publisher(broker.url, exchange=topology.EVENTS), limits=Limits(retry_base=0.1))
    try:
        wait_open(relay.transport)
        deadline = time.monotonic() + seconds
        while Delivery.objects.filter(status="pending").exists():
            assert time.monotonic() < deadline, "it does not flow"
            relay.run_once(wait=0.05)
    finally:
        relay.close(5)


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


# --- A partner's account -------------------------------------------------------------------------


def properties(user="ehr"):
    return pika.BasicProperties(user_id=user, content_type="application/cloudevents+json")


FORBIDDEN = {
    "read another's queue": lambda c: c.basic_get(topology.partner_queue("desk")),
    "read its own dead letters": lambda c: c.basic_get(f"{QUEUE}.dead"),
    "read its own commands": lambda c: c.basic_get(topology.command_queue("ehr")),
    "publish with a foreign key": lambda c: c.basic_publish(
        topology.COMMANDS, "desk.start_care", b"{}", properties()
    ),
    "publish with no key of its own": lambda c: c.basic_publish(
        topology.COMMANDS, "ehr", b"{}", properties()
    ),
    "publish events": lambda c: c.basic_publish(
        topology.EVENTS, "ehr.referral.submitted.v1", b"{}", properties()
    ),
    "publish to the default exchange": lambda c: c.basic_publish("", QUEUE, b"{}", properties()),
    "pretend to be another": lambda c: c.basic_publish(
        topology.COMMANDS, "ehr.start_care", b"{}", properties("desk")
    ),
    "declare a queue": lambda c: c.queue_declare("mine"),
    "declare an exchange": lambda c: c.exchange_declare("mine"),
    "bind": lambda c: c.queue_bind(QUEUE, topology.EVENTS, "desk.#"),
    "unbind": lambda c: c.queue_unbind(QUEUE, topology.EVENTS, "ehr.#"),
    "delete a queue": lambda c: c.queue_delete(QUEUE),
    "delete an exchange": lambda c: c.exchange_delete(topology.EVENTS),
}  # fmt: skip


def test_a_partners_account_can_do_its_own_and_nothing_else(broker):
    url = broker.add_account(topology.permissions_of("ehr"))
    with administration.connected(url) as connection:
        own = connection.channel()
        own.confirm_delivery()
        own.basic_publish(topology.COMMANDS, "ehr.start_care", b"{}", properties(), mandatory=True)
        assert own.basic_get(QUEUE)[0] is None
        allowed = []
        for name, work in FORBIDDEN.items():
            channel = connection.channel()
            channel.confirm_delivery()
            try:
                work(channel)
                allowed.append(name)
            except pika.exceptions.ChannelClosedByBroker as closed:
                assert closed.reply_code in (403, 406), name
    assert allowed == []
    assert len(take_all(broker.admin_url, topology.command_queue("ehr"))) == 1


def test_the_portals_account_declares_nothing_and_reads_no_partners_queue(broker):
    for work in (
        lambda c: c.queue_declare("mine"),
        lambda c: c.exchange_delete(topology.EVENTS),
        lambda c: c.basic_get(QUEUE),
        lambda c: c.queue_bind(QUEUE, topology.EVENTS, "#"),
    ):
        with (
            administration.connected(broker.url) as connection,
            pytest.raises(pika.exceptions.ChannelClosedByBroker, match="403"),
        ):
            work(connection.channel())


def test_what_is_printed_can_be_imported_and_an_export_is_compared_with_it(broker):
    """Policies and rights included, into a virtual host of its own."""
    a_partner("ehr")
    broker.add_account(topology.permissions_of("ehr"))
    file = broker.folder / "definitions.json"
    broker.control("add_vhost", "fresh")
    file.write_text(run("topology", "print", vhost="fresh"))
    broker.control("import_definitions", str(file))
    broker.control("export_definitions", str(file))
    assert "everything" in run("topology", "check", definitions=str(file), vhost="fresh")
    assert {policy["name"] for policy in json.loads(file.read_text())["policies"]} == {
        "tandem-working", "tandem-dead",
    }  # fmt: skip
    broker.control("set_permissions", "-p", "fresh", "ehr", "", ".*", ".*")
    broker.control("clear_policy", "-p", "fresh", "tandem-dead")
    broker.control("export_definitions", str(file))
    with pytest.raises(CommandError) as found:
        run("topology", "check", definitions=str(file), vhost="fresh")
    assert "account ehr has other permissions" in str(found.value)
    assert "policy tandem-dead is missing" in str(found.value)
    broker.control("delete_vhost", "fresh")


# --- Dead letters ---------------------------------------------------------------------------------


def let_die(broker, queue, dead, count):
    """Reject what the queue holds, and wait until it lies in the dead-letter queue."""
    with administration._channel(broker.admin_url) as channel:
        channel.basic_qos(prefetch_count=1)
        taken = channel.consume(queue, inactivity_timeout=20)
        for method, _, _ in itertools.islice(taken, count):
            channel.basic_reject(method.delivery_tag, requeue=False)
        channel.cancel()
        deadline = time.monotonic() + 20
        while channel.queue_declare(dead, passive=True).method.message_count < count:
            assert time.monotonic() < deadline, "nothing died"
            time.sleep(0.05)


def test_dead_events_are_listed_sent_again_and_thrown_away_with_a_reason(broker):
    partner = a_partner("ehr")
    events = [an_event() for _ in range(3)]
    flow(broker)
    let_die(broker, QUEUE, f"{QUEUE}.dead", 3)
    listed = run("dead_letters", "list", "ehr", "--kind", "events")
    assert all(
        f"{event.event_id}\ttandem.referral.submitted.v1\trejected x1" in listed for event in events
    )
    assert dead_letters.counted(broker.url, "ehr", "events") == 3

    first, second, third = (str(event.event_id) for event in events)
    run("dead_letters", "requeue", "ehr", "--kind", "events", "--id", first)
    flow(broker)
    (again,) = take_all(broker.admin_url, QUEUE)
    assert again == bytes(Delivery.objects.get(event__event_id=first).body)

    with pytest.raises(CommandError, match="--reason"):
        run("dead_letters", "discard", "ehr", "--kind", "events", "--id", second)
    run("dead_letters", "discard", "ehr", "--kind", "events", "--id", second,
        "--reason", "duplicate")  # fmt: skip
    left = dead_letters.look(broker.url, "ehr", "events")
    assert [letter.id for letter in left] == [third]
    with pytest.raises(CommandError, match="1 could not"):
        run("dead_letters", "requeue", "ehr", "--kind", "events", "--id", first)
    verbs = list(AccessEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["dead_letter_requeue", "dead_letter_discard"]
    assert partner.delivery_set.filter(status="sent").count() == 3


def test_a_dead_letter_that_is_not_ours_is_never_sent(broker):
    a_partner("ehr")
    with administration._channel(broker.admin_url) as channel:
        channel.basic_publish(topology.DEAD, "partner.ehr", b"from somebody else")
    deadline = time.monotonic() + 20
    while not dead_letters.counted(broker.url, "ehr", "events"):
        assert time.monotonic() < deadline
    with pytest.raises(CommandError, match="1 could not"):
        run("dead_letters", "requeue", "ehr", "--kind", "events", "--all")
    assert dead_letters.counted(broker.url, "ehr", "events") == 1


def test_a_dead_command_is_taken_into_the_inbox(broker):
    a_partner("ehr")
    url = broker.add_account(topology.permissions_of("ehr"))
    body = json.dumps(a_command(id="died")).encode()
    with administration._channel(url) as channel:
        channel.basic_publish(topology.COMMANDS, "ehr.start_care", body, properties())
    queue = topology.command_queue("ehr")
    deadline = time.monotonic() + 20
    with administration._channel(broker.admin_url) as channel:
        while not channel.queue_declare(queue, passive=True).method.message_count:
            assert time.monotonic() < deadline
    let_die(broker, queue, f"{queue}.dead", 1)
    run("dead_letters", "requeue", "ehr", "--kind", "commands", "--all")
    row = InboxMessage.objects.get()
    assert (row.message_id, row.status) == ("died", "received")
    assert dead_letters.counted(broker.url, "ehr", "commands") == 0


# --- The disk is gone -----------------------------------------------------------------------------


class Partners:
    """A consumer that shares nothing with us: applies each id once, and judges the order."""

    def __init__(self):
        self.applied: dict[str, list[int]] = {}
        self.ids: set[str] = set()
        self.repeated = 0

    def read(self, bodies):
        for event in map(json.loads, bodies):
            if event["id"] in self.ids:
                self.repeated += 1
                continue
            self.ids.add(event["id"])
            self.applied.setdefault(event["source"], []).append(int(event["sequence"]))

    def wrong(self):
        return {
            source: numbers
            for source, numbers in self.applied.items()
            if numbers != list(range(1, len(numbers) + 1))
        }


SUBJECTS, ROUNDS = 20, 6


def test_the_brokers_disk_is_gone_and_the_outbox_brings_everything_back(
    broker, record_testsuite_property
):
    """Half of it was consumed, the other half was lost with the disk, more happened meanwhile."""
    partner: Partner = a_partner("ehr")
    subjects = [uuid.uuid4() for _ in range(SUBJECTS)]
    numbers = itertools.count(1)
    for _ in range(ROUNDS):
        for subject in subjects:
            an_event(subject, version=next(numbers))
    flow(broker)
    consumer = Partners()
    with administration._channel(broker.admin_url) as channel:
        bodies, tag = [], 0
        for _ in range(SUBJECTS * ROUNDS // 2):
            method, _, body = channel.basic_get(QUEUE)
            bodies.append(body)
            tag = method.delivery_tag
        channel.basic_ack(tag, multiple=True)
    consumer.read(bodies)

    broker.stop()
    shutil.rmtree(broker.folder / "data")
    for subject in subjects:
        an_event(subject, version=next(numbers))
    # What was sent is marked first: so nothing that is new overtakes it.
    assert "are sent again" in run("replay_events", "ehr", "--all")
    broker.start()
    with pytest.raises(CommandError, match=r"Refusing to run: tandem\.events is missing"):
        run("relay_events", "--once")
    administration.declare(broker.admin_url, ["ehr"])
    flow(broker)

    arrived = take_all(broker.admin_url, QUEUE)
    owed = [bytes(body) for body in Delivery.objects.values_list("body", flat=True)]
    found = account(owed, arrived)
    record_testsuite_property("replay after the disk was lost", str(found))
    assert found.sound and found.owed == SUBJECTS * (ROUNDS + 1), found
    consumer.read(arrived)
    assert consumer.wrong() == {}
    assert len(consumer.ids) == found.owed and consumer.repeated == len(bodies)
    assert not partner.delivery_set.exclude(status="sent").exists()
