"""What may be published next: pending rows whose key is not held back, never by a cursor.

One statement, the same on PostgreSQL and SQLite, for all partners at once: an arm for each
that is known, and one that names those for whom something waits.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from integrations.models import Partner


@dataclass(frozen=True, slots=True)
class Item:
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
_ARM = """
SELECT * FROM (
  SELECT {place} AS place, d.id, d.ordering_key, d.key_seq, d.lane, d.routing_key, d.body,
         d.signature, d.attempts
    FROM integrations_delivery d
   WHERE d.partner_id = %s AND d.status = 'pending' AND {lanes} AND {unknown}
     AND NOT EXISTS (
         SELECT 1 FROM integrations_delivery h
          WHERE h.ordering_key = d.ordering_key AND h.key_seq <= d.key_seq
            AND h.status IN ('pending', 'parked')
            AND (h.status = 'parked' OR h.next_attempt_at IS NOT NULL)
            AND (h.status = 'parked' OR h.next_attempt_at > %s))
   ORDER BY d.id LIMIT %s) AS arm{place}
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
    engine = _ENGINES[connection.vendor]
    moment = connection.ops.adapt_datetimefield_value(now)
    arms, values = [], []
    for place, (partner_id, request) in enumerate(requests.items()):
        arms.append(_ARM.format(place=place, lanes=engine.lanes, unknown=engine.unknown))
        values += [_stored(partner_id), engine.list(lanes), engine.list(request.known)]
        values += [moment, request.limit]
    arms.append(_WAITING.format(text_id=engine.text_id, nothing=engine.nothing))
    with connection.cursor() as cursor:
        cursor.execute("UNION ALL".join(arms), values)
        return _read(cursor.fetchall(), list(requests))


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


@dataclass(frozen=True, slots=True)
class _Engine:
    """How an engine takes a list as one parameter, and what it calls a few things."""

    lanes: str
    unknown: str
    among: str
    text_id: str
    nothing: str
    as_json: bool

    def list(self, numbers: Collection[int]) -> Any:
        return json.dumps(list(numbers)) if self.as_json else [*numbers]


_ENGINES = {
    "postgresql": _Engine(
        lanes="d.lane = ANY(%s::int[])",
        unknown="d.id <> ALL(%s::bigint[])",
        among="id = ANY(%s::bigint[])",
        text_id="p.id::text",
        nothing="''::bytea",
        as_json=False,
    ),
    "sqlite": _Engine(
        lanes="d.lane IN (SELECT value FROM json_each(%s))",
        unknown="d.id NOT IN (SELECT value FROM json_each(%s))",
        among="id IN (SELECT value FROM json_each(%s))",
        text_id="p.id",
        nothing="x''",
        as_json=True,
    ),
}


def among(ids: Collection[int]) -> tuple[str, Any]:
    """The condition that a row's id is one of these, and its one parameter."""
    engine = _ENGINES[connection.vendor]
    return engine.among, engine.list(ids)
