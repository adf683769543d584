"""What may be published next: pending rows whose key is not held back, never by a cursor.

One statement for all partners at once, with the oldest of each that is known and the names of
those for whom something waits. SQLite knows no LATERAL, so its text has an arm for each partner.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connection

from integrations import driver
from integrations.models import Partner


class Item(NamedTuple):
    """One delivery in the relay's memory."""

    id: int
    ordering_key: str
    key_seq: int
    lane: int
    partner_id: UUID
    routing_key: str
    body: bytes
    signature: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Request:
    """How many of one partner's deliveries to load, without those that are `known`."""

    limit: int
    known: Collection[int]


@dataclass(frozen=True, slots=True)
class Loaded:
    items: list[Item]
    # The partners for whom something is pending, asked for or not.
    waiting: frozenset[UUID]


# A key with a parked row, or with one that waits for its next attempt, is left out from that
# row on: what comes later must not overtake it.
_OF_PARTNER = """
  SELECT {place} d.id, d.ordering_key, d.key_seq, d.lane, d.routing_key, d.body,
         d.signature, d.attempts
    FROM integrations_delivery d
   WHERE d.partner_id = {partner} AND d.status = 'pending' AND {lanes} AND {unknown}
     AND NOT EXISTS (
         SELECT 1 FROM integrations_delivery h
          WHERE h.ordering_key = d.ordering_key AND h.key_seq <= d.key_seq
            AND h.status IN ('pending', 'parked')
            AND (h.status = 'parked' OR h.next_attempt_at IS NOT NULL)
            AND (h.status = 'parked' OR h.next_attempt_at > {now}))
   ORDER BY d.id LIMIT {limit}
"""
_WAITING = """
SELECT -1, 0, {text_id}, 0, 0, '', {nothing}, '', 0
  FROM integrations_partner p
 WHERE NOT p.paused
   AND EXISTS (SELECT 1 FROM integrations_delivery d
                WHERE d.partner_id = p.id AND d.status = 'pending')
"""


def pending(requests: Mapping[UUID, Request], *, lanes: Collection[int], now: datetime) -> Loaded:
    """The oldest pending deliveries of each partner asked for, as many as it may have."""
    if connection.vendor == "postgresql":
        _plan_once()
        with driver.binary_cursor() as cursor:
            cursor.execute(_LATERAL, _columns(requests, lanes, now))
            return _read(cursor.fetchall(), list(requests))
    with connection.cursor() as cursor:
        cursor.execute(*_arms(requests, lanes, now))
        return _read(cursor.fetchall(), list(requests))


# PostgreSQL: one text whatever the number of partners, because planning it costs the most.
_LATERAL = (
    """
SELECT r.place - 1 AS place, theirs.*
  FROM unnest(%s::uuid[], %s::int[]) WITH ORDINALITY AS r (partner_id, most, place)
 CROSS JOIN LATERAL ("""
    + _OF_PARTNER.format(
        place="",
        partner="r.partner_id",
        lanes="d.lane = ANY(%s::int[])",
        unknown="d.id NOT IN (SELECT unnest(%s::bigint[]))",
        now="%s::timestamptz",
        limit="r.most",
    )
    + ") AS theirs UNION ALL"
    + _WAITING.format(text_id="p.id::text", nothing="''::bytea")
)
# Seconds after which it is planned again: the table may have grown meanwhile.
_PLAN_AGAIN = 30.0
_planned_until: WeakKeyDictionary[Any, float] = WeakKeyDictionary()


def _columns(requests: Mapping[UUID, Request], lanes: Collection[int], now: datetime) -> list[Any]:
    known = (id_ for request in requests.values() for id_ in request.known)
    limits = (request.limit for request in requests.values())
    return [_array(requests), _array(limits), _array(lanes), _array(known), now]


def _plan_once() -> None:
    """Asking an outbox in which nothing waits takes a tenth of what planning the question takes.

    Behind a pooler, where OUTBOX_NOTIFY is off, no session is ours to keep a plan in.
    """
    if not settings.OUTBOX_NOTIFY:
        return
    connection.ensure_connection()
    session, now = connection.connection, time.monotonic()
    until = _planned_until.get(session)
    if until is not None and now < until:
        return
    with connection.cursor() as cursor:
        if until is None:
            session.prepare_threshold = 0
            cursor.execute("SET plan_cache_mode = force_generic_plan")
        else:
            cursor.execute("DISCARD PLANS")
    _planned_until[session] = now + _PLAN_AGAIN


def _arms(
    requests: Mapping[UUID, Request], lanes: Collection[int], now: datetime
) -> tuple[str, list[Any]]:
    """SQLite: an arm for each partner, and one that names those for whom something waits."""
    moment = connection.ops.adapt_datetimefield_value(now)
    arms, values = [], []
    for place, (partner_id, request) in enumerate(requests.items()):
        arms.append(_ARM.format(place=place))
        values += [_stored(partner_id), _json(lanes), _json(request.known), moment, request.limit]
    arms.append(_WAITING.format(text_id="p.id", nothing="x''"))
    return " UNION ALL ".join(arms), values


_ARM = (
    "SELECT * FROM ("  # noqa: S608
    + _OF_PARTNER.format(
        place="{place} AS place,",
        partner="%s",
        lanes="d.lane IN (SELECT value FROM json_each(%s))",
        unknown="d.id NOT IN (SELECT value FROM json_each(%s))",
        now="%s",
        limit="%s",
    )
    + ") AS arm{place}"
)


def _read(rows: list[tuple[Any, ...]], partners: list[UUID]) -> Loaded:
    items, waiting = [], []
    for place, id_, key, seq, lane, routing_key, body, signature, attempts in rows:
        if place < 0:
            waiting.append(UUID(key))
        else:
            partner_id = partners[place]
            items.append(
                Item(id_, key, seq, lane, partner_id, routing_key, bytes(body), signature, attempts)
            )
    return Loaded(items, frozenset(waiting))


def _stored(partner_id: UUID) -> Any:
    return Partner._meta.pk.get_db_prep_value(partner_id, connection)


def _json(numbers: Collection[int]) -> str:
    return json.dumps(list(numbers))


def _array(values: Iterable[Any]) -> str:
    """A list of numbers or UUIDs as PostgreSQL writes it; the driver would look at each twice."""
    return "{" + ",".join(map(str, values)) + "}"


def among(ids: Collection[int]) -> tuple[str, Any]:
    """The condition that a row's id is one of these, and its one parameter."""
    if connection.vendor == "postgresql":
        return "id = ANY(%s::bigint[])", _array(ids)
    return "id IN (SELECT value FROM json_each(%s))", _json(ids)
