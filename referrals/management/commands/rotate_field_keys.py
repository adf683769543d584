"""Seal every encrypted column anew under the first field encryption key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from referrals.encryption.errors import EncryptionError
from referrals.encryption.rotation import rotate
from referrals.files import upkeep


class Command(BaseCommand):
    help = (
        "Seal every encrypted column anew under the first of FIELD_ENCRYPTION_KEYS. Can be broken "
        "off and started again; files are sealed anew too. Once it ends without a fault, no column "
        "and no file needs an older key; message bodies written before, and older backups, do."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="rows in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = rotate(batch=max(1, options["batch"]), progress=self._progress)
            files, lost = upkeep.reseal_all()
        except EncryptionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{result.resealed} values sealed anew, {result.current} were current already, "
            f"{result.overtaken} saved by others meanwhile, {len(result.damaged)} do not open"
        )
        for place in result.damaged:
            self.stderr.write(f"  does not open: {place}")
        self.stdout.write(f"{files} files sealed anew, {lost} do not open")
        if result.damaged or result.overtaken or lost:
            raise CommandError("Some values may still be under an older key. Run it again.")

    def _progress(self, table: str, done: int, total: int) -> None:
        self.stdout.write(f"{table}: {done} of {total} rows")
