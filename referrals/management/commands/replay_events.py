"""Send a partner again what it was sent before."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.replay import Selection
from referrals.actors import SYSTEM
from referrals.errors import DomainError, NotFound
from referrals.operations import partner_systems


def moment(text: str) -> datetime:
    """A day or a time of ISO 8601; without an offset it is of the portal's time zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("write it like 2026-11-23 or 2026-11-23T14:00-05:00") from None
    return found if found.tzinfo else timezone.make_aware(found)


class Command(BaseCommand):
    help = (
        "Sends a partner again what it was sent before: with the same ids, sequence and bytes, "
        "in the same order, all of it or what the options leave. The relay does the sending. "
        "What waits, is parked or was skipped is not touched. Refuses what is past retention. "
        "Is written into the access log. Exit status: 0 done, 1 refused with the reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("partner", help="the partner's slug")
        parser.add_argument("--referral", type=UUID, help="events of this referral alone")
        parser.add_argument("--since", type=moment, help="recorded at this time or later")
        parser.add_argument("--until", type=moment, help="recorded at this time or earlier")
        parser.add_argument("--from-position", type=int, help="first position in the feed")
        parser.add_argument("--to-position", type=int, help="last position in the feed")
        parser.add_argument("--all", action="store_true", help="everything, without any limit")
        parser.add_argument("--dry-run", action="store_true", help="only say how many")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._replay(self._selection(options), dry_run=options["dry_run"])
        except NotFound as error:
            raise CommandError("There is no partner with this slug.") from error
        except DomainError as error:
            raise CommandError(error.detail) from error

    def _selection(self, options: dict[str, Any]) -> Selection:
        limits = {
            "subject": options["referral"],
            "since": options["since"],
            "until": options["until"],
            "first": options["from_position"],
            "last": options["to_position"],
        }
        if not options["all"] and all(limit is None for limit in limits.values()):
            raise CommandError("Say what: --referral, a range, or --all for everything.")
        return Selection(partner_systems.find_slug(options["partner"], by=SYSTEM), **limits)

    def _replay(self, selection: Selection, *, dry_run: bool) -> None:
        if dry_run:
            count = partner_systems.count_replay(selection, by=SYSTEM)
            self.stdout.write(f"{count} deliveries would be sent again. Nothing was changed.")
            return
        count = partner_systems.replay(
            selection, by=SYSTEM, door="command", progress=self._progress
        )
        self.stdout.write(f"{count} deliveries are sent again.")

    def _progress(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")
