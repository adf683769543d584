"""An outbox full of deliveries of 1 KiB, written in bulk, and made pending again at will."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from integrations import envelope
from integrations.identifiers import uuid7
from integrations.models import Delivery, Event, Partner, lane_of
from tests.integrations.samples import AUDIENCE, SUBMITTED

SIZE = 1024
MOMENT = datetime(2026, 3, 4, 15, 16, 17, tzinfo=UTC)


def fill(slugs: Sequence[str], *, count: int, keys: int) -> None:
    """`count` events over `keys` subjects, one delivery of each for every partner."""
    partners = [_partner(slug) for slug in slugs]
    subjects = [uuid.uuid4() for _ in range(keys)]
    for start in range(0, count, 2000):
        numbers = range(start, min(start + 2000, count))
        facts = [_facts(subjects[number % keys]) for number in numbers]
        sequences = [number // keys + 1 for number in numbers]
        records = Event.objects.bulk_create(map(_event, facts, sequences))
        Delivery.objects.bulk_create(_deliveries(partners, records, facts, sequences))


def _partner(slug: str) -> Partner:
    return Partner.objects.get_or_create(
        slug=slug, defaults={"name": slug, "scope_key": AUDIENCE, "client_id": f"client-{slug}"}
    )[0]


def _facts(subject: uuid.UUID) -> envelope.Facts:
    return envelope.Facts(
        id=uuid7(), type=SUBMITTED.type, subject=subject, time=MOMENT, recorded_at=MOMENT,
        dataschema=SUBMITTED.dataschema, data={},
    )  # fmt: skip


def _event(facts: envelope.Facts, sequence: int) -> Event:
    return Event(
        event_id=facts.id, type=facts.type, source=envelope.source_of(facts.subject),
        sequence=sequence, subject=facts.subject, time=facts.time, recorded_at=facts.recorded_at,
        dataschema=facts.dataschema, data={}, body=b"{}",
    )  # fmt: skip


def _deliveries(
    partners: Sequence[Partner],
    records: Sequence[Event],
    facts: Sequence[envelope.Facts],
    sequences: Sequence[int],
) -> Iterator[Delivery]:
    for record, fact, sequence in zip(records, facts, sequences, strict=True):
        for partner in partners:
            key = f"{partner.slug}:{fact.subject}"
            yield Delivery(
                event=record, partner=partner, ordering_key=key, key_seq=sequence,
                lane=lane_of(key), routing_key=f"{partner.slug}.{SUBMITTED.topic}",
                type=fact.type, body=_body(fact, partner.slug, key, sequence),
                created_at=MOMENT,
            )  # fmt: skip


def _body(fact: envelope.Facts, slug: str, key: str, sequence: int) -> bytes:
    """As the outbox renders it, with a filling that brings it to 1 KiB."""
    source = envelope.partner_source_of(fact.subject, slug)
    body = envelope.render(fact, source=source, sequence=sequence, partitionkey=key)
    filling = "x" * (SIZE - len(body) - len('"filling":""'))
    return body.removesuffix(b"{}}") + b'{"filling":"%s"}}' % filling.encode()
