"""Idempotency-Key: the same caller, key and request get the same answer, byte for byte.

The claim is one insert that only one request can win. The work and its kept answer are one
transaction, so a crash between them leaves a claim whose lease runs out, and no answer. A
request that outlives its own lease loses its work, not the one that took over.
Answers below 500 are kept, sealed, for 24 hours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from referrals import clock
from referrals.actors import Actor
from referrals.api import bodies
from referrals.errors import Conflict, FieldError, IdempotencyMismatch, InFlight, Invalid
from referrals.models import IdempotencyRecord

LEASE = timedelta(seconds=60)
LIFETIME = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("ETag", "Location", "Content-Type", "Cache-Control")
# What became of an exception: its problem document, or None for one that nobody foresaw.
Refuse = Callable[[Exception], HttpResponse | None]


def once(
    request: Request,
    actor: Actor,
    work: Callable[[], HttpResponse],
    refuse: Refuse,
    referral_id: UUID | None = None,
) -> HttpResponse:
    """Run `work` once for the request's key; without a key simply run it.

    `referral_id` names the referral in the address, whose consent may withdraw the answer.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return work()
    if not _KEY.fullmatch(key):
        raise Invalid(
            errors=[FieldError("", "idempotency_key",
                               "An Idempotency-Key has 1 to 255 visible ASCII characters.")]
        )  # fmt: skip
    caller, fingerprint = _caller(actor), _fingerprint(request)
    claim = _claim(caller, hashlib.sha256(key.encode()).hexdigest(), fingerprint, referral_id)
    if claim.fingerprint != fingerprint:
        raise IdempotencyMismatch()
    return _replay(claim) if claim.status else _run(claim, work, refuse)


def _caller(actor: Actor) -> str:
    return f"partner:{actor.partner_slug}" if actor.partner_slug else f"user:{actor.user_id}"


def _fingerprint(request: Request) -> str:
    parts = (request.method or "", request.path, bodies.fingerprint(request))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _claim(caller: str, key: str, fingerprint: str, referral_id: UUID | None) -> IdempotencyRecord:
    """A fresh claim of ours (status 0), or the finished record; `InFlight` otherwise."""
    now = clock.now()
    IdempotencyRecord.objects.filter(
        caller=caller, key_sha256=key, created_at__lt=now - LIFETIME
    ).delete()
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(
                caller=caller, key_sha256=key, fingerprint=fingerprint, lease_until=now + LEASE,
                referral_id=referral_id,
            )  # fmt: skip
    except IntegrityError:
        found = IdempotencyRecord.objects.get(caller=caller, key_sha256=key)
    if found.status or found.fingerprint != fingerprint:
        return found
    taken_over = IdempotencyRecord.objects.filter(
        pk=found.pk, status=0, lease_until=found.lease_until, lease_until__lt=now
    ).update(lease_until=now + LEASE)
    if not taken_over:
        raise InFlight()
    found.lease_until = now + LEASE
    return found


def _run(
    claim: IdempotencyRecord, work: Callable[[], HttpResponse], refuse: Refuse
) -> HttpResponse:
    try:
        with transaction.atomic():
            response = work()
            _keep(claim, response)
        return response
    except InFlight:
        raise
    except Exception as problem:
        answer = refuse(problem)
        if answer is None or answer.status_code >= 500:
            _ours(claim).delete()
            raise
    with transaction.atomic():
        _keep(claim, answer)
    return answer


def _ours(claim: IdempotencyRecord) -> QuerySet[IdempotencyRecord]:
    """The claim while nobody else has taken it over."""
    return IdempotencyRecord.objects.filter(
        pk=claim.pk, status=0, lease_until=claim.lease_until
    )  # fmt: skip


def _keep(claim: IdempotencyRecord, response: HttpResponse) -> None:
    """Keep the answer with the work, in its transaction; `InFlight` where the lease is lost."""
    if _ours(claim).update(status=response.status_code) != 1:
        raise InFlight()
    claim.status = response.status_code
    claim.headers = {n: response.headers[n] for n in KEPT_HEADERS if n in response.headers}
    claim.body = response.content.decode()
    claim.save(update_fields=["headers", "body"])


def _replay(kept: IdempotencyRecord) -> HttpResponse:
    if kept.body is None:
        raise Conflict("The answer to this was withdrawn: consent has closed what it held.")
    return HttpResponse(kept.body, status=kept.status, headers=kept.headers)
