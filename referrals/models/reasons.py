"""Coded reasons as reference data."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from referrals.models.organisations import Organisation


class ReasonQuerySet(models.QuerySet["Reason"]):
    def in_force(self, on: date) -> ReasonQuerySet:
        return self.filter(valid_from__lte=on).filter(
            models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on)
        )


class Reason(models.Model):
    """One coded reason. `reason_class` is all that an event may say of it.

    `clinic` is null for those that everybody has; a clinic may add some of its own.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    code = models.SlugField(max_length=50)
    label = models.CharField(max_length=120)
    reason_class = models.CharField(max_length=20)
    roles = models.JSONField(default=list)
    comment_mandatory = models.BooleanField(default=False)
    valid_from = models.DateField(default=date(2020, 1, 1))
    valid_to = models.DateField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    clinic = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="own_reasons"
    )

    objects = ReasonQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "kind", "code", "label", "reason_class", "roles", "comment_mandatory",
        "valid_from", "valid_to", "position", "clinic",
    )  # fmt: skip

    class Meta:
        ordering = ["kind", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code", "valid_from"], name="one_reason_per_kind_code_and_start"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="a_reason_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class HiddenReason(models.Model):
    """A reason that everybody has and that one clinic does not want to be offered."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="hidden_reasons"
    )
    kind = models.CharField(max_length=20)
    code = models.SlugField(max_length=50)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = ("id", "clinic", "kind", "code")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "kind", "code"], name="a_clinic_hides_a_reason_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
