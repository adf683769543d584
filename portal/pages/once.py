"""A form that is sent twice acts once: the page's answer to a double click or a reload.

Each form carries a random word. The first request keeps it in the same transaction as its
act; the second finds it and does nothing.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from referrals import clock
from referrals.models import IdempotencyRecord

FIELD = "attempt"
DONE = 303
KEPT_FOR = timedelta(hours=24)

Result = TypeVar("Result")


class AlreadyDone(Exception):
    """The same form was sent before, and what it asked for was done then."""


def new_word() -> str:
    """A fresh word for a form that is about to be shown."""
    return uuid.uuid4().hex


def act(request: HttpRequest, work: Callable[[], Result]) -> Result:
    """Run `work` in one transaction with the form's word.

    Raises `AlreadyDone` where the word was used before. A form without a word simply runs:
    its version still refuses a second move.
    """
    word = request.POST.get(FIELD, "")
    if not word:
        return work()
    with transaction.atomic():
        _keep(request, word)
        return work()


def _keep(request: HttpRequest, word: str) -> None:
    key = hashlib.sha256(word.encode()).hexdigest()
    fingerprint = hashlib.sha256(request.path.encode()).hexdigest()
    try:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                caller=f"page:{request.user.pk}", key_sha256=key, fingerprint=fingerprint,
                status=DONE, lease_until=clock.now() + KEPT_FOR,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyDone from None
