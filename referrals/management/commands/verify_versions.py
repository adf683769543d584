"""Check that what was sent is still what was sent: every frozen version against its SHA-256."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from referrals import versions
from referrals.models import ContentVersion


class Command(BaseCommand):
    help = (
        "Recompute the SHA-256 of every frozen version of every referral, or of one referral, "
        "and compare it with the sum that was kept. Exits 1 and names the first version that "
        "was altered."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reference", default="", help="one referral, like K7QX-2M4P")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = ContentVersion.objects.order_by("referral__reference", "number")
        rows = rows.select_related("referral")
        if options["reference"]:
            rows = rows.filter(referral__reference=options["reference"])
            if not rows.exists():
                raise CommandError("No version of a referral with this reference.")
        count = 0
        for version in rows.iterator(chunk_size=200):
            if not _unchanged(version):
                raise CommandError(
                    f"Version {version.number} of {version.referral.reference} was altered."
                )
            count += 1
        self.stdout.write(f"{count} versions unchanged")


def _unchanged(version: ContentVersion) -> bool:
    try:
        return versions.is_unchanged(version)
    except ValueError:  # what cannot be opened any more was altered too
        return False
