"""Tell others: the event and what is owed of it, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from integrations import causes, envelope, signing, streams, tracing
from integrations.errors import NoTransaction
from integrations.identifiers import uuid7
from integrations.models import Delivery, DeliveryStatus, Event, Partner, lane_of
from integrations.registry import EventType
from integrations.tombstones import SKIPPED


def emit(
    *,
    event: EventType,
    subject: UUID,
    data: Mapping[str, Any],
    audience: UUID | None,
    occurred_at: datetime,
    correlation_id: str | None = None,
    causation_id: str | None = None,
) -> Event:
    """Write one event and one delivery for each partner entitled to it.

    Call it inside a transaction that holds the lock on the subject's row: that makes the
    sequence the order of the commits. `data` must fit the event's schema, else
    PayloadRefused; outside a transaction NoTransaction. `audience` is the scope key of the
    partners concerned. The bytes are final: every resend repeats them.
    """
    _require_transaction()
    event.check(data)
    facts = _facts(event, subject, data, occurred_at, correlation_id, causation_id)
    partners = [p for p in Partner.objects.entitled(audience) if p.wants(event.name)]
    own = envelope.source_of(subject, event.family)
    sources = {p: envelope.partner_source_of(subject, p.slug, event.family) for p in partners}
    numbers = streams.allocate([own, *sources.values()], wake=bool(sources))
    record = _record(facts, source=own, sequence=numbers[own])
    _owe(record, facts, event, {p: (s, numbers[s]) for p, s in sources.items()})
    return record


def answer(
    *,
    event: EventType,
    partner: Partner,
    subject: UUID,
    data: Mapping[str, Any],
    correlation_id: str,
    occurred_at: datetime,
) -> Event:
    """Write the answer to a partner's command: for that partner alone, in no person's feed."""
    _require_transaction()
    event.check(data)
    facts = _facts(event, subject, data, occurred_at, correlation_id, correlation_id)
    source = envelope.answers_source_of(partner.slug)
    number = streams.allocate([source], wake=True)[source]
    record = _record(facts, source=source, sequence=number, private_to=partner)
    key = f"{partner.slug}:commands"
    body = envelope.render(facts, source=source, sequence=number, partitionkey=key)
    _delivery(record, partner, event, key=key, sequence=number, body=body).save(force_insert=True)
    return record


def put_in_place(delivery: Delivery, *, event: EventType, data: Mapping[str, Any]) -> Delivery:
    """Owe another event in the very place of this delivery: its key, its number, its row.

    The delivery's own event and bytes go on in a row of their own, which is cancelled. The
    caller holds the lock on the delivery's row.
    """
    _require_transaction()
    event.check(data)
    told = envelope.attributes_of(bytes(delivery.body))
    original = delivery.event
    facts = _facts(event, original.subject, data, original.time, None, str(original.event_id))
    # The partner's source is no person's, and the number is taken in it by the original.
    record = _record(
        facts, source=f"{told['source']}{SKIPPED}", sequence=delivery.key_seq,
        private_to=delivery.partner,
    )  # fmt: skip
    body = envelope.render(
        facts, source=told["source"], sequence=delivery.key_seq,
        partitionkey=delivery.ordering_key,
    )  # fmt: skip
    placed = _delivery(
        record, delivery.partner, event,
        key=delivery.ordering_key, sequence=delivery.key_seq, body=body,
    )  # fmt: skip
    placed.pk, delivery.pk = delivery.pk, None
    delivery.ordering_key += SKIPPED
    delivery.status, delivery.next_attempt_at = DeliveryStatus.CANCELLED, None
    placed.save(force_update=True)
    delivery.save(force_insert=True)
    return placed


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise NoTransaction("An event is written in the transaction of its change, or not at all")


def _facts(
    event: EventType,
    subject: UUID,
    data: Mapping[str, Any],
    occurred_at: datetime,
    correlation_id: str | None,
    causation_id: str | None,
) -> envelope.Facts:
    return envelope.Facts(
        id=uuid7(),
        type=event.type,
        subject=subject,
        time=occurred_at,
        recorded_at=timezone.now(),
        dataschema=event.dataschema,
        data=data,
        correlationid=correlation_id or "",
        causationid=causation_id or "",
        traceparent=tracing.current(),
    )


def _record(
    facts: envelope.Facts, *, source: str, sequence: int, private_to: Partner | None = None
) -> Event:
    return Event.objects.create(
        event_id=facts.id,
        type=facts.type,
        source=source,
        sequence=sequence,
        subject=facts.subject,
        time=facts.time,
        recorded_at=facts.recorded_at,
        dataschema=facts.dataschema,
        data=facts.data,
        body=envelope.render(facts, source=source, sequence=sequence),
        actor_kind=str(facts.data.get("actor_kind") or ""),
        correlationid=facts.correlationid,
        causationid=facts.causationid,
        traceparent=facts.traceparent,
        private_to=private_to,
    )


def _owe(
    record: Event,
    facts: envelope.Facts,
    event: EventType,
    owed: Mapping[Partner, tuple[str, int]],
) -> Sequence[Delivery]:
    deliveries = []
    for partner, (source, number) in owed.items():
        key = f"{partner.slug}:{facts.subject}"
        told = replace(facts, causationid=facts.causationid or causes.known_to(partner.pk))
        body = envelope.render(told, source=source, sequence=number, partitionkey=key)
        deliveries.append(_delivery(record, partner, event, key=key, sequence=number, body=body))
    return Delivery.objects.bulk_create(deliveries) if deliveries else []


def _delivery(
    record: Event, partner: Partner, event: EventType, *, key: str, sequence: int, body: bytes
) -> Delivery:
    owed = Delivery(
        event=record,
        partner=partner,
        ordering_key=key,
        key_seq=sequence,
        lane=lane_of(key),
        routing_key=f"{partner.slug}.{event.topic}",
        type=event.type,
        body=body,
        created_at=record.recorded_at,
    )
    if partner.signed:
        signing.sign(owed)
    return owed
