"""The relay against pika alone, and against other outboxes: one broker, one payload, one run."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.db import connection

from bench.conversation import ROOT, Contestant
from bench.ground import Ground, Row, compare
from integrations import topology
from integrations.rabbitmq import administration
from portal.local.paths import VAR

COUNT, ROUNDS = 6000, 9
# Of the peers fewer messages: the slowest takes six milliseconds for each.
PEER_COUNT, PEER_ROUNDS = 600, 3
HOT = 50
# Commits with an idle relay, the seconds between them, and those between its looks.
TOLD, PAUSE, EVERY = 60, 0.02, 0.2
# Of these a loss is a figure, of all others the end of the run.
UNCONFIRMED = {"outbox_pattern"}
# Seconds that a queue is given to hold what was sent to it.
PATIENCE = 10.0
LOCK = ROOT / "requirements-bench.txt"
PEERS = {
    "jaiminho": ("django-jaiminho 2.2.1, in order", ">= 20 (P3)"),
    "outbox_pattern": ("django-outbox-pattern 3.2.1, unconfirmed", ">= 6 (P4)"),
    "celery_outbox": ("django-celery-outbox 0.4.3, the better of 1 and 8", ">= 8 (P5)"),
}


def measure(ground: Ground) -> Iterator[Row]:
    slugs = {"bench": COUNT, "hot": COUNT}
    administration.declare(ground.broker.admin_url, slugs)
    with contestants(ground) as (ours, lite, peers):
        for slug, count in slugs.items():
            ours.ask("prepare", slug=slug, count=count, keys=HOT if slug == "hot" else count)
        lite.ask("prepare", slug="bench", count=COUNT, keys=COUNT)
        runs: dict[str, tuple[str, int, Callable[[], float]]] = {
            "raw": ("bench", COUNT, lambda: ours.ask("raw", slug="bench")),
            "relay": ("bench", COUNT, lambda: ours.ask("drain", slug="bench")),
            "unordered": ("bench", COUNT, lambda: ours.ask("drain", slug="bench", ordered=False)),
            "hot": ("hot", COUNT, lambda: ours.ask("drain", slug="hot")),
            "sqlite": ("bench", COUNT, lambda: lite.ask("drain", slug="bench")),
        }
        took, _ = interleaved(ground, runs, ROUNDS)
        rates = {name: [COUNT / each for each in found] for name, found in took.items()}
        yield from own_rows(rates)
        yield from latency_rows(ground, ours)
        yield from peer_rows(ground, peers, rates["relay"])


def own_rows(rates: Mapping[str, list[float]]) -> list[Row]:
    def row(name: str, one: str, other: str, target: str) -> Row:
        note = f"{median(rates[one]):.0f} messages/s"
        return compare(name, rates[one], rates[other], n=f"{ROUNDS} x {COUNT}", note=note,
                       target=target)  # fmt: skip

    return [
        row("relay, PostgreSQL / raw pipelined pika", "relay", "raw", ">= 0.75 (P1)"),
        row("relay, SQLite / raw pipelined pika", "sqlite", "raw", ">= 0.70 (P2)"),
        row(f"in order / without order, {COUNT} keys", "relay", "unordered", ">= 0.9 (P6)"),
        row(f"in order / without order, {HOT} keys", "hot", "unordered", ">= 0.6 (P6)"),
    ]


def latency_rows(ground: Ground, ours: Contestant) -> list[Row]:
    """From a commit to its confirm, with an idle relay: told at once, and looking by the clock."""
    with administration._channel(ground.broker.admin_url) as channel:
        trip = ours.ask("round_trip", slug="bench", count=TOLD, interval=PAUSE)
        told = ours.ask("latency", slug="bench", count=TOLD, interval=PAUSE, notify=True)
        looked = ours.ask("latency", slug="bench", count=TOLD, interval=EVERY, notify=False)
        channel.queue_purge(topology.partner_queue("bench"))
    note = f"p50 {median(told) * 1000:.1f} ms, one confirm {median(trip) * 1000:.1f} ms"
    p50, p99 = (looked[int(len(looked) * part)] / EVERY for part in (0.5, 0.99))
    return [
        compare("commit to confirm, told / one confirm", told, trip, n=f"{TOLD}", note=note,
                target="<= 3 (P7)"),
        Row("commit to confirm, looking / interval, p50", p50, looked[0] / EVERY,
            looked[-1] / EVERY, f"{TOLD}", f"p99 {p99:.2f}", "<= 0.6, 1.2 (P8)"),
    ]  # fmt: skip


def interleaved(
    ground: Ground, runs: Mapping[str, tuple[str, int, Callable[[], float]]], rounds: int
) -> tuple[dict[str, list[float]], Counter[str]]:
    """Seconds by contestant, in rounds of a shuffled order, the queue counted after each run.

    And how many messages each slug took for sent that no queue has.
    """
    took: dict[str, list[float]] = {name: [] for name in runs}
    lost_by: Counter[str] = Counter()
    dice = random.Random(1)
    for _ in range(rounds):
        for name in dice.sample(list(runs), len(runs)):
            slug, count, run = runs[name]
            took[name].append(run())
            if lost := count - arrived(ground, slug, count):
                # Who waits for confirms and loses has a fault, or this benchmark has.
                if slug not in UNCONFIRMED:
                    raise SystemExit(f"void: {lost} of {count} messages of {name} are not there")
                lost_by[slug] += lost
    spread = max(took.get("raw", [1])) / min(took.get("raw", [1]))
    if spread > 2:
        print(f"raw pika varied by {spread:.1f}: something else works here, the run is void")
    return took, lost_by


def arrived(ground: Ground, slug: str, count: int) -> int:
    """How many messages the queue holds, each once; it is empty afterwards."""
    from tests.live.oracle import fresh_queues, take_all

    queue = topology.partner_queue(slug)
    bodies: list[bytes] = []
    deadline = time.monotonic() + PATIENCE
    # What is sent unconfirmed may still be on its way.
    while len(bodies) < count and time.monotonic() < deadline:
        bodies += take_all(ground.broker.admin_url, queue)
    fresh_queues(ground.broker.admin_url, slug)
    if len(bodies) != len(set(bodies)):
        raise SystemExit(f"void: {len(bodies)} messages, {len(set(bodies))} distinct ({slug})")
    return len(bodies)


# --- Peers -------------------------------------------------------------------------------------


def peer_rows(ground: Ground, peers: Mapping[str, Contestant], relay: list[float]) -> list[Row]:
    administration.declare(ground.broker.admin_url, peers)
    for peer in peers.values():
        peer.ask("prepare")
    took, lost_by = interleaved(ground, peer_runs(peers), PEER_ROUNDS)
    took["celery_outbox"] = min(took.pop("one thread"), took.pop("eight threads"), key=median)
    return [
        compare(
            f"relay / {PEERS[name][0]}",
            [median(relay)] * PEER_ROUNDS,
            [PEER_COUNT / each for each in took[name]],
            n=f"{PEER_ROUNDS} x {PEER_COUNT}",
            note=f"{PEER_COUNT / median(took[name]):.0f} messages/s, lost {lost_by[name]}",
            target=PEERS[name][1],
        )
        for name in peers
    ]


def peer_runs(peers: Mapping[str, Contestant]) -> dict[str, tuple[str, int, Callable[[], float]]]:
    def run(name: str, **more: int) -> tuple[str, int, Callable[[], float]]:
        return name, PEER_COUNT, lambda: peers[name].ask("drain", count=PEER_COUNT, **more)

    return {
        "jaiminho": run("jaiminho"),
        "outbox_pattern": run("outbox_pattern"),
        "one thread": run("celery_outbox", threads=1),
        "eight threads": run("celery_outbox", threads=8),
    }


@contextmanager
def contestants(ground: Ground) -> Iterator[tuple[Contestant, Contestant, dict[str, Contestant]]]:
    """Ours on PostgreSQL and on SQLite, and the peers in an environment of their own."""
    here = Path(sys.executable)
    env = {**os.environ, "AMQP_URL": ground.broker.url}
    lite = {**env, "DATABASE_URL": f"sqlite:///{ground.home / 'bench.sqlite3'}"}
    started = [
        Contestant("relay", python=here, module="bench.ours", env=env),
        Contestant("relay on SQLite", python=here, module="bench.ours", env=lite),
    ]
    theirs = peers_python()
    peers_database()
    away = {
        **env, "DATABASE_URL": ground.database.url, "AMQP_URL": ground.broker.admin_url,
        "STOMP_PORT": str(ground.broker.stomp_port),
    }  # fmt: skip
    peers = {
        name: Contestant(name, python=theirs, module=f"bench.peers.{name}",
                         env={**away, "DJANGO_SETTINGS_MODULE": "bench.peers.settings"})
        for name in PEERS
    }  # fmt: skip
    try:
        yield started[0], started[1], peers
    finally:
        for each in (*started, *peers.values()):
            each.close()


def peers_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE peers")


def peers_python() -> Path:
    """The interpreter of the peers' environment, made from their own lock where it is missing."""
    home = VAR / "bench-peers"
    python = home / "bin" / "python"
    stamp = home / "lock"
    if not stamp.exists() or stamp.read_bytes() != LOCK.read_bytes():
        venv.create(home, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-qq", "--require-hashes", "-r", str(LOCK)]
        subprocess.run(install, check=True)
        stamp.write_bytes(LOCK.read_bytes())
    return python
