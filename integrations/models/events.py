"""What happened: immutable, in an order that never changes."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from integrations.identifiers import uuid7


class Stream(models.Model):
    """The last sequence number given out for one CloudEvents source."""

    source = models.CharField(max_length=200, primary_key=True)
    last_sequence = models.BigIntegerField(default=0)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = ("source", "last_sequence")

    def __str__(self) -> str:
        return self.source


class Event(models.Model):
    """One fact. A trigger lets nothing change afterwards but `position`, and that once.

    `ordinal` is taken when the row is inserted: within a subject its order is the order of
    `sequence`, because both are taken under the subject's lock. Across subjects a lower
    ordinal may commit later, so readers go by `position`, which is given to committed rows
    only (integrations.feed.sequencer). `body` is the CloudEvent as a person's feed shows it.
    `private_to` marks what concerns one partner alone and is in no person's feed.
    """

    ordinal = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True, default=uuid7, editable=False)
    type = models.CharField(max_length=120)
    source = models.CharField(max_length=200)
    sequence = models.BigIntegerField()
    subject = models.UUIDField()
    time = models.DateTimeField()
    recorded_at = models.DateTimeField()
    dataschema = models.CharField(max_length=200)
    data = models.JSONField()
    body = models.BinaryField()
    actor_kind = models.CharField(max_length=20, blank=True)
    correlationid = models.CharField(max_length=255, blank=True)
    causationid = models.CharField(max_length=255, blank=True)
    traceparent = models.CharField(max_length=55, blank=True)
    private_to = models.ForeignKey(
        "integrations.Partner", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    position = models.BigIntegerField(null=True, unique=True, editable=False)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "ordinal", "event_id", "type", "source", "sequence", "subject", "time", "recorded_at",
        "dataschema", "data", "body", "actor_kind", "correlationid", "causationid",
        "traceparent", "private_to", "position",
    )  # fmt: skip

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sequence"], name="event_sequence_is_unique_in_its_source"
            ),
            models.CheckConstraint(
                condition=models.Q(sequence__gte=1), name="event_sequence_starts_at_one"
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "position"], name="event_of_subject"),
            models.Index(
                fields=["ordinal"],
                name="event_without_position",
                condition=models.Q(position__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.event_id)

    @property
    def id(self) -> uuid.UUID:
        """The CloudEvents id."""
        return self.event_id
