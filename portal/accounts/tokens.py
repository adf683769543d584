"""Personal tokens: made, found and ended. The secret is seen once, by its owner."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from portal.accounts.models import PersonalToken, User

MARK = "tnd_"
SECRET_BYTES = 32
LONGEST = timedelta(days=365)
# Written at most this often, so that reading the API does not write at each request.
LAST_USED_STEP = timedelta(minutes=10)


def make(*, user: User, name: str, days: int) -> tuple[PersonalToken, str]:
    """The row, and the secret that is shown once. ValueError for more than a year."""
    lifetime = timedelta(days=days)
    if not timedelta(0) < lifetime <= LONGEST:
        raise ValueError("A token lives from one day to one year.")
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    now = timezone.now()
    token = PersonalToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:10],
        token_hash=digest(secret),
        created_at=now,
        expires_at=now + lifetime,
    )
    return token, secret


def find(secret: str) -> PersonalToken | None:
    """The usable token with this secret; None for every other, for whatever reason."""
    now = timezone.now()
    row = PersonalToken.objects.usable(at=now).filter(token_hash=digest(secret))
    token = row.select_related("user").first()
    if token and (token.last_used_at is None or token.last_used_at < now - LAST_USED_STEP):
        PersonalToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def end(token: PersonalToken) -> None:
    PersonalToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def digest(secret: str) -> str:
    """SHA-256 suffices: the secret is 256 random bits, nothing that can be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
