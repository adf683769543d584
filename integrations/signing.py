"""Sign what is owed, once: a copy's signature is stored beside its bytes when it is written.

So a resend is the same in both, whatever key has come since.
"""

from __future__ import annotations

from integrations.models import Delivery, DeliveryStatus, Partner
from integrations.signing_keys import keyring

# The AMQP header that carries the signature.
HEADER = "jws"
# Why a delivery to a partner that asked for signatures is parked: it is never sent without.
NO_KEY = "not signed: EVENT_SIGNING_KEYS has no key"


def sign(delivery: Delivery) -> None:
    """Sign a delivery that is about to be written. Without a key it is parked, never sent bare.

    The change that it tells of goes through all the same: a missing key is our operator's
    trouble, not the clinic's.
    """
    keys = keyring()
    if keys:
        delivery.signature = next(iter(keys.values())).sign(bytes(delivery.body))
    else:
        delivery.status, delivery.last_error = DeliveryStatus.PARKED, NO_KEY


def sign_parked(partner: Partner | None = None) -> int:
    """Sign and release what was parked for want of a key, of one partner or of all; how many.

    Safe to call at any time.
    """
    if not keyring():
        return 0
    waiting = Delivery.objects.filter(
        status=DeliveryStatus.PARKED, last_error=NO_KEY, signature=""
    ).order_by("pk")
    if partner is not None:
        waiting = waiting.filter(partner=partner)
    released = 0
    for delivery in waiting.iterator(chunk_size=500):
        sign(delivery)
        # Where two processes start at once, one of them writes it.
        released += waiting.filter(pk=delivery.pk).update(
            signature=delivery.signature, status=DeliveryStatus.PENDING, last_error=""
        )
    return released
