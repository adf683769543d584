"""What is owed to whom: one row for each event and entitled partner, with its exact bytes."""

from __future__ import annotations

import zlib
from typing import ClassVar

from django.db import models

LANES = 32


def lane_of(ordering_key: str) -> int:
    """The lane of a key: the same on every machine and in every process."""
    return zlib.crc32(ordering_key.encode()) % LANES


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", "Waiting"
    SENT = "sent", "Delivered to the queue"
    PARKED = "parked", "Parked"
    CANCELLED = "cancelled", "Cancelled"


class Delivery(models.Model):
    """One event for one partner.

    `ordering_key` is the CloudEvents partitionkey; `key_seq` runs from 1 without a gap in it
    and is the sequence that the partner sees. `attempts` counts failures of this very message
    only: a broker that is away costs none. `next_attempt_at` null means: at once.
    `signature` is made once, over `body`, where the partner asked for it.
    """

    id = models.BigAutoField(primary_key=True)
    # Without an index of its own: the constraints below begin with the event and the partner.
    event = models.ForeignKey("integrations.Event", on_delete=models.PROTECT, db_index=False)
    partner = models.ForeignKey("integrations.Partner", on_delete=models.PROTECT, db_index=False)
    ordering_key = models.CharField(max_length=120)
    key_seq = models.BigIntegerField()
    lane = models.PositiveSmallIntegerField()
    routing_key = models.CharField(max_length=200)
    type = models.CharField(max_length=120)
    body = models.BinaryField()
    signature = models.CharField(max_length=300, blank=True)
    status = models.CharField(
        max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING
    )
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "event", "partner", "ordering_key", "key_seq", "lane", "routing_key", "type",
        "body", "signature", "status", "attempts", "next_attempt_at", "last_error",
        "created_at", "confirmed_at",
    )  # fmt: skip

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "ordering_key", "key_seq"],
                name="delivery_sequence_is_unique_in_its_key",
            ),
            models.UniqueConstraint(
                fields=["event", "partner"], name="delivery_is_one_for_event_and_partner"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=DeliveryStatus.values),
                name="delivery_has_a_known_status",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sent") | models.Q(confirmed_at__isnull=False),
                name="delivery_sent_has_the_time_of_its_confirm",
            ),
        ]
        indexes = [
            # By partner, so that what one partner has waiting is not walked to find another's.
            models.Index(
                fields=["partner", "id"],
                name="delivery_pending_of_partner",
                condition=models.Q(status="pending"),
            ),
            # What holds its key back: few rows, whatever the table has grown to.
            models.Index(
                fields=["ordering_key", "key_seq"],
                name="delivery_held_of_key",
                condition=models.Q(status__in=["pending", "parked"])
                & (models.Q(status="parked") | models.Q(next_attempt_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Lane(models.Model):
    """The right to publish the keys of one lane, for a time. `epoch` rises with each owner."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    epoch = models.BigIntegerField(default=0)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = ("number", "owner", "lease_until", "epoch")

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"lane {self.number}"
