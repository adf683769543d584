"""The one sealer: takes new entries in order and links them into the chain.

Reading pages write entries without waiting for one another; the chain is made afterwards,
every few seconds, by whoever holds the lock. A turn that dies leaves nothing half done: the
links of a batch are one transaction, and a batch that missed its anchor gets it first thing
at the next turn.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from referrals.access import anchor, chain
from referrals.access.models import AccessEntry, AccessSeal

LOCK = 0x7A4DE3  # any number, the same in every process
# An entry's id is taken before its transaction ends, so it may turn up behind the last seal.
# A transaction that stays open while this many others end is found by verify as unsealed.
LOOK_BACK = 50_000


def seal_pending(limit: int = 5_000) -> int:
    """Seal up to `limit` entries and anchor them; the number sealed, 0 if another is at it.

    Must not be called inside a transaction. OSError where the anchor cannot be written:
    nothing more is sealed until it can.
    """
    alias = router.db_for_write(AccessSeal)
    with transaction.atomic(using=alias, durable=True):
        if not _alone(connections[alias]):
            return 0
        last = AccessSeal.objects.order_by("-number").first()
        _anchor_if_missing(last)
        seals = _links(last, _pending(last, limit, connections[alias]))
        AccessSeal.objects.bulk_create(seals, batch_size=500)
    if seals:
        anchor.append(_head(seals[-1]))
    return len(seals)


def seal_all() -> int:
    """Seal until nothing is left; the number sealed."""
    total = 0
    while count := seal_pending():
        total += count
    return total


def _alone(connection: BaseDatabaseWrapper) -> bool:
    """Take the sealer's lock until the transaction ends; on SQLite BEGIN IMMEDIATE has it."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _anchor_if_missing(last: AccessSeal | None) -> None:
    if last is None:
        return
    anchored = anchor.last()
    if anchored is None or anchored.batch < last.batch:
        anchor.append(_head(last))


def _pending(
    last: AccessSeal | None, limit: int, connection: BaseDatabaseWrapper
) -> list[tuple[int, str]]:
    """Ids and texts of the next entries without a seal, in order."""
    floor = last.entry_id - LOOK_BACK if last else 0
    query = (
        f"SELECT e.id, {chain.entry_sql(connection, 'e')} FROM {chain.ENTRY_TABLE} e "  # noqa: S608
        "WHERE e.id > %s AND NOT EXISTS "
        f"(SELECT 1 FROM {chain.SEAL_TABLE} s WHERE s.entry_id = e.id) "
        "ORDER BY e.id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [floor, limit])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def _links(last: AccessSeal | None, entries: list[tuple[int, str]]) -> list[AccessSeal]:
    number, previous = (last.number, last.hash) if last else (0, chain.GENESIS)
    batch = last.batch + 1 if last else 1
    now = timezone.now()
    stamp = moment_text(now)
    seals = []
    for entry_id, text in entries:
        number += 1
        link = chain.link_hash(number, batch, previous, stamp, text)
        seals.append(
            AccessSeal(
                number=number,
                batch=batch,
                entry_id=entry_id,
                previous_hash=previous,
                hash=link,
                sealed_at=now,
            )
        )
        previous = link
    return seals


def moment_text(moment: datetime) -> str:
    """A moment in the form of chain.text_sql."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _head(seal: AccessSeal) -> anchor.Head:
    return anchor.Head(
        batch=seal.batch,
        number=seal.number,
        hash=seal.hash,
        at=seal.sealed_at.astimezone(UTC).isoformat(),
    )


def unsealed() -> int:
    """How many entries wait for their seal."""
    return AccessEntry.objects.count() - AccessSeal.objects.count()
