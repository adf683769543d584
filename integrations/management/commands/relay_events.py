"""Publish what is owed to partners, and give events their place in the feed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.management.signals import stopped_by_signal
from integrations.relay import service


class Command(BaseCommand):
    help = (
        "Publishes the events that wait in the outbox to RabbitMQ (AMQP_URL), each marked as "
        "sent only after the broker has confirmed it, and keeps the order of the feed. Without "
        "AMQP_URL it keeps the order of the feed alone. Runs until SIGTERM or Ctrl-C, then "
        "waits for what is under way. Several may run: when one ends, another takes over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="publish what is there, then end; 1 if some is left"
        )
        parser.add_argument(
            "--interval", type=float, default=0.2, help="seconds between looks when idle (0.2)"
        )
        parser.add_argument(
            "--timeout", type=float, default=60.0, help="most seconds for --once (60)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        relay = service.from_settings()
        if relay is None:
            self.stdout.write("No broker (AMQP_URL is not set): events wait in the outbox.")
        if options["once"]:
            left = service.drain(relay, timeout=options["timeout"])
            if relay and left:
                raise CommandError(f"{left} deliveries still wait or are parked", returncode=1)
            return
        service.run(relay, stop=stopped_by_signal(), interval=options["interval"])
