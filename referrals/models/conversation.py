"""Messages between the two sides, and the clinic's requests for information."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedJSONField, EncryptedTextField
from referrals.models.organisations import Organisation
from referrals.models.referral import Referral


class Message(models.Model):
    """One message on a referral; both sides read it. `side` is who wrote it.

    The clinic may tie a question to a coded item (`item`); the practice's message that answers
    it names the question (`answers`), which is then resolved.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField(max_length=8)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    author_name = models.CharField(max_length=120)
    body = EncryptedTextField()
    item = EncryptedTextField(null=True)
    answers = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="answered_by"
    )
    created_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("body", "item")
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "side", "author", "author_name", "answers", "created_at",
    )  # fmt: skip

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["referral", "created_at"], name="messages_of_referral")]

    def __str__(self) -> str:
        return f"message {self.pk}"


class MessageRead(models.Model):
    """How far one person has read the messages of one referral."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="message_reads")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    side = models.CharField(max_length=8)
    up_to = models.DateTimeField()
    read_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "reader", "side", "up_to", "read_at",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "reader"], name="one_place_read_to_per_person_and_referral"
            )
        ]

    def __str__(self) -> str:
        return f"messages read on {self.referral_id}"


class MessageDraft(models.Model):
    """What one person has typed on one referral and not sent yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="message_drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    body = EncryptedTextField()
    saved_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("body",)
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "referral", "author", "saved_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "author"], name="one_message_draft_per_person_and_referral"
            )
        ]

    def __str__(self) -> str:
        return f"message draft {self.pk}"


class CannedAnswer(models.Model):
    """A text that a clinic's people put into their messages; of nobody in particular."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="canned_answers"
    )
    title = models.CharField(max_length=80)
    text = models.TextField(max_length=2000)
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "clinic", "title", "text", "active", "changed_at",
    )  # fmt: skip

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "title"], condition=models.Q(active=True),
                name="one_canned_answer_per_clinic_and_title",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"canned answer {self.pk}"


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


class AnswerDraft(models.Model):
    """Answers to a request for information that are typed and not sent yet; the practice's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(
        InformationRequest, on_delete=models.CASCADE, related_name="draft"
    )
    fields = EncryptedJSONField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("fields",)
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "request", "saved_by", "saved_at")

    def __str__(self) -> str:
        return f"answer draft {self.pk}"


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
