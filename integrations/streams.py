"""Gap-free sequence numbers, one run for each CloudEvents source."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

_ALLOCATE = """
INSERT INTO integrations_stream (source, last_sequence) VALUES {rows}
ON CONFLICT (source) DO UPDATE SET last_sequence = integrations_stream.last_sequence + 1
RETURNING source, last_sequence
"""


def allocate(sources: Iterable[str]) -> dict[str, int]:
    """The next number of each source, in one statement.

    The row stays locked until the transaction ends, so a number is given again after a
    rollback and the next one cannot be taken before this one is committed. The sources go in
    sorted order, so that two transactions cannot wait for each other.
    """
    ordered = sorted(set(sources))
    rows = ", ".join(["(%s, 1)"] * len(ordered))
    with connection.cursor() as cursor:
        cursor.execute(_ALLOCATE.format(rows=rows), ordered)
        return dict(cursor.fetchall())
