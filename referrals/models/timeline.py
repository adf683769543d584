"""The timeline: what happened to a referral, for the people on it. Append-only.

It is the product's memory, apart from the access log, which is evidence of who looked.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedJSONField
from referrals.models.referral import Referral


class TimelineEntry(models.Model):
    """One move or one act beside the moves.

    `number` counts from 1 for each referral without gaps. `detail` holds what was said:
    coded reason, comment, dates (sealed); `reason_class` is the coarse class that may be
    counted. `actor_role` is the role in which the actor acted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="timeline")
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=30)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    actor_kind = models.CharField(max_length=10)
    actor_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    actor_partner = models.CharField(max_length=50, blank=True)
    actor_name = models.CharField(max_length=120)
    actor_role = models.CharField(max_length=2)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason_class = models.CharField(max_length=20, blank=True)
    detail = EncryptedJSONField(null=True)
    automatic = models.BooleanField(default=False)
    late = models.BooleanField(default=False)
    again = models.BooleanField(default=False)
    event_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("detail",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "number", "action", "from_state", "to_state", "version", "actor_kind",
        "actor_user", "actor_partner", "actor_name", "actor_role", "on_behalf_of",
        "reason_class", "automatic", "late", "again", "event_id", "occurred_at",
    )  # fmt: skip

    class Meta:
        ordering = ["referral", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "number"], name="one_timeline_entry_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} on {self.referral_id}"
