"""What a clinic's medical director chose for the rules: every choice is kept, the newest counts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.models.organisations import Organisation


class ClinicalSettings(models.Model):
    """One choice of one clinic. `values` holds what differs from the published defaults."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="clinical_settings"
    )
    number = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    comment = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "clinic", "number", "values", "comment", "changed_at", "changed_by",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "number"], name="one_choice_of_clinical_settings_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"clinical settings {self.number} of {self.clinic_id}"
