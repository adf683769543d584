"""A backup into an empty installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import backup
from portal.backup.restoring import Refused


class Command(BaseCommand):
    help = (
        "Put a backup into an installation in which nobody has worked yet: on PostgreSQL a "
        "database to which `migrate` of the same release was applied, with the owner's login; "
        "on SQLite a new file. The key that sealed it must be in FIELD_ENCRYPTION_KEYS. The "
        "whole backup is read before anything is changed. Exit status: 0 restored; 1 refused or "
        "not whole, and the database is as it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="the file that `backup` wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counted = backup.restore(Path(options["path"]), progress=self.stdout.write)
        except (OSError, backup.Damaged, Refused) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"restored: of {counted.made_at}, {counted.files} files")
        self.stdout.write("Next: verify_versions, verify_audit, then start the processes.")
