"""What an operator does with deliveries that are parked: retry, skip, cancel.

Each takes the partner, so that nobody reaches another's rows, and raises NotPossible with the
reason where the state does not allow it. Who did it is written down by the caller.
"""

from __future__ import annotations

from django.db import transaction

from integrations import outbox, signing
from integrations.errors import NotPossible
from integrations.models import Delivery, DeliveryStatus, Partner
from integrations.tombstones import SKIPPED_TYPES, tombstone_of


@transaction.atomic
def retry(partner: Partner, delivery_id: int) -> Delivery:
    """Send it once more, with all its attempts before it; what waits behind it follows."""
    row = _parked(partner, delivery_id)
    row.status, row.attempts = DeliveryStatus.PENDING, 0
    if row.last_error == signing.NO_KEY:
        signing.sign(row)
        if not row.signature:
            raise NotPossible("There is no key in EVENT_SIGNING_KEYS to sign it with.")
    row.next_attempt_at, row.last_error = None, ""
    row.save(update_fields=["status", "attempts", "next_attempt_at", "last_error", "signature"])
    return row


def retry_all(partner: Partner) -> int:
    """Send everything that is parked once more; the number of deliveries.

    What waits for a key to be signed with goes on waiting where there is none.
    """
    signed = signing.sign_parked(partner)
    parked = Delivery.objects.filter(partner=partner, status=DeliveryStatus.PARKED)
    return signed + parked.exclude(last_error=signing.NO_KEY).update(
        status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=None, last_error=""
    )


@transaction.atomic
def skip(partner: Partner, delivery_id: int) -> Delivery:
    """Send a tombstone in its place, under its number; what waits behind it follows.

    The event itself stays in the partner's feed.
    """
    row = _parked(partner, delivery_id)
    if row.type in SKIPPED_TYPES:
        raise NotPossible("This is a tombstone already. Mend the queue, then retry.")
    data = {"skipped_id": str(row.event.event_id), "skipped_type": row.type}
    return outbox.put_in_place(row, event=tombstone_of(row.type), data=data)


@transaction.atomic
def cancel(partner: Partner, delivery_id: int) -> Delivery:
    """Never send it, and nothing in its place: only for a partner that is deactivated."""
    if partner.active:
        raise NotPossible(
            "The partner is active and would wait for this number. Skip it instead: a "
            "tombstone goes out in its place."
        )
    row = _parked(partner, delivery_id)
    row.status = DeliveryStatus.CANCELLED
    row.save(update_fields=["status"])
    return row


def _parked(partner: Partner, delivery_id: int) -> Delivery:
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("event", "partner")
    row = rows.filter(partner=partner, pk=delivery_id).first()
    if row is None:
        raise NotPossible("This partner has no such delivery.")
    if row.status != DeliveryStatus.PARKED:
        raise NotPossible("This delivery is not parked: somebody dealt with it already.")
    return row
