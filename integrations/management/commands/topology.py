"""Exchanges, queues and rights on the broker."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from pika.exceptions import AMQPError

from integrations import topology
from integrations.models import Delivery, DeliveryStatus, Partner
from integrations.rabbitmq import administration, definitions, inspection
from integrations.rabbitmq.findings import Finding, unbound


class Command(BaseCommand):
    help = (
        "The exchanges, queues and policies that Tandem needs, for the partners that are "
        "registered. `print` writes RabbitMQ definitions with the least rights of each partner. "
        "`check` asks the broker of AMQP_URL and names each fault with its mend (exit status 1); "
        "with AMQP_ADMIN_URL in the environment, an account that may declare, it compares types, "
        "arguments and bindings too; with --definitions it compares all of that, and rights, with "
        "what `rabbitmqctl export_definitions` wrote, and asks no broker. `declare` creates what "
        "is missing with the account of AMQP_ADMIN_URL; it is for the demo and for development "
        "alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["print", "check", "declare"])
        parser.add_argument(
            "--definitions", metavar="FILE",
            help="for check: an export of the broker's definitions; - reads standard input",
        )  # fmt: skip
        parser.add_argument("--vhost", default="/", help="the virtual host's name (/)")

    def handle(self, *args: Any, **options: Any) -> None:
        slugs = list(Partner.objects.order_by("slug").values_list("slug", flat=True))
        acts = {"print": self._print, "check": self._check, "declare": self._declare}
        try:
            acts[options["act"]](slugs, options)
        except (AMQPError, OSError) as error:
            raise CommandError(f"The broker does not answer as expected: {_kind(error)}") from error

    def _print(self, slugs: list[str], options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(topology.definitions(slugs, vhost=options["vhost"]), indent=2))

    def _check(self, slugs: list[str], options: dict[str, Any]) -> None:
        if options["definitions"]:
            found = _compared(options["definitions"], slugs, options["vhost"])
        elif settings.AMQP_URL:
            admin = os.environ.get("AMQP_ADMIN_URL", "")
            found = inspection.inspect(settings.AMQP_URL, slugs, admin_url=admin)
            named = {finding.name for finding in found}
            found += [each for each in _returned() if each.name not in named]
        else:
            raise CommandError("AMQP_URL is not set: there is no broker to check.")
        if found:
            raise CommandError("\n".join(map(str, found)))
        self.stdout.write("The broker has everything.")

    def _declare(self, slugs: list[str], options: dict[str, Any]) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("Outside the demo, import what `topology print` writes.")
        url = os.environ.get("AMQP_ADMIN_URL")
        if not url:
            raise CommandError("AMQP_ADMIN_URL is not set: an account that may declare is needed.")
        for name in administration.declare(url, slugs):
            self.stdout.write(name)


def _compared(path: str, slugs: list[str], vhost: str) -> list[Finding]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        return definitions.compare(json.loads(text), slugs, vhost=vhost)
    except (ValueError, OSError) as error:
        raise CommandError(
            "--definitions takes the JSON that `rabbitmqctl export_definitions` writes."
        ) from error


def _returned() -> Iterator[Finding]:
    """Queues that are there, and whose messages came back all the same."""
    waiting = Delivery.objects.filter(
        status=DeliveryStatus.PENDING, last_error__startswith="returned"
    )
    for slug in (
        waiting.order_by("partner__slug").values_list("partner__slug", flat=True).distinct()
    ):
        queue = topology.queues_of(slug)[0]
        yield unbound(queue.name, queue.exchange, queue.binding)


def _kind(error: Exception) -> str:
    return f"{type(error).__name__} {getattr(error, 'reply_code', '')}".strip()
