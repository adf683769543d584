"""The public keys that a partner signs its commands with."""

from __future__ import annotations

import hashlib
import json
from typing import ClassVar

from django.db import models
from django.utils import timezone

from integrations import base64url


class CommandKeyQuerySet(models.QuerySet["CommandKey"]):
    def active(self) -> CommandKeyQuerySet:
        return self.filter(retired_at__isnull=True)


class CommandKey(models.Model):
    """One Ed25519 public key of a partner. No private half ever comes here.

    `kid` is the partner's own name for it, `x` the key as a JSON Web Key writes it. Both stand
    for one key for ever: what arrives after `retired_at` is not accepted under it, and the row
    stays, so that neither comes back.
    """

    id = models.BigAutoField(primary_key=True)
    # Without an index of its own: the constraints begin with it.
    partner = models.ForeignKey("integrations.Partner", on_delete=models.CASCADE, db_index=False)
    kid = models.CharField(max_length=64)
    x = models.CharField(max_length=43)
    added_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = CommandKeyQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "partner", "kid", "x", "added_at", "retired_at",
    )  # fmt: skip

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "kid"], name="command_key_id_stands_for_one_key"
            ),
            models.UniqueConstraint(fields=["partner", "x"], name="command_key_has_one_id"),
        ]

    def __str__(self) -> str:
        return f"command key {self.pk}"

    @property
    def thumbprint(self) -> str:
        """RFC 7638: what two people compare to know that they mean the same key."""
        members = {"crv": "Ed25519", "kty": "OKP", "x": self.x}
        digest = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
        return base64url.encode(digest)
