"""Practices and clinics, and the people who work there."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.actors import CLINIC_ROLES, PRACTICE_ROLES, ROLE_LABELS, Role


class OrganisationKind(models.TextChoices):
    PRACTICE = "practice", "Practice"
    CLINIC = "clinic", "Clinic"


class Organisation(models.Model):
    """A referring practice or a receiving clinic. `npi` is a type-2 NPI."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=OrganisationKind.choices)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=50, unique=True)
    npi = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    after_hours_phone = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=2, default="FL")
    time_zone = models.CharField(max_length=50, default="America/New_York")
    active = models.BooleanField(default=True)
    # A practice that does not work with the portal: a clinic wrote it down, nobody signs in.
    recorded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="recorded_practices"
    )
    # The team's own mailbox, written to beside the people; empty: none.
    team_email = models.EmailField(blank=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "kind", "name", "slug", "npi", "phone", "after_hours_phone", "state",
        "time_zone", "active", "recorded_by", "team_email",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recorded_by__isnull=True) | models.Q(kind="practice"),
                name="only_a_practice_is_recorded_by_a_clinic",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=OrganisationKind.values),
                name="organisation_is_a_practice_or_a_clinic",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_external(self) -> bool:
        """A practice that a clinic wrote down; nobody of it signs in."""
        return self.recorded_by_id is not None


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_force(self) -> MembershipQuerySet:
        return self.filter(ended_at__isnull=True).exclude(organisation__active=False)


class Membership(models.Model):
    """One role of one person at one organisation. A privacy officer has no organisation."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(
        max_length=2, choices=[(r.value, ROLE_LABELS[r]) for r in Role if r is not Role.IC]
    )
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Told first when a referral needs somebody at once; only a clinic's clinician is on call.
    on_call = models.BooleanField(default=False)

    objects = MembershipQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "user", "organisation", "role", "created_at", "ended_at", "on_call",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_membership_per_person_organisation_and_role",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.PO, organisation__isnull=True)
                | models.Q(
                    role__in=[r.value for r in sorted(PRACTICE_ROLES | CLINIC_ROLES - {Role.PS})],
                    organisation__isnull=False,
                ),
                name="only_the_privacy_officer_has_no_organisation",
            ),
            models.CheckConstraint(
                condition=models.Q(on_call=False) | models.Q(role=Role.CL),
                name="only_a_clinician_is_on_call",
            ),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"


class ClinicianKind(models.TextChoices):
    PHYSICIAN = "physician", "Physician"
    NP = "np", "Nurse practitioner"
    PA = "pa", "Physician assistant"
    PSYCHOLOGIST = "psychologist", "Psychologist"
    LCSW = "lcsw", "Licensed clinical social worker"
    LMHC = "lmhc", "Licensed mental health counselor"
    LMFT = "lmft", "Licensed marriage and family therapist"
    OTHER = "other", "Other clinician"


class ClinicianProfile(models.Model):
    """What makes a person a clinician: kind, NPI (type 1), licence and its state."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="clinician"
    )
    kind = models.CharField(max_length=12, choices=ClinicianKind.choices)
    npi = models.CharField(max_length=10, blank=True)
    licence_number = models.CharField(max_length=30, blank=True)
    licence_state = models.CharField(max_length=2, blank=True)
    after_hours_phone = models.CharField(max_length=20, blank=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "user", "kind", "npi", "licence_number", "licence_state", "after_hours_phone",
    )  # fmt: skip

    def __str__(self) -> str:
        return f"clinician {self.user_id}"


class Service(models.Model):
    """What a clinic offers to referrers: always an evaluation.

    `slots_per_week` and `at_once` bound the appointments where they are set; the wait is
    what the clinic says as long as too few appointments tell it.
    """

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="services")
    code = models.SlugField(max_length=50)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)
    slots_per_week = models.PositiveSmallIntegerField(null=True, blank=True)
    at_once = models.PositiveSmallIntegerField(null=True, blank=True)
    stated_wait_days = models.PositiveSmallIntegerField(null=True, blank=True)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "clinic", "code", "name", "active", "slots_per_week", "at_once",
        "stated_wait_days",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "code"], name="one_service_code_per_clinic")
        ]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """A day on which a clinic does not work; routine clocks skip it."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=80)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "clinic", "day", "name")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "day"], name="one_holiday_per_clinic_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.day}"
