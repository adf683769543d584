"""What partners sent: stored before it is acknowledged, applied once in effect."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class InboxStatus(models.TextChoices):
    RECEIVED = "received", "Waiting"
    DONE = "done", "Answered"
    PARKED = "parked", "Parked"
    QUARANTINED = "quarantined", "Quarantined"
    DISCARDED = "discarded", "Discarded"


class InboxMessage(models.Model):
    """One message of a partner. `body` is sealed: it may hold clinical text.

    What cannot be read has an id of our own making, `unreadable:<sha256>`; other bytes under
    a known id are kept as `conflict:<sha256>` with `original` naming the first.
    `started_attempts` is written before the work begins, so that a message that ends the
    process is parked in the end. `reason` is one of integrations.inbox.reasons.
    """

    id = models.BigAutoField(primary_key=True)
    # Indexes of its own for none of the three links: most rows have the first alone, with which
    # the constraint below begins; the other two are indexed where they are there.
    partner = models.ForeignKey("integrations.Partner", on_delete=models.PROTECT, db_index=False)
    source = models.CharField(max_length=255, blank=True)
    message_id = models.CharField(max_length=255)
    type = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    body_sha256 = models.CharField(max_length=64)
    body = models.BinaryField()
    status = models.CharField(
        max_length=12, choices=InboxStatus.choices, default=InboxStatus.RECEIVED
    )
    reason = models.CharField(max_length=60, blank=True)
    original = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    duplicates = models.PositiveIntegerField(default=0)
    started_attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True, blank=True)
    problem_type = models.CharField(max_length=80, blank=True)
    answer = models.ForeignKey(
        "integrations.Event", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("body",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "partner", "source", "message_id", "type", "subject", "body_sha256", "status",
        "reason", "original", "duplicates", "started_attempts", "next_attempt_at", "accepted",
        "problem_type", "answer", "received_at", "finished_at",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "source", "message_id"],
                name="inbox_message_is_one_for_its_id",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=InboxStatus.values),
                name="inbox_has_a_known_status",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["parked", "quarantined"]) | ~models.Q(reason=""),
                name="inbox_parked_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subject", "id"],
                name="inbox_waiting",
                condition=models.Q(status="received"),
            ),
            models.Index(
                fields=["partner", "id"],
                name="inbox_waiting_of_partner",
                condition=models.Q(status="received"),
            ),
            models.Index(
                fields=["original"],
                name="inbox_conflict_of",
                condition=models.Q(original__isnull=False),
            ),
            models.Index(
                fields=["answer"],
                name="inbox_answered_by",
                condition=models.Q(answer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"inbox message {self.pk}"

    @property
    def place(self) -> str:
        """What the sealed body is bound to."""
        return place_of(self.partner_id, self.source, self.message_id)


def place_of(partner_id: uuid.UUID, source: str, message_id: str) -> str:
    """What the sealed body of a message is bound to, before there is a row."""
    return f"inbox|{partner_id}|{source}|{message_id}"
