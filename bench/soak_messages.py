"""The deep runs of the messages: each returns its faults and prints its figures with their n."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from django.db import connection

from bench.conversation import ROOT
from bench.ground import Ground

if TYPE_CHECKING:
    from tests.live.faults import Rig

# KILLS may be fewer where somebody has less time: the figures say how many it were.
KILLS = int(os.environ.get("SOAK_KILLS", "100"))
CONFIRMED = KILLS * 1000
FREEZES = int(os.environ.get("SOAK_FREEZES", "200"))
TIMES = int(os.environ.get("SOAK_CRASHES", "50"))
BACKLOG = int(os.environ.get("SOAK_BACKLOG", "100000"))
WALKS = int(os.environ.get("SOAK_WALKS", "1000"))
# Messages that are waiting when a broker is killed.
BURST = 6000
SLUG = "ehr"


def every_state() -> list[str]:
    """The model with a deeper history, and the real relay on longer walks."""
    from hypothesis import settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.integrations import test_relay_machine
    from tests.integrations.model import relaying
    from tests.integrations.model.explore import explore

    rules = relaying.Rules(faults=3)
    states = explore(relaying.START, relaying.moves(rules), relaying.wrong)
    deep = settings(test_relay_machine.BOUNDS, max_examples=WALKS, stateful_step_count=40)
    run_state_machine_as_test(test_relay_machine.RelayMachine, settings=deep)
    print(f"  {states} states of the model, {WALKS} walks of two real relays: no violation")
    return []


def crash_everywhere(found: Ground) -> list[str]:
    """Web, relay and consumer end at each point, on PostgreSQL; then the controls."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE crash")
    env = {**os.environ, "DATABASE_URL": found.database.url.rpartition("/")[0] + "/crash"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.crash", "--times", str(TIMES)],
        cwd=ROOT, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures = json.loads(done.stdout.splitlines()[-1])
    run = figures["run"]
    print(f"  {run}\n  controls: {figures['publishing_in_the_transaction']['phantom']} phantom, "
          f"{figures['marking_before_the_confirm']['lost']} lost")  # fmt: skip
    bad = [name for name in ("lost", "phantom", "doubled", "stuck", "not_reached") if run[name]]
    return [f"{name}: {run[name]}" for name in bad]


def kill_the_broker(found: Ground) -> list[str]:
    """SIGKILL the broker under load, again and again; then once without confirms, which loses."""
    faults = []
    sound, figures = _killed(found, kills=KILLS, least=CONFIRMED, confirms=True)
    print(f"  {KILLS} kills: {figures}")
    if not sound:
        faults.append(f"{KILLS} kills: {figures}")
    _, control = _killed(found, kills=3, least=0, confirms=False)
    print(f"  control, 3 kills without confirms: {control}")
    if not control.lost:
        faults.append("without confirms nothing was lost, so the run shows nothing")
    return faults


def _killed(found: Ground, *, kills: int, least: int, confirms: bool):  # type: ignore[no-untyped-def]
    from tests.live import test_relay_kill
    from tests.live.oracle import account, take_all

    queue = _fresh(found)
    before = set(_bodies())
    load = test_relay_kill.Load(found.broker, confirms=confirms)
    load.start()
    taken: list[bytes] = []
    try:
        for number in range(1, kills + 1):
            # Much at once, so that it is hit in the middle of a stream.
            burst = threading.Thread(target=_burst)
            burst.start()
            load.wait_until_flowing(max(least // kills, 50))
            found.broker.kill()
            found.broker.start()
            burst.join()
            with load.at_rest():
                taken += take_all(found.broker.admin_url, queue)
            if number % 10 == 0:
                print(f"  {number} kills, {load.transport.confirmed} confirmed", flush=True)
        while load.transport.confirmed < least:
            time.sleep(1)
            with load.at_rest():
                taken += take_all(found.broker.admin_url, queue)
    finally:
        load.finish()
    taken += take_all(found.broker.admin_url, queue)
    figures = account(set(_bodies()) - before, [body for body in taken if body not in before])
    return figures.sound, figures


def _burst() -> None:
    """As many as are missing until so many wait."""
    from bench import corpus
    from integrations.models import Delivery

    missing = BURST - Delivery.objects.filter(status="pending").count()
    if missing > 0:
        corpus.fill([SLUG], count=missing, keys=max(missing // 2, 1))
    connection.close()


def _bodies() -> list[bytes]:
    from integrations.models import Delivery

    rows = Delivery.objects.filter(partner__slug=SLUG)
    return [bytes(body) for body in rows.values_list("body", flat=True)]


def _fresh(found: Ground) -> str:
    """The partner, with an empty queue."""
    from integrations import topology
    from integrations.models import Partner
    from integrations.rabbitmq import administration
    from tests.integrations.samples import a_partner

    if not Partner.objects.filter(slug=SLUG).exists():
        a_partner(SLUG)
    with administration._channel(found.broker.admin_url) as channel:
        for queue in topology.queues_of(SLUG):
            channel.queue_delete(queue.name)
    administration.declare(found.broker.admin_url, [SLUG])
    return topology.partner_queue(SLUG)


def every_fault(found: Ground) -> list[str]:
    """Each fault of the wire and of the broker in turn, and a database that is killed."""
    from tests.live import faults
    from tests.live.proxy import Proxy

    wrong: list[str] = []
    _fresh(found)
    with Proxy(found.broker.port) as proxy:
        rig = faults.Rig(found.broker, proxy)
        rig.settle_from_here()
        with faults.relaying(rig):
            for fault in (*faults.OF_THE_WIRE, *faults.OF_THE_BROKER) * 5:
                rig.write(40)
                fault(rig)
                wrong += _settled(rig, fault.__name__)
        with faults.relay_processes(rig, 2):
            for _ in range(5):
                rig.write(40)
                connection.close()
                found.database.kill()
                found.database.start()
            wrong += _settled(rig, "5 kills of PostgreSQL")
    return wrong


def freeze_relays(found: Ground) -> list[str]:
    """Two relays, one of them stopped beyond its lease, in turn."""
    from tests.live import faults
    from tests.live.proxy import Proxy

    _fresh(found)
    with Proxy(found.broker.port) as proxy:
        rig = faults.Rig(found.broker, proxy)
        rig.settle_from_here()
        with faults.relay_processes(rig, 2) as processes:
            for number in range(FREEZES):
                faults.frozen(rig, processes[number % 2])
            return _settled(rig, f"{FREEZES} freezes")


def _settled(rig: Rig, name: str) -> list[str]:
    figures = rig.settle()
    print(f"  {name}: {figures}", flush=True)
    return [] if figures.sound else [f"{name}: {figures}"]


def drain_a_backlog(found: Ground) -> list[str]:
    """So many messages of a long outage: in order, with the rate and the memory."""
    from bench import corpus
    from bench.ours import _until_sent
    from integrations import topology
    from integrations.rabbitmq.publisher import Publisher
    from integrations.relay import Relay
    from tests.live.oracle import account, take_all

    queue = _fresh(found)
    before = set(_bodies())
    corpus.fill([SLUG], count=BACKLOG, keys=BACKLOG // 8)
    relay = Relay(Publisher(found.broker.url, exchange=topology.EVENTS))
    began = time.perf_counter()
    _until_sent(relay)
    rate = BACKLOG / (time.perf_counter() - began)
    relay.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    taken = take_all(found.broker.admin_url, queue)
    figures = account(set(_bodies()) - before, taken)
    print(f"  {BACKLOG} messages: {rate:.0f}/s, {memory} MB at most, {figures}")
    return [] if figures.sound else [f"backlog: {figures}"]
