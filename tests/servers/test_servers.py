"""The private servers themselves: they answer, survive a kill with their data, and refuse."""

import time
from contextlib import closing, suppress

import pika
import psycopg
import pytest
from pika.exceptions import AMQPConnectionError, AMQPError, ChannelClosedByBroker

from integrations import topology
from portal.local import processes
from portal.local.postgres import PostgreSQL
from portal.local.rabbitmq import RabbitMQ
from tests.servers.fixtures import BrokerAddress

pytestmark = pytest.mark.broker


def test_the_application_may_not_declare(broker: BrokerAddress) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    with pytest.raises(ChannelClosedByBroker) as refused:
        connection.channel().queue_declare("tandem.commands.more")
    connection.close()
    assert refused.value.reply_code == 403


def test_the_application_may_not_read_a_partners_queue(broker, admin_channel) -> None:
    admin_channel.queue_declare("tandem.partner.somebody", auto_delete=True)
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    with pytest.raises(ChannelClosedByBroker) as refused:
        connection.channel().basic_get("tandem.partner.somebody")
    connection.close()
    admin_channel.queue_delete("tandem.partner.somebody")
    assert refused.value.reply_code == 403


def test_a_killed_broker_comes_back_with_what_it_confirmed(mortal_broker: RabbitMQ) -> None:
    parameters = pika.URLParameters(mortal_broker.admin_url)
    doomed = pika.BlockingConnection(parameters)
    channel = doomed.channel()
    channel.confirm_delivery()
    channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
    # RabbitMQ writes down a new queue's name half a second after it has confirmed it.
    time.sleep(1)
    channel.basic_publish("", "kept", b"1", pika.BasicProperties(delivery_mode=2))

    mortal_broker.kill()
    with pytest.raises(AMQPConnectionError):
        doomed.process_data_events()
    assert not processes.is_listening(mortal_broker.port)
    mortal_broker.start()

    assert read_one(parameters, "kept") == b"1"


def read_one(parameters: pika.URLParameters, queue: str, patience: float = 60) -> bytes:
    """A broker that has just started answers before its queues do."""
    deadline = time.monotonic() + patience
    while True:
        with suppress(AMQPError), closing(pika.BlockingConnection(parameters)) as connection:
            if (body := connection.channel().basic_get(queue, auto_ack=True)[2]) is not None:
                return body
        assert time.monotonic() < deadline, f"nothing in {queue}"
        time.sleep(0.5)


def test_a_killed_postgresql_comes_back_with_what_it_committed(
    mortal_postgres: PostgreSQL,
) -> None:
    with psycopg.connect(mortal_postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")

    mortal_postgres.kill()
    assert not processes.is_listening(mortal_postgres.port)
    mortal_postgres.start()

    with psycopg.connect(mortal_postgres.url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_a_stopped_broker_leaves_no_process(tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.servers.fixtures import open_to_servers

    server = RabbitMQ(open_to_servers(tmp_path_factory, "stopped"))
    server.start()
    epmd = server.epmd_port
    server.stop()
    assert not processes.is_listening(server.port)
    assert not processes.is_listening(epmd)


def test_no_password_of_an_account_looks_like_an_option(
    mortal_broker: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(RabbitMQ, "control", lambda self, *words: told.append(words) or "")
    rights = topology.permissions_of("ehr")
    for _ in range(1000):
        mortal_broker.add_account(rights)
    passwords = [words[2] for words in told if words[0] == "add_user"]
    assert len(passwords) == 1000
    assert not any(password.startswith("-") for password in passwords)
