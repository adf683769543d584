"""Partner systems: who may be told, and who may send commands."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

# The slug is part of queue names, routing keys and topic permissions: no dots, no wildcards.
slug_shape = RegexValidator(
    r"\A[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?\Z", "Use lower-case letters, digits and hyphens."
)


class PartnerQuerySet(models.QuerySet["Partner"]):
    def active(self) -> PartnerQuerySet:
        return self.filter(active=True)

    def entitled(self, audience: uuid.UUID | None) -> PartnerQuerySet:
        """The active partners that are told what concerns this audience."""
        if audience is None:
            return self.none()
        return self.active().filter(scope_key=audience).order_by("slug")


class Partner(models.Model):
    """A partner system.

    `scope_key` is the audience that it belongs to, an opaque key to this package; `client_id`
    is its OAuth client; `events` are the names that it chose, empty meaning all; `signed`:
    what it is sent is signed; `commands_signed`: what it sends has to be; its AMQP account has
    the name of its slug.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=50, unique=True, validators=[slug_shape])
    name = models.CharField(max_length=120)
    scope_key = models.UUIDField(db_index=True)
    client_id = models.CharField(max_length=100, unique=True)
    events = models.JSONField(default=list, blank=True)
    signed = models.BooleanField(default=False)
    commands_signed = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    paused = models.BooleanField(default=False)
    dead_letters = models.PositiveIntegerField(default=0)
    dead_letters_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PartnerQuerySet.as_manager()

    sensitive_fields: ClassVar[tuple[str, ...]] = ()
    plain_fields: ClassVar[tuple[str, ...]] = (
        "id", "slug", "name", "scope_key", "client_id", "events", "signed",
        "commands_signed", "active", "paused", "dead_letters", "dead_letters_at", "created_at",
    )  # fmt: skip

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def wants(self, event_name: str) -> bool:
        """Whether the partner chose this event."""
        return not self.events or event_name in self.events
