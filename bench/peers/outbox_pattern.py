"""django-outbox-pattern 3.2.1: STOMP without receipts, so nothing is confirmed."""

from __future__ import annotations

import time

from bench.conversation import answer
from bench.peers.common import payload, prepare

from django_outbox_pattern.choices import StatusChoice  # isort: skip
from django_outbox_pattern.factories import factory_producer  # isort: skip
from django_outbox_pattern.models import Published  # isort: skip

DESTINATION = "/exchange/tandem.events/outbox_pattern.referral.submitted.v1"


def drain(count: int) -> float:
    Published.objects.all().delete()
    for number in range(count):
        Published.objects.create(destination=DESTINATION, body=payload(number))
    producer = factory_producer()
    began = time.perf_counter()
    producer.publish_message_from_database()
    took = time.perf_counter() - began
    assert not Published.objects.exclude(status=StatusChoice.SUCCEEDED).exists()
    return took


if __name__ == "__main__":
    answer({"prepare": prepare, "drain": drain})
