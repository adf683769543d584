"""Take partners' commands from the broker and apply them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from integrations.inbox import service
from integrations.management.signals import stopped_by_signal


class Command(BaseCommand):
    help = (
        "Takes the commands of partner systems from RabbitMQ (AMQP_URL), stores each before it "
        "is acknowledged, applies it once in effect and answers it through the outbox. Runs "
        "until SIGTERM or Ctrl-C. Several may run: one of them takes a partner's commands."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="apply what is stored already, then end"
        )
        parser.add_argument(
            "--interval", type=float, default=0.2, help="seconds between looks when idle (0.2)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"{service.process_all()} commands applied")
            return
        if not settings.AMQP_URL:
            self.stdout.write("No broker (AMQP_URL is not set): no command can arrive.")
        service.run(stop=stopped_by_signal(), interval=options["interval"])
