"""The two sample consumers, on a real broker and the real feed, agree on what they saw.

The messages come shuffled, each several times, one not at all; each consumer is killed on the
way. Without its memory of ids a consumer sees something else.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika
import pytest

from integrations import deliveries, signing_keys, topology
from integrations.models import Delivery
from integrations.rabbitmq import administration
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from portal.local import oracles
from referrals.lifecycle import State
from tests.cast import Cast, assemble
from tests.integrations.test_signing import verify_by_hand
from tests.live.oracle import take_all
from tests.live.test_broker_transport import wait_open
from tests.referrals.api.calls import partner_caller
from tests.repository.files import ROOT
from tests.walks import referral_at

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

EXAMPLES = ROOT / "docs" / "examples"
PATIENCE = 60.0
# What a consumer becomes that has an effect for whatever comes.
CARELESS = {
    "consumer.py": (r"def take\(event\):\n", "def take(event):\n    return apply(event)\n"),
    "consumer.js": (r"async function take\(event\) \{\n", "\\g<0>  return keep({ event });\n"),
}


@dataclass
class Consumer:
    """One sample in its own process; `seen` reads the effects that it left."""

    slug: str
    program: list[str]
    state: Path
    env: dict[str, str]
    seen: Callable[[Path], list[dict[str, Any]]]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self.program, env=self.env)

    def stop(self, how: signal.Signals) -> None:
        assert self.process is not None and self.process.poll() is None, "it ended by itself"
        self.process.send_signal(how)
        self.process.wait(20)


def seen_by_python(state: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(state)
    try:
        rows = connection.execute("SELECT event FROM seen ORDER BY rowid").fetchall()
    except sqlite3.OperationalError:  # not begun yet
        return []
    finally:
        connection.close()
    return [json.loads(event) for (event,) in rows]


def seen_by_node(state: Path) -> list[dict[str, Any]]:
    text = state.read_text() if state.exists() else ""
    entries = [json.loads(line) for line in text.split("\n")[:-1]]
    return [entry["event"] for entry in entries if "event" in entry]


def queue_of(consumer: Consumer) -> str:
    return topology.partner_queue(consumer.slug)


@pytest.fixture
def world(broker: Any, live_server: Any, tmp_path: Path) -> Iterator[tuple[Cast, list[Consumer]]]:
    """A clinic with a partner for each consumer, and empty queues."""
    cast = assemble()
    made = [
        ("python", "consumer.py", [sys.executable], seen_by_python),
        ("node", "consumer.js", [oracles.node()], seen_by_node),
    ]
    consumers = []
    for slug, name, program, seen in made:
        partner_caller(cast, slug, clinic=cast.clinic)
        state = tmp_path / f"{slug}.state"
        env = {
            **os.environ, "AMQP_URL": broker.admin_url, "QUEUE": topology.partner_queue(slug),
            "FEED_URL": f"{live_server.url}/api/v1/events/", "TOKEN": f"token-of-{slug}",
            "STATE": str(state), "NODE_PATH": str(oracles.TARGET / "node_modules"),
        }  # fmt: skip
        consumers.append(Consumer(slug, [*program, str(EXAMPLES / name)], state, env, seen))
    administration.declare(broker.admin_url, ["python", "node"])
    for consumer in consumers:
        take_all(broker.admin_url, queue_of(consumer))
    yield cast, consumers
    for consumer in consumers:
        if consumer.process is not None and consumer.process.poll() is None:
            consumer.process.kill()
            consumer.process.wait(20)


def bodies_of(consumer: Consumer) -> list[bytes]:
    """What the queue should get, without what was skipped."""
    rows = Delivery.objects.filter(partner__slug=consumer.slug).exclude(status="cancelled")
    return [bytes(body) for body in rows.order_by("pk").values_list("body", flat=True)]


def publish_badly(url: str, consumer: Consumer, *, seed: int) -> list[bytes]:
    """Each delivery three times, shuffled, but one in the middle of a referral not at all.

    In the place of another stands a tombstone. Returns what was owed, which the feed has.
    """
    owed = bodies_of(consumer)
    lost, skipped, *_ = [body for body in owed if b'"sequence":"0000000003"' in body]
    row = Delivery.objects.get(partner__slug=consumer.slug, body=skipped)
    Delivery.objects.filter(pk=row.pk).update(status="parked")
    deliveries.skip(row.partner, row.pk)
    sent = [body for body in bodies_of(consumer) if body != lost] * 3
    random.Random(seed).shuffle(sent)
    with administration._channel(url) as channel:
        channel.confirm_delivery()
        for body in sent:
            channel.basic_publish("", queue_of(consumer), body, mandatory=True)
    return owed


def wait_until(true: Callable[[], bool], consumer: Consumer) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert consumer.process is not None and consumer.process.poll() is None
        assert time.monotonic() < deadline, f"{len(consumer.seen(consumer.state))} seen"
        time.sleep(0.05)


def waiting(url: str, consumer: Consumer) -> int:
    with administration._channel(url) as channel:
        return int(channel.queue_declare(queue_of(consumer), passive=True).method.message_count)


def run_to_the_end(url: str, consumer: Consumer, effects: int, *, kill_after: int = 0) -> None:
    """Start; kill on the way and start again; end when the queue is empty and all is done."""
    consumer.start()
    if kill_after:
        wait_until(lambda: len(consumer.seen(consumer.state)) >= kill_after, consumer)
        consumer.stop(signal.SIGKILL)
        consumer.start()
    wait_until(lambda: len(consumer.seen(consumer.state)) >= effects, consumer)
    # What was handed over and not acknowledged comes back, and is looked at again.
    while True:
        wait_until(lambda: waiting(url, consumer) == 0, consumer)
        time.sleep(0.2)
        consumer.stop(signal.SIGTERM)
        if waiting(url, consumer) == 0:
            return
        consumer.start()


def story(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """By referral, the ids in the order in which they took effect."""
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event["source"].partition(":partner:")[0], []).append(event["id"])
    return found


def in_order(events: list[dict[str, Any]]) -> bool:
    by_source: dict[str, list[int]] = {}
    for event in events:
        by_source.setdefault(event["source"], []).append(int(event["sequence"]))
    return all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_source.values())


def test_both_samples_see_every_event_once_in_order(
    world: tuple[Cast, list[Consumer]], broker: Any
) -> None:
    cast, consumers = world
    for _ in range(3):
        referral_at(State.CLOSED, cast)
    told = {}
    for consumer in consumers:
        owed = publish_badly(broker.admin_url, consumer, seed=5)
        run_to_the_end(broker.admin_url, consumer, len(owed), kill_after=4)
        seen = consumer.seen(consumer.state)
        assert sorted(event["id"] for event in seen) == sorted(json.loads(b)["id"] for b in owed)
        assert in_order(seen)
        told[consumer.slug] = story(seen)
    assert told["python"] == told["node"]
    assert len(told["node"]) == 3


@pytest.mark.parametrize("number", [0, 1], ids=["python", "node"])
def test_a_sample_without_its_memory_disagrees(
    world: tuple[Cast, list[Consumer]], broker: Any, tmp_path: Path, number: int
) -> None:
    """The control: the same messages, and an effect for whatever comes."""
    cast, consumers = world
    for _ in range(2):
        referral_at(State.CLOSED, cast)
    consumer = consumers[number]
    sample = Path(consumer.program[-1])
    careless, times = re.subn(*CARELESS[sample.name], sample.read_text())
    assert times == 1
    changed = tmp_path / sample.name
    changed.write_text(careless.replace("id TEXT PRIMARY KEY", "id TEXT"))
    consumer.program[-1] = str(changed)
    owed = publish_badly(broker.admin_url, consumer, seed=5)
    run_to_the_end(broker.admin_url, consumer, 3 * (len(owed) - 1))
    seen = consumer.seen(consumer.state)
    assert len(seen) >= 3 * (len(owed) - 1) > len({event["id"] for event in seen})
    assert not in_order(seen)


def test_the_signature_travels_in_a_header_of_who_asked_for_it(
    world: tuple[Cast, list[Consumer]], broker: Any
) -> None:
    cast, _ = world
    partner_caller(cast, "plain", clinic=cast.clinic)
    administration.declare(broker.admin_url, ["plain"])
    take_all(broker.admin_url, topology.partner_queue("plain"))
    Delivery.partner.field.related_model.objects.filter(slug="python").update(signed=True)
    referral_at(State.SUBMITTED, cast)
    relay = Relay(Publisher(broker.url, exchange=topology.EVENTS))
    wait_open(relay.transport)
    deadline = time.monotonic() + PATIENCE
    while Delivery.objects.exclude(status="sent").exists() and time.monotonic() < deadline:
        relay.run_once(wait=0.05)
    relay.close(5)
    signature, body = header_of(broker.admin_url, "python")
    verify_by_hand(signature, body, signing_keys.public_keys())
    assert header_of(broker.admin_url, "plain")[0] is None


def header_of(url: str, slug: str) -> tuple[Any, bytes]:
    with administration._channel(url) as channel:
        method, properties, body = channel.basic_get(topology.partner_queue(slug), auto_ack=True)
    assert isinstance(method, pika.spec.Basic.GetOk)
    return properties.headers.get("jws"), body
