"""The access log's tables: entries as they happen, and the chain that seals them.

Both are append-only by trigger (see triggers.py). They point at rows by plain ids, so that
nothing that is purged elsewhere can take its history along.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.utils import timezone

__all__ = ["AccessEntry", "AccessSeal", "Door"]


class Door(models.TextChoices):
    """The way by which somebody came in."""

    PORTAL = "portal"
    API = "api"
    MESSAGE = "message"
    COMMAND = "command"


class AccessEntry(models.Model):
    """Who did what to which referral, when, by which door. Never holds a patient's data."""

    # The true time: evidence is not moved to another day with the domain's clock.
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=16)
    user_id = models.CharField(max_length=36, default="", blank=True)
    partner_slug = models.CharField(max_length=64, default="", blank=True)
    roles = models.CharField(max_length=64, default="", blank=True)
    verb = models.CharField(max_length=32)
    door = models.CharField(max_length=16, choices=Door.choices)
    referral_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, default="", blank=True)
    address = models.CharField(max_length=45, default="", blank=True)
    # Text rather than a JSON column, which PostgreSQL would reorder under the seal.
    detail = models.TextField(default="{}")

    sensitive_fields: tuple[str, ...] = ()
    plain_fields = (
        "id",
        "at",
        "actor_kind",
        "user_id",
        "partner_slug",
        "roles",
        "verb",
        "door",
        "referral_id",
        "organisation_id",
        "request_id",
        "address",
        "detail",
    )

    class Meta:
        app_label = "referrals"
        indexes = [
            models.Index(fields=["referral_id", "at"], name="access_by_referral"),
            models.Index(fields=["user_id", "at"], name="access_by_user"),
            models.Index(fields=["organisation_id", "at"], name="access_by_organisation"),
        ]

    def __str__(self) -> str:
        return f"access entry {self.pk}"

    @property
    def details(self) -> dict[str, Any]:
        """The detail as data: ids, counts, codes and field names."""
        return json.loads(self.detail)


class AccessSeal(models.Model):
    """One link of the chain: an entry's hash over itself and the link before."""

    number = models.BigIntegerField(primary_key=True)
    batch = models.BigIntegerField()
    entry_id = models.BigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    sensitive_fields: tuple[str, ...] = ()
    plain_fields = ("number", "batch", "entry_id", "previous_hash", "hash", "sealed_at")

    class Meta:
        app_label = "referrals"

    def __str__(self) -> str:
        return f"access seal {self.number}"
