"""Check that the access log was not altered."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from referrals.access.verify import Report, verify

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Recompute the sealed chain of the access log and hold it against its anchor. "
        "Exits with 1 and names the first bad entry if anything was altered."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="list every fault, not the first 20")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify()
        self.stdout.write(
            f"{report.entries} entries, {report.seals} sealed, {report.waiting} waiting, "
            f"{report.anchored} batches anchored, checked in {report.seconds:.2f} s "
            f"({report.per_second:,.0f} a second)"
        )
        if report.ok:
            self.stdout.write("The access log is whole.")
            return
        self._show(report, len(report.faults) if options["all"] else SHOWN)
        sys.exit(1)

    def _show(self, report: Report, most: int) -> None:
        self.stderr.write(f"{len(report.faults)} faults. First: {report.first}")
        for fault in report.faults[:most]:
            self.stderr.write(f"  {fault}")
