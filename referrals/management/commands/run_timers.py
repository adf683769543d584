"""The portal's own clockwork, as a process beside the web."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from referrals.timers import JOBS

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run the timers: seal the access log, send reminders, expire unanswered requests, "
        "close what was answered, forget kept answers. Runs until SIGTERM or Ctrl-C; "
        "with --once, runs each job one time and exits."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run each job once, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            for name, (job, _) in JOBS.items():
                self.stdout.write(f"{name}: {job()}")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        due = dict.fromkeys(JOBS, 0.0)
        while not stop.is_set():
            self._round(due)
            stop.wait(1)

    def _round(self, due: dict[str, float]) -> None:
        close_old_connections()
        for name, (job, every) in JOBS.items():
            if time.monotonic() < due[name]:
                continue
            due[name] = time.monotonic() + every
            try:
                job()
            except (Error, OSError) as problem:
                # The database or the mail server is away: say so, try again next time.
                log.error("timer_failed", extra={"job": name, "problem": type(problem).__name__})
