"""Keep many messages of one partner with one statement; what is not new goes the long way.

The statement is a commit of its own, so that an acknowledgement of the whole batch may follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.db import DataError, connection
from django.utils import timezone

from integrations import driver, metrics
from integrations.inbox import storing
from integrations.inbox.parsing import Arrival, Unreadable
from integrations.inbox.signatures import Keyring
from integrations.models import Partner
from integrations.models.inbox import place_of

log = structlog.get_logger(__name__)

_INTO = """
INSERT INTO integrations_inboxmessage
       (partner_id, source, message_id, type, subject, body_sha256, body, status, received_at,
        reason, duplicates, started_attempts, problem_type)
"""
_NEW = "ON CONFLICT DO NOTHING RETURNING source, message_id"
_ROW = "(%s, %s, %s, %s, %s, %s, %s, 'received', %s, '', 0, 0, '')"
# A column of all rows is one parameter, in binary: a long text of values would take the server
# longer to read than to keep.
_FROM_COLUMNS = (
    _INTO
    + """
SELECT %s, source, message_id, type, subject, digest, body, 'received', %s, '', 0, 0, ''
  FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[])
       AS row (source, message_id, type, subject, digest, body)
"""
    + _NEW
)


class _Kept(NamedTuple):
    """One readable message, as its row begins."""

    arrival: Arrival
    source: str
    message_id: str
    type: str
    subject: str
    digest: str


def store_batch(arrivals: Sequence[Arrival], *, partner: Partner) -> None:
    """Keep all of these in their order, committed when this returns.

    The new ones take one statement. A repetition, other bytes under a known id and what
    cannot be read are dealt with one by one by `storing.store`.
    """
    ring = Keyring(partner)
    readable, others = _sorted_out(arrivals, partner, ring)
    new = _try_insert(readable, partner)
    metrics.INBOX_RECEIVED.labels(result="received").inc(len(new))
    for kept in readable:
        key = (kept.source, kept.message_id)
        if key in new:
            new.remove(key)  # the same id further on in the batch is a repetition
        else:
            others.append(kept.arrival)
    for arrival in others:
        storing.store(arrival, partner=partner, ring=ring)


def _sorted_out(
    arrivals: Sequence[Arrival], partner: Partner, ring: Keyring
) -> tuple[list[_Kept], list[Arrival]]:
    readable: list[_Kept] = []
    others: list[Arrival] = []
    for arrival in arrivals:
        try:
            command = storing.understand(arrival, partner, ring)
        except Unreadable:
            others.append(arrival)
            continue
        digest = hashlib.sha256(arrival.body).hexdigest()
        subject = str(command.subject)
        readable.append(_Kept(arrival, command.source, command.id, command.type, subject, digest))
    return readable, others


def _try_insert(readable: Sequence[_Kept], partner: Partner) -> set[tuple[str, str]]:
    try:
        return _insert(readable, partner) if readable else set()
    except DataError as error:
        # One value that the database does not take: found one by one.
        log.error("batch_refused", partner=partner.slug, count=len(readable), exc_info=error)
        return set()


def _insert(readable: Sequence[_Kept], partner: Partner) -> set[tuple[str, str]]:
    """Insert what is not known; the (source, id) of the rows that are new."""
    seal = storing.sealer().seal_bytes
    sealed = [
        (kept, seal(place_of(partner.pk, kept.source, kept.message_id), kept.arrival.body))
        for kept in readable
    ]
    now = timezone.now()
    if connection.vendor == "postgresql":
        return _insert_columns(partner, now, sealed)
    return _insert_values(partner, now, sealed)


def _insert_columns(
    partner: Partner, now: datetime, sealed: Sequence[tuple[_Kept, bytes]]
) -> set[tuple[str, str]]:
    texts = [
        [kept.source, kept.message_id, kept.type, kept.subject, kept.digest] for kept, _ in sealed
    ]
    columns = [*map(list, zip(*texts, strict=True)), [body for _, body in sealed]]
    with driver.binary_cursor() as cursor:
        cursor.execute(_FROM_COLUMNS, [partner.pk, now, *columns])
        return set(cursor.fetchall())


def _insert_values(
    partner: Partner, now: datetime, sealed: Sequence[tuple[_Kept, bytes]]
) -> set[tuple[str, str]]:
    """SQLite keeps a UUID as its hex digits."""
    moment = connection.ops.adapt_datetimefield_value(now)
    values: list[Any] = []
    for kept, body in sealed:
        values += (
            partner.pk.hex, kept.source, kept.message_id, kept.type, kept.subject, kept.digest,
            body, moment,
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"{_INTO} VALUES {', '.join([_ROW] * len(sealed))} {_NEW}", values)
        return set(cursor.fetchall())
