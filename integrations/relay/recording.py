"""Write down what became of the deliveries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django.db.models import F

from integrations.models import Delivery, DeliveryStatus, Lane
from integrations.relay import selection
from integrations.relay.selection import Item

# One parameter for all ids: the statement's text stays the same, and is parsed once.
_SENT = """
UPDATE integrations_delivery
   SET status = 'sent', confirmed_at = %s, next_attempt_at = NULL, last_error = ''
 WHERE """


def sent(ids: Collection[int], *, now: datetime) -> None:
    """The queue has them. A confirm is a fact, whoever owns the lane by now."""
    condition, parameter = selection.among(ids)
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_SENT + condition, [moment, parameter])


def failed(
    item: Item,
    *,
    owner: str,
    epoch: int,
    error: str,
    counts: bool,
    next_attempt_at: datetime,
    most_attempts: int,
) -> bool:
    """Put the delivery off, or park it when it has failed too often; whether it is parked.

    Only for the present owner of the lane: another relay may have succeeded meanwhile.
    `counts` is false for what is not this message's own fault.
    """
    attempts = item.attempts + (1 if counts else 0)
    park = attempts >= most_attempts
    mine = Lane.objects.filter(number=item.lane, owner=owner, epoch=epoch)
    changed = Delivery.objects.filter(
        pk=item.id, status=DeliveryStatus.PENDING, lane__in=mine.values("number")
    ).update(
        attempts=F("attempts") + (1 if counts else 0),
        status=DeliveryStatus.PARKED if park else DeliveryStatus.PENDING,
        next_attempt_at=None if park else next_attempt_at,
        last_error=error[:200],
    )
    return bool(changed) and park
