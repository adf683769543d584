"""What may be published next: pending rows whose key is not held back, never by a cursor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from integrations.models import Delivery, DeliveryStatus, Partner


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


_COLUMNS = (
    "id", "ordering_key", "key_seq", "lane", "partner_id", "routing_key", "body", "signature",
    "attempts",
)  # fmt: skip


def partners_waiting() -> list[UUID]:
    """The partners for whom something is pending."""
    pending = Delivery.objects.filter(partner=OuterRef("pk"), status=DeliveryStatus.PENDING)
    return list(Partner.objects.filter(Exists(pending)).values_list("pk", flat=True))


def pending(
    partner_id: UUID,
    *,
    lanes: Collection[int],
    known: Collection[int],
    now: datetime,
    limit: int,
) -> list[Item]:
    """Pending deliveries of one partner, oldest first, without those that are `known`.

    A key with a parked row, or with one that waits for its next attempt, is left out from
    that row on: what comes later must not overtake it.
    """
    held_back = Delivery.objects.filter(
        Q(status=DeliveryStatus.PARKED) | Q(status=DeliveryStatus.PENDING, next_attempt_at__gt=now),
        ordering_key=OuterRef("ordering_key"),
        key_seq__lte=OuterRef("key_seq"),
    )
    rows = Delivery.objects.filter(
        ~Exists(held_back), partner=partner_id, status=DeliveryStatus.PENDING, lane__in=lanes
    )
    if known:
        rows = rows.exclude(pk__in=known)
    found = rows.order_by("pk").values_list(*_COLUMNS)[:limit]
    return [
        Item(id_, key, seq, lane, partner, routing_key, bytes(body), signature, attempts)
        for id_, key, seq, lane, partner, routing_key, body, signature, attempts in found
    ]
