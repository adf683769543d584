"""What could not be delivered or applied: list it, send it again, throw it away."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from pika.exceptions import AMQPError

from integrations.discarding import REASONS
from integrations.inbox.parked import STUCK
from integrations.models import Delivery, DeliveryStatus, InboxMessage, Partner
from referrals.actors import SYSTEM
from referrals.errors import DomainError, NotFound
from referrals.operations import dead_letters, partner_systems

BROKER, TABLES = ("events", "commands"), ("deliveries", "inbox")


class Command(BaseCommand):
    help = (
        "Lists, sends again or throws away what a partner's messages came to grief over: "
        "`events` and `commands` are the dead-letter queues of the broker, `deliveries` what is "
        "parked in the outbox, `inbox` the commands that are parked or quarantined. `requeue` "
        "sends an event again with the same bytes, stores a command, or starts it again. "
        "`discard` needs --reason; for a delivery it sends a tombstone in its place. Each act is "
        "written into the access log. Exit status: 0 done, 1 refused or some are left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["list", "requeue", "discard"])
        parser.add_argument("partner", help="the partner's slug")
        parser.add_argument("--kind", choices=[*BROKER, *TABLES], help="one kind alone")
        parser.add_argument("--id", action="append", dest="ids", default=[], metavar="ID",
                            help="as `list` shows it; may be given several times")  # fmt: skip
        parser.add_argument("--all", action="store_true", help="all of that kind")
        parser.add_argument("--reason", choices=sorted(REASONS), help="for discard")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            partner = partner_systems.find_slug(options["partner"], by=SYSTEM)
            if options["act"] == "list":
                self._list(partner, options["kind"])
            else:
                self._act(partner, options)
        except NotFound as error:
            raise CommandError("There is no partner with this slug.") from error
        except DomainError as error:
            raise CommandError(error.detail) from error
        except (AMQPError, OSError) as error:
            raise CommandError("The broker does not answer: " + type(error).__name__) from error

    # --- list ---------------------------------------------------------------------------------

    def _list(self, partner: Partner, kind: str | None) -> None:
        kinds = [kind] if kind else [*(BROKER if settings.AMQP_URL else ()), *TABLES]
        total = 0
        for each in kinds:
            for line in _lines(partner, each):
                self.stdout.write(f"{each}\t{line}")
                total += 1
        self.stdout.write(f"{total} in all")

    # --- requeue, discard -----------------------------------------------------------------------

    def _act(self, partner: Partner, options: dict[str, Any]) -> None:
        if not options["kind"]:
            raise CommandError("Say which: --kind events, commands, deliveries or inbox.")
        if bool(options["ids"]) == options["all"]:
            raise CommandError("Say which: --id, or --all for all of that kind.")
        if options["act"] == "discard" and not options["reason"]:
            raise CommandError("Say why with --reason.")
        done, left = (_at_broker if options["kind"] in BROKER else _in_table)(partner, options)
        self.stdout.write(f"{done} done, {left} left")
        if left:
            raise CommandError(f"{left} could not be dealt with and are where they were")


def _lines(partner: Partner, kind: str) -> Iterator[str]:
    if kind in BROKER:
        for letter in dead_letters.look(partner, kind, url=_broker(), by=SYSTEM):
            yield f"{letter.id}\t{letter.type}\t{letter.why} x{letter.times}\t{letter.died_at}"
    elif kind == "deliveries":
        for owed in _parked(partner):
            yield f"{owed.pk}\t{owed.type}\t{owed.last_error}\t{owed.created_at.isoformat()}"
    else:
        for row in _stuck(partner):
            yield f"{row.pk}\t{row.type}\t{row.reason}\t{row.received_at.isoformat()}"


def _at_broker(partner: Partner, options: dict[str, Any]) -> tuple[int, int]:
    given = {"ids": options["ids"], "url": _broker(), "by": SYSTEM, "door": "command"}
    if options["act"] == "requeue":
        found = dead_letters.requeue(partner, options["kind"], **given)
    else:
        found = dead_letters.discard(partner, options["kind"], reason=options["reason"], **given)
    missing = len(set(options["ids"])) - found.done - found.left if options["ids"] else 0
    return found.done, found.left + max(missing, 0)


def _in_table(partner: Partner, options: dict[str, Any]) -> tuple[int, int]:
    rows = _parked(partner) if options["kind"] == "deliveries" else _stuck(partner)
    ids = [int(i) for i in options["ids"] if i.isdecimal()] or [row.pk for row in rows]
    done = 0
    for id_ in ids:
        try:
            _deal_with(partner, id_, options)
            done += 1
        except DomainError:
            continue
    return done, len(options["ids"] or ids) - done


def _deal_with(partner: Partner, id_: int, options: dict[str, Any]) -> None:
    who: dict[str, Any] = {"by": SYSTEM, "door": "command"}
    if options["kind"] == "inbox":
        if options["act"] == "requeue":
            partner_systems.restart_command(partner, id_, **who)
        else:
            partner_systems.discard_command(partner, id_, reason=options["reason"], **who)
    elif options["act"] == "requeue":
        partner_systems.retry(partner, id_, **who)
    elif partner.active:
        partner_systems.skip(partner, id_, **who)
    else:
        partner_systems.cancel(partner, id_, **who)


def _parked(partner: Partner) -> list[Delivery]:
    return list(partner.delivery_set.filter(status=DeliveryStatus.PARKED).order_by("pk"))


def _stuck(partner: Partner) -> list[InboxMessage]:
    return list(partner.inboxmessage_set.filter(status__in=STUCK).order_by("pk"))


def _broker() -> str:
    if not settings.AMQP_URL:
        raise CommandError("AMQP_URL is not set: there is no broker to ask.")
    return settings.AMQP_URL
