"""The clocks that run on referrals, as rows that the timers can find by their times."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from referrals.models.organisations import Organisation
from referrals.models.referral import Referral

RUNNING = models.Q(ended_at__isnull=True)


class ReferralClock(models.Model):
    """One clock of one referral; `started_at` tells a second round from the first.

    A paused clock runs and has no times. `met`: it ended because what it waited for
    happened. Each of `warned_at`, `breached_at` and `escalated_at` is written once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="clock_rows")
    clinic = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    met = models.BooleanField(default=False)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "clinic", "kind", "started_at", "due_at", "warn_at", "escalate_at",
        "ended_at", "met", "warned_at", "breached_at", "escalated_at",
    )  # fmt: skip

    class Meta:
        ordering = ["started_at", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "kind", "started_at"], name="one_clock_per_kind_and_start"
            ),
            models.CheckConstraint(
                condition=models.Q(met=False) | models.Q(ended_at__isnull=False),
                name="only_an_ended_clock_is_met",
            ),
        ]
        indexes = [
            models.Index(fields=["warn_at"], name="clocks_to_warn",
                         condition=RUNNING & models.Q(warned_at__isnull=True)),
            models.Index(fields=["due_at"], name="clocks_to_breach",
                         condition=RUNNING & models.Q(breached_at__isnull=True)),
            models.Index(fields=["escalate_at"], name="clocks_to_escalate",
                         condition=RUNNING & models.Q(escalated_at__isnull=True)),
            models.Index(fields=["clinic", "kind", "-ended_at"], name="clocks_met",
                         condition=models.Q(met=True)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} of {self.referral_id}"


class ClockLimits(models.Model):
    """How long the clocks of one clinic run, where it differs from the defaults."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, related_name="clock_limits"
    )
    limits = models.JSONField(default=dict)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "clinic", "limits")

    def __str__(self) -> str:
        return f"clock limits {self.pk}"
