"""One sealed file with the database and the documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import backup
from referrals import clock


class Command(BaseCommand):
    help = (
        "Write one sealed file with the whole database, in one snapshot, and every stored "
        "document, and read it to its end. It is sealed under the first of "
        "FIELD_ENCRYPTION_KEYS and holds no key: keep the keys, and BLIND_INDEX_KEY, somewhere "
        "else. The portal may be in use meanwhile. --check reads an existing one and changes "
        "nothing. Exit status: 0 whole; 1 not made, not whole, or a document's file is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="a folder, where it is named by its time; or a file")
        parser.add_argument("--check", action="store_true", help="only read this one")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["path"])
        try:
            counted = backup.check(path) if options["check"] else self._make(path)
        except (OSError, backup.Damaged) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(
            f"whole: of {counted.made_at}, {counted.size:,} bytes, {counted.files} files"
        )
        if counted.missing:
            raise CommandError(f"{counted.missing} documents have no file: run it again.")

    def _make(self, path: Path) -> Any:
        if path.is_dir():
            path = path / f"tandem-{clock.now():%Y%m%dT%H%M%SZ}.backup"
        if path.exists():
            raise CommandError(f"{path} is there already; nothing was written over it.")
        counted = backup.make(path, progress=self.stdout.write)
        self.stdout.write(f"written to {path}")
        return counted
