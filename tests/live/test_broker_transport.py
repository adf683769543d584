"""The fake broker of the unit tests does what the real one does: the same story on both."""

import json
import uuid
from collections import Counter

import pytest

from integrations import topology
from integrations.rabbitmq import administration
from integrations.rabbitmq.frames import short
from integrations.rabbitmq.publisher import Publisher
from integrations.relay.transport import COMMON, SUSPECTS, Condition, Outcome, Publication
from tests.integrations.fake_broker import FakeBroker, wait_for
from tests.live.oracle import take_all


def publications(name, count, *, first=1):
    return [
        Publication(
            token,
            f"{name}.referral.submitted.v1",
            json.dumps(
                {
                    "id": str(uuid.uuid4()),
                    "type": "tandem.referral.submitted.v1",
                    "time": "2026-03-04T15:16:17.000000Z",
                    "partitionkey": f"{name}:{token}",
                },
                separators=(",", ":"),
            ).encode(),
        )
        for token in range(first, first + count)
    ]


class Fake:
    """A world with a bound queue `known` and one of length 2, `full`."""

    def __init__(self):
        self.transport = FakeBroker("known", "full")
        self.transport.length_limit["full"] = 2

    def queue(self, name):
        return self.transport.bodies(name)

    def lose(self):
        self.transport.cut()


class Real:
    def __init__(self, broker):
        self.broker = broker
        declare(broker.admin_url)
        self.transport = Publisher(broker.url, exchange=topology.EVENTS)
        wait_open(self.transport)

    def queue(self, name):
        return take_all(self.broker.admin_url, topology.partner_queue(name))

    def lose(self):
        self.transport.close(5)


def declare(admin_url):
    short = topology.queues_of("full")[0]
    with administration._channel(admin_url) as channel:
        for name in ("known", "full"):
            for queue in topology.queues_of(name):
                channel.queue_delete(queue.name)
    administration.declare(admin_url, ["known"])
    with administration._channel(admin_url) as channel:
        channel.queue_declare(
            short.name, durable=True, arguments={**short.arguments, "x-max-length": 2}
        )
        channel.queue_bind(short.name, short.exchange, short.binding)


def wait_open(transport, seconds=20):
    import time

    deadline = time.monotonic() + seconds
    while transport.state() is not Condition.OPEN:
        assert time.monotonic() < deadline, "no connection"
        time.sleep(0.05)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.broker)])
def world(request):
    if request.param == "fake":
        yield Fake()
        return
    real = Real(request.getfixturevalue("broker"))
    yield real
    real.transport.close(5)


def test_what_a_queue_takes_is_confirmed_once_and_kept_in_order(world):
    sent = publications("known", 300)
    world.transport.submit(sent)
    results = wait_for(world.transport, 300)
    assert Counter(r.outcome for r in results) == {Outcome.CONFIRMED: 300}
    assert {r.token for r in results} == {p.token for p in sent}
    assert world.queue("known") == [p.body for p in sent]


def test_what_no_queue_takes_is_returned_and_its_neighbours_are_not(world):
    lost, kept = publications("nobody", 3), publications("known", 3, first=10)
    mixed = [p for pair in zip(lost, kept, strict=True) for p in pair]
    world.transport.submit(mixed)
    results = {r.token: r.outcome for r in wait_for(world.transport, 6)}
    assert {results[p.token] for p in lost} == {Outcome.RETURNED}
    assert {results[p.token] for p in kept} == {Outcome.CONFIRMED}


def test_the_same_id_for_two_partners_is_told_apart(world):
    one = publications("known", 1)[0]
    other = Publication(2, one.routing_key.replace("known", "nobody"), one.body)
    world.transport.submit([one, other])
    results = {r.token: r.outcome for r in wait_for(world.transport, 2)}
    assert results == {1: Outcome.CONFIRMED, 2: Outcome.RETURNED}


def test_what_a_full_queue_refuses_is_nacked(world):
    # A quorum queue counts a moment late, so a few more than its limit may pass.
    for first in range(1, 9):
        world.transport.submit(publications("full", 1, first=first))
        outcome = wait_for(world.transport, 1)[0].outcome
        if outcome is Outcome.NACKED:
            break
    assert outcome is Outcome.NACKED and first > 2


def test_without_a_connection_the_outcome_is_unknown(world):
    world.lose()
    world.transport.condition = Condition.CLOSED
    world.transport.submit(publications("known", 4))
    assert {r.outcome for r in wait_for(world.transport, 4)} == {Outcome.UNKNOWN}


@pytest.fixture
def barred(broker):
    """A transport whose every message is refused: its user_id is not the connection's account."""
    declare(broker.admin_url)
    transport = Publisher(broker.url, exchange=topology.EVENTS, longest_pause=0.5)
    wait_open(transport)
    transport._account = "somebody-else"
    for channel in transport._channels.values():
        channel._framer._account = short("somebody-else")
    yield transport
    transport.close(5)


@pytest.mark.broker
def test_a_message_that_closes_the_channel_is_refused_alone_and_suspect_among_others(barred):
    barred.submit(publications("known", 1))
    assert wait_for(barred, 1)[0].outcome is Outcome.REFUSED
    wait_open(barred)
    barred.submit(publications("known", 5))
    assert {r.outcome for r in wait_for(barred, 5)} == {Outcome.SUSPECT}


@pytest.mark.broker
def test_a_suspect_closes_its_own_channel_alone_and_the_connection_stays(barred):
    connection = barred._connection
    barred._channels[COMMON]._framer._account = short(account_of_main(barred))
    others, suspect = (
        publications("known", 20),
        publications("known", 1)[0]._replace(apart=SUSPECTS),
    )
    barred.submit([*others, suspect._replace(token=99)])
    results = {r.token: r.outcome for r in wait_for(barred, 21)}
    assert results.pop(99) is Outcome.REFUSED
    assert set(results.values()) == {Outcome.CONFIRMED}
    wait_open(barred)
    assert barred._connection is connection


def account_of_main(transport):
    return transport._parameters.credentials.username


def test_what_amqp_cannot_carry_is_refused_and_its_neighbours_are_not(world):
    good = publications("known", 2)
    world.transport.submit([good[0], Publication(7, "known.x", b"no event"), good[1]])
    results = {r.token: r.outcome for r in wait_for(world.transport, 3)}
    assert results == {1: Outcome.CONFIRMED, 2: Outcome.CONFIRMED, 7: Outcome.REFUSED}
