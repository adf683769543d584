"""A mail server on this machine that keeps what it is given, and can be made to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.test import override_settings

from portal.local.processes import free_ports


@dataclass
class Trap:
    """`answer` is what DATA is answered with; `delay` comes before it. `seen` is raw bytes."""

    answer: str = "250 taken"
    delay: float = 0
    seen: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.delay)
        if self.answer.startswith("250"):
            self.seen.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        return self.answer

    def message_ids(self) -> list[str]:
        lines = [line for raw in self.seen for line in raw.decode().splitlines()]
        return [line for line in lines if line.startswith("Message-ID:")]


@contextmanager
def running(trap: Trap, **settings: Any) -> Iterator[int]:
    """The trap on a free port, with the site's mail pointed at it; gives the port."""
    (port,) = free_ports(1)
    controller = Controller(trap, hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    try:
        with pointed_at(port, **settings):
            yield port
    finally:
        controller.stop()


@contextmanager
def pointed_at(port: int, **settings: Any) -> Iterator[None]:
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_HOST_USER="", EMAIL_HOST_PASSWORD="",
        EMAIL_USE_TLS=settings.pop("tls", False), EMAIL_USE_SSL=False, EMAIL_TIMEOUT=5, **settings,
    ):  # fmt: skip
        yield
