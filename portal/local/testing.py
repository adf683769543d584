"""`make test`: the four parts of the tests, each with the private servers that it needs."""

import argparse
import os
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.local import apt, processes
from portal.local.paths import PYTHON, ROOT, say
from portal.local.postgres import PostgreSQL
from portal.local.rabbitmq import RabbitMQ
from portal.local.supervise import Supervisor

# A part that takes longer hangs: it is ended, and fails.
PART_SECONDS = 1500


@dataclass(frozen=True)
class Part:
    """A selection of tests and the system packages that they cannot do without."""

    name: str
    marks: str
    needs: tuple[apt.Package, ...] = ()
    options: tuple[str, ...] = ()


PARTS = (
    Part("unit", "not pg and not broker and not browser", needs=apt.PAPER, options=("-n", "2")),
    Part("pg", "pg and not broker and not browser", needs=(apt.POSTGRESQL, apt.CLAMAV)),
    Part("broker", "broker and not browser", needs=(apt.POSTGRESQL, apt.RABBITMQ)),
    Part("browser", "browser", needs=(apt.POSTGRESQL, apt.CHROMIUM, apt.FONTS)),
)


@dataclass(frozen=True)
class Outcome:
    """What one part's run came to; `status` is pytest's, 0 when all is well."""

    part: str
    status: int
    passed: int
    failed: int
    skipped: int
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=["all", *(p.name for p in PARTS)])
    chosen, options = parser.parse_known_args()
    parts = [part for part in PARTS if chosen.part in ("all", part.name)]
    apt.require(*{package for part in parts for package in part.needs})
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="tandem-test-") as folder, Supervisor() as supervisor:
        home = Path(folder)
        home.chmod(0o755)
        env = start_servers(supervisor, home, parts)
        outcomes += [run_part(part, env, home, options) for part in parts]
    summarise(outcomes)
    if len(outcomes) < len(parts) or any(outcome.status for outcome in outcomes):
        raise SystemExit(1)


def start_servers(
    supervisor: Supervisor, home: Path, parts: Sequence[Part]
) -> dict[str, dict[str, str]]:
    """Start what the parts need; returns, by part, the variables that lead there."""
    needs = {package for part in parts for package in part.needs}
    database: dict[str, str] = {}
    broker: dict[str, str] = {}
    if apt.POSTGRESQL in needs:
        postgres = PostgreSQL(home, durable=False)
        supervisor.start(postgres)
        database = {"DATABASE_URL": postgres.url}
    if apt.RABBITMQ in needs:
        rabbitmq = RabbitMQ(home)
        supervisor.start(rabbitmq)
        broker = {"AMQP_URL": rabbitmq.url, "AMQP_ADMIN_URL": rabbitmq.admin_url}
    return {
        "unit": {},
        "pg": database,
        "broker": {**database, **broker},
        # Playwright's loop runs in the test's own thread, where Django would refuse the database.
        "browser": {**database, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"},
    }


def run_part(
    part: Part, env: Mapping[str, Mapping[str, str]], home: Path, options: Sequence[str]
) -> Outcome:
    say(f"\n== {part.name}")
    report = home / f"{part.name}.xml"
    command = [
        *(str(PYTHON), "-m", "pytest", "-m", part.marks, f"--junitxml={report}", *part.options),
        *("--create-db", "-q", *options),
    ]
    started = time.monotonic()
    status = run_pytest(command, {**os.environ, **env[part.name]})
    return count(part.name, report, status, time.monotonic() - started)


def run_pytest(command: Sequence[str], env: Mapping[str, str]) -> int:
    process = subprocess.Popen(command, cwd=ROOT, env=dict(env), start_new_session=True)
    try:
        return process.wait(PART_SECONDS)
    except subprocess.TimeoutExpired:
        say(f"ended after {PART_SECONDS} seconds: it hangs")
        return 1
    finally:
        processes.end(process, patience=5)


def count(part: str, report: Path, status: int, seconds: float) -> Outcome:
    if not report.exists():
        return Outcome(part, status or 1, 0, 0, 0, seconds)
    # Written by pytest a moment ago, so not an outsider's XML.
    suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314
    figure = {} if suite is None else suite.attrib
    failed = int(figure.get("failures", 0)) + int(figure.get("errors", 0))
    skipped = int(figure.get("skipped", 0))
    passed = int(figure.get("tests", 0)) - failed - skipped
    return Outcome(part, status, passed, failed, skipped, seconds)


def summarise(outcomes: Sequence[Outcome]) -> None:
    say("")
    for each in outcomes:
        trouble = "" if not each.status else f"  (pytest ended with status {each.status})"
        say(
            f"{each.part:<8} {each.passed} passed, {each.failed} failed, "
            f"{each.skipped} skipped in {each.seconds:.0f} s{trouble}"
        )
    passed, failed = sum(o.passed for o in outcomes), sum(o.failed for o in outcomes)
    say(f"{passed} passed, {failed} failed")


if __name__ == "__main__":
    main()
