"""What the peers' processes share: Django, their tables, and a payload of 1 KiB."""

from __future__ import annotations

import logging

import django

logging.disable(logging.CRITICAL)
django.setup()


def prepare() -> int:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    return 0


def payload(number: int) -> dict[str, str]:
    """1 KiB as JSON, each different."""
    head = f'{{"id": "{number:010d}", "filling": ""}}'
    return {"id": f"{number:010d}", "filling": "x" * (1024 - len(head))}
