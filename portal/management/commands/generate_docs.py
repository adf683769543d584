"""Write or check the documents that are made from code."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import documents


class Command(BaseCommand):
    help = (
        "Write the generated documents (docs/lifecycle.md, docs/openapi.yaml, the schemas of "
        "messages and others). A message whose schema on file would be broken is refused. "
        "With --check nothing is written: exit status 1 and the names of the stale ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say which are stale")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = documents.broken_promises()
        if broken:
            raise CommandError("Messages break what is on file:\n" + "\n".join(broken))
        if not options["check"]:
            documents.write()
            self.stdout.write("\n".join(documents.DOCUMENTS))
            return
        stale = documents.stale()
        if stale:
            raise CommandError("Stale, run make docs: " + ", ".join(stale))
        self.stdout.write(f"{len(documents.DOCUMENTS)} documents are fresh")
