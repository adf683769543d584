"""Advice first: a question to a clinic that is no referral, and what was said to it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock, references
from referrals.encryption import EncryptedJSONField, EncryptedTextField
from referrals.models.organisations import Organisation, Service
from referrals.models.referral import Referral
from referrals.queries import AdviceQuerySet


class AdviceStage(models.TextChoices):
    ASKED = "asked", "Waiting for the clinic"
    ANSWERED = "answered", "Answered"
    REFERRED = "referred", "Turned into a referral"
    CLOSED = "closed", "Closed"


class Advice(models.Model):
    """One question of a practice to a clinic. `body` holds what was asked, and of whom.

    `body` has the referral's own sections (patient, request, pain, trauma), so that a referral
    can be made of it without retyping.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=11, unique=True, default=references.draw)
    stage = models.CharField(max_length=8, choices=AdviceStage.choices, default=AdviceStage.ASKED)
    practice = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="advice_asked"
    )
    clinic = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="advice_received"
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True)
    clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    topic = EncryptedTextField()
    body = EncryptedJSONField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)
    # Whoever asked confirmed that the patient agreed in writing to be named to this clinic.
    agreed_in_writing = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=clock.now)
    referral = models.OneToOneField(
        Referral, on_delete=models.PROTECT, null=True, related_name="advice"
    )

    objects = AdviceQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ("topic", "body")
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "reference", "stage", "practice", "clinic", "service", "clinician", "asked_by",
        "asked_at", "agreed_in_writing", "answered_at", "updated_at", "referral",
    )  # fmt: skip

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "stage", "-updated_at"], name="advice_of_clinic"),
            models.Index(fields=["practice", "-updated_at"], name="advice_of_practice"),
        ]

    def __str__(self) -> str:
        return self.reference


class AdviceEntry(models.Model):
    """One thing that happened to a question: asked, answered, asked again, referred, closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    advice = models.ForeignKey(Advice, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=10)
    side = models.CharField(max_length=8)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=120)
    author_role = models.CharField(max_length=2)
    text = EncryptedTextField(null=True)
    at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("text",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "advice", "number", "act", "side", "author", "author_name", "author_role", "at",
    )  # fmt: skip

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["advice", "number"], name="one_advice_entry_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.act} on {self.advice_id}"
