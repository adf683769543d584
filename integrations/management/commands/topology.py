"""Exchanges, queues and rights on the broker."""

from __future__ import annotations

import json
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from pika.exceptions import AMQPError

from integrations import topology
from integrations.models import Partner
from integrations.rabbitmq import administration


class Command(BaseCommand):
    help = (
        "The exchanges and queues that Tandem needs, for the partners that are registered. "
        "`print` writes RabbitMQ definitions with the least rights of each partner. `check` "
        "asks the broker of AMQP_URL and names what is missing (exit status 1). `declare` "
        "creates what is missing with the account of the environment variable AMQP_ADMIN_URL; "
        "it is for the demo and for development alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["print", "check", "declare"])

    def handle(self, *args: Any, **options: Any) -> None:
        slugs = list(Partner.objects.order_by("slug").values_list("slug", flat=True))
        try:
            {"print": self._print, "check": self._check, "declare": self._declare}[options["act"]](
                slugs
            )
        except (AMQPError, OSError) as error:
            raise CommandError(f"The broker does not answer as expected: {_kind(error)}") from error

    def _print(self, slugs: list[str]) -> None:
        self.stdout.write(json.dumps(topology.definitions(slugs), indent=2))

    def _check(self, slugs: list[str]) -> None:
        if not settings.AMQP_URL:
            raise CommandError("AMQP_URL is not set: there is no broker to check.")
        missing = administration.missing(settings.AMQP_URL, slugs)
        if missing:
            raise CommandError("Missing on the broker: " + ", ".join(missing))
        self.stdout.write("The broker has everything.")

    def _declare(self, slugs: list[str]) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("Outside the demo, import what `topology print` writes.")
        url = os.environ.get("AMQP_ADMIN_URL")
        if not url:
            raise CommandError("AMQP_ADMIN_URL is not set: an account that may declare is needed.")
        for name in administration.declare(url, slugs):
            self.stdout.write(name)


def _kind(error: Exception) -> str:
    return f"{type(error).__name__} {getattr(error, 'reply_code', '')}".strip()
