"""People who sign in, how they were invited, and what they sign in with.

A person is identified by e-mail, never by a shared name. Everything secret here is stored
as a hash; the secret itself is shown once and never again.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from referrals.actors import Actor, actor_for


class UserManager(BaseUserManager["User"]):
    @transaction.atomic
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person whose address counts as proven: the caller vouches for it."""
        from allauth.account.models import EmailAddress

        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One person, one sign-in (45 CFR 164.312(a)(2)(i)); rights come from memberships."""

    # Ids are UUIDs everywhere outside (the API names people by theirs).
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    shortcuts = models.BooleanField(default=True)  # keys in lists: / j k ?

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects = UserManager()

    sensitive_fields = ()
    plain_fields = (
        "id", "password", "last_login", "is_superuser", "email", "full_name",
        "is_active", "is_staff", "date_joined", "shortcuts",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_sign_in_for_an_address"),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def as_actor(self) -> Actor:
        return actor_for(self)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, *, at: datetime) -> InvitationQuerySet:
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """The only way to a new sign-in: one link, one use, for one address.

    `roles` is a list of role codes at the organisation; the organisation is None for the
    privacy officer alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    organisation_id = models.UUIDField(null=True, db_index=True)
    roles = models.JSONField(default=list)
    invited_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="invitations_sent"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="invitations_accepted"
    )
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    sensitive_fields = ()
    plain_fields = (
        "id", "email", "organisation_id", "roles", "invited_by", "token_hash", "created_at",
        "expires_at", "accepted_at", "accepted_by", "revoked_at",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="invitation_accepted_with_the_person",
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="invitation_not_both_accepted_and_revoked",
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class PersonalTokenQuerySet(models.QuerySet["PersonalToken"]):
    def usable(self, *, at: datetime) -> PersonalTokenQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=at, user__is_active=True)


class PersonalToken(models.Model):
    """A person's key to the API: 256 random bits, kept as SHA-256, shown once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="personal_tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=16)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = PersonalTokenQuerySet.as_manager()

    sensitive_fields = ()
    plain_fields = (
        "id", "user", "name", "prefix", "token_hash", "created_at", "expires_at",
        "last_used_at", "revoked_at",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="token_ends_after_it_began", condition=Q(expires_at__gt=F("created_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"token {self.prefix}"


class InterruptedPost(models.Model):
    """What a person had typed when the session ran out, sealed, for one hour.

    The browser's next session names the row; only the same person gets the fields back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="interrupted_posts")
    path = models.CharField(max_length=300)
    body = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    sensitive_fields = ("body",)
    plain_fields = ("id", "user", "path", "expires_at")

    def __str__(self) -> str:
        return f"interrupted post {self.pk}"


class CacheEntry(models.Model):
    """The table of Django's DatabaseCache, made by migrations like any other.

    Rate limits live in it, so that all worker processes count together.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    sensitive_fields = ()
    plain_fields = ("cache_key", "value", "expires")

    class Meta:
        db_table = "tandem_cache"

    def __str__(self) -> str:
        return "cache entry"
