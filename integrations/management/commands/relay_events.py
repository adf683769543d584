"""Publish what is owed to partners, and give events their place in the feed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.management.signals import stopped_by_signal
from integrations.relay import service, startup


class Command(BaseCommand):
    help = (
        "Publishes the events that wait in the outbox to RabbitMQ (AMQP_URL), each marked as "
        "sent only after the broker has confirmed it, and keeps the order of the feed. Without "
        "AMQP_URL it keeps the order of the feed alone. Runs until SIGTERM or Ctrl-C, then "
        "waits for what is under way. Several may run: when one ends, another takes over. A "
        "broker that is away is waited for; one that is there and cannot keep the promises is "
        "refused with the mend (exit status 1)."
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
        if not settings.AMQP_URL:
            self.stdout.write("No broker (AMQP_URL is not set): events wait in the outbox.")
        try:
            if options["once"]:
                self._once(options["timeout"])
            else:
                self._run(options["interval"])
        except startup.BrokerUnfit as unfit:
            raise CommandError(f"Refusing to run: {unfit}") from unfit

    def _once(self, timeout: float) -> None:
        if settings.AMQP_URL:
            startup.check(settings.AMQP_URL)
        left = service.drain(service.from_settings(), timeout=timeout)
        if settings.AMQP_URL and left:
            raise CommandError(f"{left} deliveries still wait or are parked", returncode=1)

    def _run(self, interval: float) -> None:
        stop = stopped_by_signal()
        if settings.AMQP_URL:
            startup.wait_for_broker(
                settings.AMQP_URL, stop=stop, meanwhile=service.keep_feed_in_order
            )
        service.run(service.from_settings(), stop=stop, interval=interval)
