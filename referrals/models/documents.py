"""Files on a referral: what is known of each; the bytes are in the store, sealed."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedTextField
from referrals.models.conversation import InformationItem, Message
from referrals.models.referral import Referral


class ScanState(models.TextChoices):
    PENDING = "pending", "Being scanned"
    CLEAN = "clean", "Scanned"
    BLOCKED = "blocked", "Blocked"
    NOT_SCANNED = "not_scanned", "Not virus-scanned"


class BlockedBy(models.TextChoices):
    """Who closed a file; the clinic says why in its own words."""

    SCANNER = "scanner", "the virus scanner"
    CLINIC = "clinic", "the clinic"
    CHECK = "check", "the check of what is stored"


class DocumentQuerySet(models.QuerySet["Document"]):
    def on_record(self) -> DocumentQuerySet:
        """What was not taken off again."""
        return self.filter(removed_at__isnull=True)


class Document(models.Model):
    """One file. Whoever added it has said that it holds no psychotherapy notes (`attested_at`).

    `stored_as` is its name in the store; "" once its bytes are gone. A blocked file opens for
    nobody; taken off the record (`removed_at`), it no longer holds anything up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="documents")
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, null=True, related_name="documents"
    )
    item = models.ForeignKey(
        InformationItem, on_delete=models.PROTECT, null=True, related_name="documents"
    )
    name = EncryptedTextField()
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=64, blank=True)
    scan_state = models.CharField(
        max_length=12, choices=ScanState.choices, default=ScanState.PENDING
    )
    scan_attempts = models.PositiveIntegerField(default=0)
    scanned_at = models.DateTimeField(null=True)
    side = models.CharField(max_length=8, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    added_at = models.DateTimeField(default=clock.now)
    attested_at = models.DateTimeField(null=True)
    blocked_by = models.CharField(max_length=8, choices=BlockedBy.choices, blank=True)
    blocked_because = EncryptedTextField(null=True)
    blocked_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = DocumentQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ("name", "blocked_because")
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "message", "item", "media_type", "size", "sha256", "stored_as",
        "scan_state", "scan_attempts", "scanned_at", "side", "added_by", "added_at",
        "attested_at", "blocked_by", "blocked_at", "removed_at",
    )  # fmt: skip

    class Meta:
        ordering = ["added_at", "id"]
        indexes = [
            models.Index(fields=["added_at"], name="documents_to_scan",
                         condition=models.Q(scan_state="pending")),
            models.Index(fields=["stored_as"], name="documents_by_stored_name",
                         condition=~models.Q(stored_as="")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"document {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether its bytes may be given out: scanned, or known as not scanned."""
        settled = self.scan_state in (ScanState.CLEAN, ScanState.NOT_SCANNED)
        return settled and self.removed_at is None and bool(self.stored_as)
