"""What the rules computed, kept with version and time; and kept answers of the API."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedJSONField, EncryptedTextField
from referrals.models.referral import Referral


class AssessmentResult(models.Model):
    """One run of the rules over one version of the content; old runs stay.

    `computed_by` is who changed the content; nobody where the portal ran the rules by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="assessments")
    result = EncryptedJSONField()
    as_of = models.DateField()
    computed_at = models.DateTimeField(default=clock.now)
    computed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    sensitive_fields: ClassVar[tuple[str, ...]] = ("result",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "as_of", "computed_at", "computed_by",
    )  # fmt: skip

    class Meta:
        ordering = ["computed_at"]
        indexes = [models.Index(fields=["referral", "-computed_at"], name="latest_assessment")]

    def __str__(self) -> str:
        return f"assessment {self.pk}"


class IdempotencyRecord(models.Model):
    """A kept answer: the same caller, key and request get the same bytes for 24 hours.

    `status` 0 means that the first request still runs, until `lease_until`. A finished one
    without a body was withdrawn: it held what consent has closed since.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    caller = models.CharField(max_length=80)
    key_sha256 = models.CharField(max_length=64)
    referral_id = models.UUIDField(null=True)  # whose content the answer may hold
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField()

    sensitive_fields: ClassVar[tuple[str, ...]] = ("body",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "caller", "key_sha256", "referral_id", "fingerprint", "status", "headers",
        "created_at",
        "lease_until",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["caller", "key_sha256"], name="one_answer_per_caller_and_key"
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="idempotency_age"),
            models.Index(fields=["referral_id"], name="idempotency_of_referral",
                         condition=models.Q(referral_id__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"answer {self.pk}"
