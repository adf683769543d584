"""Gap-free sequence numbers, one run for each CloudEvents source."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import connection

# The channel of NOTIFY on which the relay listens.
CHANNEL = "tandem_outbox"

_ALLOCATE = """
INSERT INTO integrations_stream (source, last_sequence) VALUES {rows}
ON CONFLICT (source) DO UPDATE SET last_sequence = integrations_stream.last_sequence + 1
RETURNING source, last_sequence
"""
# Sent with the commit, and once however often it is asked for in one transaction.
_WAKE = f", pg_notify('{CHANNEL}', '')"


def allocate(sources: Iterable[str], *, wake: bool = False) -> dict[str, int]:
    """The next number of each source, in one statement; with `wake` the relay is told.

    The row stays locked until the transaction ends, so a number is given again after a
    rollback and the next one cannot be taken before this one is committed. The sources go in
    sorted order, so that two transactions cannot wait for each other.
    """
    ordered = sorted(set(sources))
    rows = ", ".join(["(%s, 1)"] * len(ordered))
    with connection.cursor() as cursor:
        cursor.execute(_ALLOCATE.format(rows=rows) + _told(wake), ordered)
        return {source: number for source, number, *_ in cursor.fetchall()}


def _told(wake: bool) -> str:
    notifies = wake and settings.OUTBOX_NOTIFY and connection.vendor == "postgresql"
    return _WAKE if notifies else ""
