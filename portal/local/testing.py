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
    # It waits more than it works: it runs beside those after it, with servers of its own.
    beside: bool = False


PARTS = (
    Part("unit", "not pg and not broker and not browser", needs=apt.PAPER, options=("-n", "2")),
    Part("broker", "broker and not browser", needs=(apt.POSTGRESQL, apt.RABBITMQ), beside=True),
    Part("pg", "pg and not broker and not browser", needs=(apt.POSTGRESQL, apt.CLAMAV)),
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
        outcomes += run_parts(parts, env, home, options)
    summarise(outcomes)
    if len(outcomes) < len(parts) or any(outcome.status for outcome in outcomes):
        raise SystemExit(1)


def start_servers(
    supervisor: Supervisor, home: Path, parts: Sequence[Part]
) -> dict[str, dict[str, str]]:
    """Start what the parts need; returns, by part, the variables that lead there."""
    database = start_postgres(supervisor, home, [part for part in parts if not part.beside])
    broker: dict[str, str] = {}
    beside = [part for part in parts if part.beside]
    if beside:
        own = home / "beside"
        own.mkdir(mode=0o755)
        rabbitmq = RabbitMQ(own)
        broker = start_postgres(supervisor, own, beside)
        supervisor.start(rabbitmq)
        broker |= {"AMQP_URL": rabbitmq.url, "AMQP_ADMIN_URL": rabbitmq.admin_url}
    return {
        "unit": {},
        "pg": database,
        "broker": broker,
        # Playwright's loop runs in the test's own thread, where Django would refuse the database.
        "browser": {**database, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"},
    }


def start_postgres(supervisor: Supervisor, home: Path, parts: Sequence[Part]) -> dict[str, str]:
    """A server for these parts, if one of them needs it."""
    if not any(apt.POSTGRESQL in part.needs for part in parts):
        return {}
    postgres = PostgreSQL(home, durable=False)
    supervisor.start(postgres)
    return {"DATABASE_URL": postgres.url}


def run_parts(
    parts: Sequence[Part], env: Mapping[str, Mapping[str, str]], home: Path, options: Sequence[str]
) -> list[Outcome]:
    """One after the other; the outcomes in the order in which they ended."""
    outcomes: list[Outcome] = []
    running: list[Run] = []
    try:
        for part in parts:
            run = Run(part, env[part.name], home, options, apart=part.beside and len(parts) > 1)
            running.append(run)
            if not run.apart:
                outcomes.append(run.outcome())
        outcomes += [run.outcome() for run in running if run.apart]
    finally:
        for run in running:
            run.end()
    return outcomes


class Run:
    """pytest at work on one part. What it prints is shown at its end where it runs `apart`."""

    def __init__(
        self, part: Part, env: Mapping[str, str], home: Path, options: Sequence[str], *, apart: bool
    ) -> None:
        self.part, self.apart = part, apart
        self.report, self.printed = home / f"{part.name}.xml", home / f"{part.name}.txt"
        if not apart:
            say(f"\n== {part.name}")
        command = [
            *(str(PYTHON), "-m", "pytest", "-m", part.marks, f"--junitxml={self.report}"),
            *(*part.options, "--create-db", "-q", *options),
        ]
        self.began = time.monotonic()
        with self.printed.open("wb") as file:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **env}, start_new_session=True,
                stdout=file if apart else None, stderr=subprocess.STDOUT if apart else None,
            )  # fmt: skip

    def outcome(self) -> Outcome:
        """Waits for the end, and shows what was printed apart."""
        status = self._wait()
        seconds = time.monotonic() - self.began
        if self.apart:
            say(f"\n== {self.part.name}, beside the others")
            say(self.printed.read_text(errors="replace").rstrip())
        return count(self.part.name, self.report, status, seconds)

    def end(self) -> None:
        """End what is left of it."""
        processes.end(self.process, patience=5)

    def _wait(self) -> int:
        try:
            return self.process.wait(PART_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"{self.part.name} was ended after {PART_SECONDS} seconds: it hangs")
            self.end()
            return 1


def count(part: str, report: Path, status: int, seconds: float) -> Outcome:
    if not report.exists():
        return Outcome(part, status or 1, 0, 0, 0, seconds)
    # Written by pytest a moment ago, so not an outsider's XML.
    suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314
    figure = {} if suite is None else suite.attrib
    failed = int(figure.get("failures", 0)) + int(figure.get("errors", 0))
    skipped = int(figure.get("skipped", 0))
    passed = int(figure.get("tests", 0)) - failed - skipped
    # By pytest's own clock: who ran beside the others may have been waited for.
    seconds = float(figure.get("time", seconds))
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
