"""Keep many messages of one partner with one statement; what is not new goes the long way.

The statement is a commit of its own, so that an acknowledgement of the whole batch may follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from django.db import DataError, connection
from django.utils import timezone

from integrations import metrics
from integrations.inbox import storing
from integrations.inbox.parsing import Arrival, Unreadable
from integrations.models import InboxStatus, Partner
from integrations.models.inbox import place_of

log = structlog.get_logger(__name__)

_INSERT = """
INSERT INTO integrations_inboxmessage
       (partner_id, source, message_id, type, subject, body_sha256, body, status, received_at,
        reason, duplicates, started_attempts, problem_type)
VALUES {rows}
ON CONFLICT DO NOTHING
RETURNING source, message_id
"""
_ROW = f"(%s, %s, %s, %s, %s, %s, %s, '{InboxStatus.RECEIVED}', %s, '', 0, 0, '')"


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
    readable, others = _sorted_out(arrivals, partner)
    new = _try_insert(readable, partner)
    metrics.INBOX_RECEIVED.labels(result="received").inc(len(new))
    for kept in readable:
        key = (kept.source, kept.message_id)
        if key in new:
            new.remove(key)  # the same id further on in the batch is a repetition
        else:
            others.append(kept.arrival)
    for arrival in others:
        storing.store(arrival, partner=partner)


def _sorted_out(arrivals: Sequence[Arrival], partner: Partner) -> tuple[list[_Kept], list[Arrival]]:
    readable: list[_Kept] = []
    others: list[Arrival] = []
    for arrival in arrivals:
        try:
            command = storing.understand(arrival, partner)
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
    prepared = connection.ops.adapt_datetimefield_value(timezone.now())
    seal = storing.sealer().seal_bytes
    values: list[Any] = []
    for kept in readable:
        body = seal(place_of(partner.pk, kept.source, kept.message_id), kept.arrival.body)
        values += (
            _id(partner), kept.source, kept.message_id, kept.type, kept.subject, kept.digest,
            body, prepared,
        )  # fmt: skip
    rows = ", ".join([_ROW] * len(readable))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(rows=rows), values)
        return set(cursor.fetchall())


def _id(partner: Partner) -> Any:
    """SQLite keeps a UUID as its hex digits."""
    return partner.pk if connection.features.has_native_uuid_field else partner.pk.hex
