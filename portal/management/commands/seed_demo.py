"""Fill an empty installation with the demo: people, a partner, and about 200 referrals."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.partners import register_client
from referrals.demo import seed

WIDTH = 30


class Command(BaseCommand):
    help = (
        "Write the demo data: four organizations, the documented sign-ins, the partner ehr-demo "
        "and about 200 invented referrals in every state over the last 90 days. Everybody knows "
        "these passwords, so it refuses to run without DEMO unless --force is given. Does nothing "
        "where the demo data is there already. Exit status: 0 done or there already, 1 refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="run without DEMO; never where patients are real"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEMO or options["force"]):
            raise CommandError(
                "The demo's passwords are public. Set DEMO, or give --force on a machine that "
                "nobody else reaches."
            )
        if seed.is_there():
            self.stdout.write("The demo data is there already. Nothing was changed.")
            return
        began = time.monotonic()
        done = seed.seed(register_client=register_client, report=self._progress())
        self._end_bar()
        took = time.monotonic() - began
        self.stdout.write(
            f"{done.referrals} referrals, walked by {done.acts} acts, in {took:.0f} seconds."
        )

    def _progress(self) -> seed.Report:
        """A bar on a terminal; elsewhere a line for each quarter."""
        shown = -1

        def report(share: float) -> None:
            nonlocal shown
            step = int(share * (WIDTH if self._is_terminal() else 4))
            if step <= shown:
                return
            shown = step
            if self._is_terminal():
                bar = "#" * step + "." * (WIDTH - step)
                self.stdout.write(f"\rDemo data [{bar}] {share:4.0%}", ending="")
                self.stdout.flush()
            elif step:
                self.stdout.write(f"Demo data: {share:.0%}")

        return report

    def _is_terminal(self) -> bool:
        return bool(self.stdout.isatty())

    def _end_bar(self) -> None:
        if self._is_terminal():
            self.stdout.write("")
