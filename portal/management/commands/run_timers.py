"""The portal's own clockwork, as a process beside the web."""

from __future__ import annotations

import time
from threading import Event
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from integrations.management.signals import stopped_by_signal
from portal.timers import JOBS

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = (
        "Run the timers: seal the access log, send reminders, expire unanswered requests, close "
        "what was answered, and delete expired answers, sessions, tokens and interrupted posts. "
        "Runs until SIGTERM or Ctrl-C; with --once, runs each job one time and exits."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run each job once, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            for name, (job, _) in JOBS.items():
                self.stdout.write(f"{name}: {job()}")
            return
        run(stopped_by_signal())


def run(stop: Event) -> None:
    """Each job when it is due, one after the other, until `stop`."""
    due = dict.fromkeys(JOBS, 0.0)
    while not stop.is_set():
        run_due(due)
        stop.wait(1)


def run_due(due: dict[str, float]) -> None:
    """Run what is due and note, in `due`, when it is due again (monotonic seconds)."""
    close_old_connections()
    for name, (job, every) in JOBS.items():
        if time.monotonic() < due[name]:
            continue
        due[name] = time.monotonic() + every
        try:
            job()
        except (Error, OSError) as problem:
            # The database or the mail server is away: say so, try again next time.
            log.error("timer_failed", worker=name, exc_info=problem)
