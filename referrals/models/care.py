"""What the clinic does with a referral: appointments, notes, the outcome, safety reviews."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedJSONField, EncryptedTextField
from referrals.models.referral import Referral


class AppointmentStatus(models.TextChoices):
    BOOKED = "booked", "Booked"
    MOVED = "moved", "Moved"
    CANCELLED = "cancelled", "Cancelled"
    MISSED = "missed", "Missed"
    KEPT = "kept", "Kept"


class Appointment(models.Model):
    """One booked time. A move ends this row as `moved` and books the next one.

    All rows of one moved appointment share `series`, and `sequence` rises with each: a
    calendar that took in the first file recognises the later ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="appointments")
    start = models.DateTimeField()
    end = models.DateTimeField()
    time_zone = models.CharField(max_length=50)
    mode = models.CharField(
        max_length=10, choices=[("in_person", "In person"), ("video", "By video")]
    )
    place = EncryptedTextField(null=True)
    status = models.CharField(
        max_length=10, choices=AppointmentStatus.choices, default=AppointmentStatus.BOOKED
    )
    ended_by = models.CharField(max_length=10, blank=True)  # patient or clinic
    reason_code = EncryptedTextField(null=True)
    booked_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    series = models.UUIDField(null=True, editable=False)
    sequence = models.PositiveSmallIntegerField(default=0)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("place", "reason_code")
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "start", "end", "time_zone", "mode", "status", "ended_by",
        "booked_at", "ended_at", "series", "sequence",
    )  # fmt: skip

    class Meta:
        ordering = ["booked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral"],
                condition=models.Q(status="booked"),
                name="one_open_appointment_per_referral",
            ),
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")),
                name="an_appointment_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.pk}"


class InterimNote(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="interim_notes")
    note = EncryptedTextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    author_name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("note",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "author", "author_name", "created_at",
    )  # fmt: skip

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"interim note {self.pk}"


class Outcome(models.Model):
    """What closes the loop: disposition, report, and the plan for both conditions.

    `plan` is {pain, trauma, daily_life}, each a text.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="outcomes")
    disposition = EncryptedTextField()
    report = EncryptedTextField()
    plan = EncryptedJSONField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    author_name = models.CharField(max_length=120)
    sent_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    sensitive_fields: ClassVar[tuple[str, ...]] = ("disposition", "report", "plan")
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "author", "author_name", "sent_at", "read_at", "read_by",
    )  # fmt: skip

    class Meta:
        ordering = ["sent_at"]

    def __str__(self) -> str:
        return f"outcome {self.pk}"


class FlagReview(models.Model):
    """A licensed person's note on one safety flag (rule id such as K-01)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="flag_reviews")
    rule = EncryptedTextField()
    note = EncryptedTextField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("rule", "note")
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "referral", "reviewer", "reviewed_at")

    class Meta:
        ordering = ["reviewed_at"]

    def __str__(self) -> str:
        return f"flag review {self.pk}"


class ErrorRequest(models.Model):
    """A clinic administrator's request to void a referral; the privacy officer confirms.

    Unconfirmed after seven days it has run out, and may be asked again.
    """

    CONFIRM_WITHIN: ClassVar[timedelta] = timedelta(days=7)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="error_requests")
    reason = EncryptedTextField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("reason",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "asked_by", "asked_at", "confirmed_by", "confirmed_at",
    )  # fmt: skip

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("asked_by")),
                name="an_error_is_asked_by_one_and_confirmed_by_another",
            )
        ]

    def __str__(self) -> str:
        return f"error request {self.pk}"

    @classmethod
    def oldest_in_time(cls) -> datetime:
        """What was asked before this moment can no longer be confirmed."""
        return clock.now() - cls.CONFIRM_WITHIN

    @property
    def is_waiting(self) -> bool:
        return self.confirmed_at is None and self.asked_at >= self.oldest_in_time()
