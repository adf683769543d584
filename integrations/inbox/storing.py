"""Keep a message before it is acknowledged: insert first, then look."""

from __future__ import annotations

import hashlib
from importlib import import_module
from types import ModuleType

import structlog
from django.conf import settings
from django.db import DataError, Error, transaction
from django.db.models import F
from django.utils import timezone

from integrations import metrics
from integrations.inbox import signatures
from integrations.inbox.parsing import Arrival, Command, Unreadable, check_arrival, read
from integrations.inbox.reasons import Reason
from integrations.inbox.signatures import Keyring
from integrations.models import (
    Delivery,
    DeliveryStatus,
    InboxMessage,
    InboxStatus,
    Partner,
)

log = structlog.get_logger(__name__)


def store(arrival: Arrival, *, partner: Partner, ring: Keyring | None = None) -> InboxMessage:
    """Keep what came, whatever it is, and commit; the row that stands for it.

    A known id with the same bytes is counted at the first row. With other bytes it is kept
    beside it, quarantined. What cannot be read, or is not signed as it has to be, is parked
    with its reason.
    """
    digest = hashlib.sha256(arrival.body).hexdigest()
    try:
        command = understand(arrival, partner, ring or Keyring(partner))
    except Unreadable as unreadable:
        return _park(arrival, partner, digest, unreadable.reason)
    try:
        with transaction.atomic():
            row, is_new = _insert(_row(partner, digest, command), arrival.body)
            return row if is_new else _recognise(row, arrival, digest)
    except DataError as error:
        log.error("command_unreadable", partner=partner.slug, exc_info=error)
        return _park(arrival, partner, digest, Reason.UNREADABLE)


def understand(arrival: Arrival, partner: Partner, ring: Keyring) -> Command:
    """The command that this is, or Unreadable; whatever else goes wrong, the message is why."""
    try:
        check_arrival(arrival, account=partner.slug)
        signatures.check(arrival, partner, ring)
        command = read(arrival.body)
        if arrival.routing_key != f"{partner.slug}.{command.action}":
            raise Unreadable(Reason.ROUTING)
        if arrival.signature is not None:
            signatures.check_time(command.time, now=timezone.now())
    except (Unreadable, Error):
        # A database that is away says nothing about the message.
        raise
    except Exception as error:
        # One message must not be able to end the consumer for all of them.
        log.error("command_unreadable", partner=partner.slug, exc_info=error)
        raise Unreadable(Reason.UNREADABLE) from error
    return command


def open_body(row: InboxMessage) -> bytes:
    """The bytes as they came."""
    return sealer().open_bytes(row.place, bytes(row.body))


def _row(partner: Partner, digest: str, command: Command) -> InboxMessage:
    return InboxMessage(
        partner=partner,
        source=command.source,
        message_id=command.id,
        type=command.type,
        subject=str(command.subject),
        body_sha256=digest,
        received_at=timezone.now(),
    )


def _park(arrival: Arrival, partner: Partner, digest: str, reason: Reason) -> InboxMessage:
    row = InboxMessage(
        partner=partner,
        message_id=f"unreadable:{digest}",
        body_sha256=digest,
        status=InboxStatus.PARKED,
        reason=reason,
        received_at=timezone.now(),
    )
    with transaction.atomic():
        kept, is_new = _insert(row, arrival.body)
        if not is_new:
            _count_duplicate(kept)
    metrics.INBOX_RECEIVED.labels(result="parked").inc()
    metrics.INBOX_REFUSED.labels(reason=reason.value).inc()
    return kept


def _insert(row: InboxMessage, body: bytes) -> tuple[InboxMessage, bool]:
    """Insert unless the id is known; the row in the table and whether it is new.

    Never "look, then insert": two consumers would both find nothing.
    """
    row.body = sealer().seal_bytes(row.place, body)
    InboxMessage.objects.bulk_create([row], ignore_conflicts=True)
    kept = InboxMessage.objects.get(
        partner=row.partner, source=row.source, message_id=row.message_id
    )
    is_new = bytes(kept.body) == bytes(row.body)
    if is_new and row.status == InboxStatus.RECEIVED:
        metrics.INBOX_RECEIVED.labels(result="received").inc()
    return kept, is_new


def _recognise(first: InboxMessage, arrival: Arrival, digest: str) -> InboxMessage:
    if first.body_sha256 == digest:
        _count_duplicate(first)
        _answer_again(first)
        metrics.INBOX_RECEIVED.labels(result="duplicate").inc()
        return first
    row = InboxMessage(
        partner=first.partner,
        source=first.source,
        message_id=f"conflict:{digest}",
        type=first.type,
        subject=first.subject,
        body_sha256=digest,
        status=InboxStatus.QUARANTINED,
        reason=Reason.OTHER_BYTES,
        original=first,
        received_at=timezone.now(),
    )
    kept, is_new = _insert(row, arrival.body)
    if not is_new:
        _count_duplicate(kept)
    metrics.INBOX_RECEIVED.labels(result="quarantined").inc()
    return kept


def _answer_again(row: InboxMessage) -> None:
    """The stored answer once more: the same id, sequence and bytes."""
    Delivery.objects.filter(
        event=row.answer_id, partner=row.partner_id, status=DeliveryStatus.SENT
    ).update(status=DeliveryStatus.PENDING, confirmed_at=None)


def _count_duplicate(row: InboxMessage) -> None:
    InboxMessage.objects.filter(pk=row.pk).update(duplicates=F("duplicates") + 1)


def sealer() -> ModuleType:
    return import_module(settings.INTEGRATIONS_SEALER)
