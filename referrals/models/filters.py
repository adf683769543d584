"""Filters of a worklist that people gave a name to; everybody of the organization has them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from referrals import clock
from referrals.models.organisations import Organisation


class SavedFilter(models.Model):
    """A list's query string under a name. It holds states and ids, never a patient."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="saved_filters"
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=600)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField(default=clock.now)

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "organisation", "name", "query", "saved_by", "saved_at",
    )  # fmt: skip

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], name="one_saved_filter_per_name"
            )
        ]

    def __str__(self) -> str:
        return f"saved filter {self.pk}"
