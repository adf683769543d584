"""What people decided about two referrals that may be for the same person."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedTextField
from referrals.models.referral import Referral


class DuplicateVerdict(models.TextChoices):
    ACKNOWLEDGED = "acknowledged", "Sent although there is another"
    LINKED = "linked", "Linked"
    SET_ASIDE = "set_aside", "Set aside"


class DuplicateDecision(models.Model):
    """One decision about a pair; the newest of a pair counts, the others are its history.

    The practice acknowledges its own before it sends. The clinic links a pair or sets it
    aside; a practice never reads those, since the other one may be of another practice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, related_name="duplicate_decisions"
    )
    other = models.ForeignKey(
        Referral, on_delete=models.PROTECT, related_name="duplicate_decisions_as_other"
    )
    verdict = models.CharField(max_length=12, choices=DuplicateVerdict.choices)
    note = EncryptedTextField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("note",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "other", "verdict", "decided_by", "decided_at",
    )  # fmt: skip

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(referral=models.F("other")),
                name="a_referral_is_no_duplicate_of_itself",
            )
        ]

    def __str__(self) -> str:
        return f"duplicate decision {self.pk}"
