"""The one plan that both sides write on, and the clinician whom a practice invites to it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.encryption import EncryptedTextField
from referrals.models.referral import Referral


class PlanSide(models.TextChoices):
    GOALS = "goals", "Goals, in the patient's words"
    PAIN = "pain", "Pain"
    TRAUMA = "trauma", "Trauma"
    DAILY_LIFE = "daily_life", "Daily life"


class PlanTopic(models.TextChoices):
    """What a contribution to the daily-life side is about."""

    MOVEMENT = "movement", "Movement"
    SLEEP = "sleep", "Sleep"
    MINDFULNESS = "mindfulness", "Mindfulness"
    NUTRITION = "nutrition", "Nutrition"
    FAMILY = "family", "Family"


class ContributorSide(models.TextChoices):
    PRACTICE = "practice", "Practice"
    INVITED = "invited", "Invited clinician"
    CLINIC = "clinic", "Clinic"


class PlanContribution(models.Model):
    """What somebody wrote on the plan, with who and when. Never changed, only added to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="plan")
    side = models.CharField(max_length=10, choices=PlanSide.choices)
    topic = models.CharField(max_length=12, choices=PlanTopic.choices, blank=True)
    text = EncryptedTextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    author_name = models.CharField(max_length=120)
    author_side = models.CharField(max_length=8, choices=ContributorSide.choices)
    # With the outcome report: what the clinic carries back.
    with_outcome = models.BooleanField(default=False)
    written_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ("text",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "side", "topic", "author", "author_name", "author_side",
        "with_outcome", "written_at",
    )  # fmt: skip

    class Meta:
        ordering = ["written_at", "id"]
        indexes = [models.Index(fields=["referral", "written_at"], name="plan_of_referral")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(topic="") | models.Q(side=PlanSide.DAILY_LIFE),
                name="only_daily_life_has_topics",
            )
        ]

    def __str__(self) -> str:
        return f"plan contribution {self.pk}"


class ClinicianInvitationQuerySet(models.QuerySet["ClinicianInvitation"]):
    def open(self, *, at: datetime) -> ClinicianInvitationQuerySet:
        """Can still be accepted."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at)

    def in_force(self) -> ClinicianInvitationQuerySet:
        """Was accepted and not taken back: opens the referral."""
        return self.filter(accepted_at__isnull=False, revoked_at__isnull=True)


class InvitationStatus(models.TextChoices):
    INVITED = "invited", "Invited"
    ACCEPTED = "accepted", "Takes part"
    TOO_OLD = "too_old", "Too old"
    TAKEN_BACK = "taken_back", "Taken back"


class ClinicianInvitation(models.Model):
    """An invitation of the patient's other clinician to this one referral.

    The link works once and until `expires_at`; only the hash of its secret is kept. Accepted,
    it opens the referral to `accepted_by` until it is revoked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, related_name="clinician_invitations"
    )
    email = EncryptedTextField()
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    invited_by_name = models.CharField(max_length=120)
    invited_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True,
        related_name="shared_referrals",
    )  # fmt: skip
    practice_name = models.CharField(max_length=120, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = ClinicianInvitationQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ("email",)
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "referral", "token_hash", "invited_by", "invited_by_name", "invited_at",
        "expires_at", "accepted_at", "accepted_by", "practice_name", "revoked_at", "revoked_by",
    )  # fmt: skip

    class Meta:
        ordering = ["invited_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="an_acceptance_has_its_time_and_its_person",
            ),
            models.UniqueConstraint(
                fields=["referral", "accepted_by"],
                condition=models.Q(accepted_at__isnull=False, revoked_at__isnull=True),
                name="one_open_invitation_per_referral_and_clinician",
            ),
        ]

    def __str__(self) -> str:
        return f"clinician invitation {self.pk}"

    def status(self, *, at: datetime) -> InvitationStatus:
        if self.revoked_at:
            return InvitationStatus.TAKEN_BACK
        if self.accepted_at:
            return InvitationStatus.ACCEPTED
        return InvitationStatus.TOO_OLD if self.expires_at <= at else InvitationStatus.INVITED
