"""Private servers, a fresh database and the people of the tests, for one run."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from portal.local import apt, environment, processes
from portal.local.postgres import PostgreSQL
from portal.local.rabbitmq import RabbitMQ
from portal.local.supervise import Supervisor


@dataclass(frozen=True)
class Ground:
    home: Path
    database: PostgreSQL
    broker: RabbitMQ


@contextmanager
def ground() -> Iterator[Ground]:
    """PostgreSQL (with fsync, as in production) and RabbitMQ; Django set up and migrated."""
    apt.require(apt.POSTGRESQL, apt.RABBITMQ)
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder, Supervisor() as supervisor:
        home = Path(folder)
        home.chmod(0o755)
        found = Ground(home, PostgreSQL(home), RabbitMQ(home, stomp=True))
        supervisor.start(found.database)
        supervisor.start(found.broker)
        load_django(found)
        yield found


def load_django(found: Ground) -> None:
    env = environment.demo(
        port=processes.free_ports(1)[0], home=found.home,
        database=found.database.url, broker=found.broker.url,
    )  # fmt: skip
    # One process counts for itself here; the tests' settings need no collected static files.
    env.pop("PROMETHEUS_MULTIPROC_DIR")
    os.environ.update({**env, "DJANGO_SETTINGS_MODULE": "tests.settings"})
    logging.disable(logging.CRITICAL)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Row:
    """One line of the table; `target` is what the ratio is held against, where there is one."""

    name: str
    ratio: float
    low: float
    high: float
    n: str
    note: str
    target: str = ""


def compare(name: str, measured: list[float], baseline: list[float], **more: str) -> Row:
    """The ratio of two medians, with the ratios of the rounds as its spread."""
    rounds = sorted(a / b for a, b in zip(measured, baseline, strict=True))
    return Row(name, median(measured) / median(baseline), rounds[0], rounds[-1], **more)
