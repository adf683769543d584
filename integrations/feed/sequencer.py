"""Give committed events their place in the feed.

A sequence number of the database is taken before the commit, so "ordinal > last seen" skips
whoever commits late. Here one sequencer at a time, under a lock, gives the next positions to
rows that it can see, which are committed ones; the next sequencer begins after this one has
committed. So a position that can be read implies that all lower ones can be read too.
"""

from __future__ import annotations

from django.db import connection, transaction

from integrations.models import Event

# Any constant will do; it names this lock among the advisory locks of the database.
_LOCK = 0x74616E64656D0001

_ASSIGN = """
UPDATE integrations_event
   SET position = placed.position
  FROM (SELECT ordinal AS placed_ordinal,
               (SELECT COALESCE(MAX(position), 0) FROM integrations_event)
               + ROW_NUMBER() OVER (ORDER BY ordinal) AS position
          FROM (SELECT ordinal FROM integrations_event
                 WHERE position IS NULL ORDER BY ordinal LIMIT %s) AS waiting) AS placed
 WHERE integrations_event.ordinal = placed.placed_ordinal
"""


BATCH = 5000


def assign_positions(*, limit: int = BATCH) -> int:
    """Place up to `limit` committed events; the number placed. Safe to call from anywhere.

    In ordinal order, which within a subject is the order of its sequence.
    """
    with transaction.atomic():
        _take_lock()
        with connection.cursor() as cursor:
            cursor.execute(_ASSIGN, [limit])
            return cursor.rowcount


def assign_all() -> None:
    """Place every committed event, however many wait."""
    while assign_positions() == BATCH:
        pass


def waiting() -> bool:
    """Whether there are events without a place."""
    return Event.objects.filter(position__isnull=True).exists()


def _take_lock() -> None:
    """One at a time: until the transaction ends, and before its first look at the rows.

    SQLite begins IMMEDIATE (settings), which is such a lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
