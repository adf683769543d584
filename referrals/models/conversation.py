"""Messages between the two sides, and the clinic's requests for information."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedTextField
from referrals.models.referral import Referral


class Message(models.Model):
    """One message on a referral; both sides read it. `side` is who wrote it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField(max_length=8)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    author_name = models.CharField(max_length=120)
    body = EncryptedTextField()
    created_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("body",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "side", "author", "author_name", "created_at",
    )  # fmt: skip

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["referral", "created_at"], name="messages_of_referral")]

    def __str__(self) -> str:
        return f"message {self.pk}"


class InformationRequest(models.Model):
    """What the clinic asked, until when; open while `answered_at` is null."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, related_name="information_requests"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)
    due_on = models.DateField()
    message = EncryptedTextField()
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("message",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "asked_by", "asked_at", "due_on", "reminders_sent", "answered_at",
    )  # fmt: skip

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral"],
                condition=models.Q(answered_at__isnull=True),
                name="one_open_information_request_per_referral",
            )
        ]

    def __str__(self) -> str:
        return f"information request {self.pk}"


class InformationItem(models.Model):
    """One coded item of a request: answered, or declined with a reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(InformationRequest, on_delete=models.CASCADE, related_name="items")
    code = EncryptedTextField()
    note = EncryptedTextField(null=True)
    answer = EncryptedTextField(null=True)
    declined_because = EncryptedTextField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("code", "note", "answer", "declined_because")
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "request", "position")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"information item {self.pk}"


class ContactAttempt(models.Model):
    """One attempt to reach the patient: by which means, with what result."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, related_name="contact_attempts"
    )
    means = models.CharField(max_length=20)
    result = models.CharField(max_length=20)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "means", "result", "made_by", "made_at",
    )  # fmt: skip

    class Meta:
        ordering = ["made_at"]

    def __str__(self) -> str:
        return f"contact attempt {self.pk}"
