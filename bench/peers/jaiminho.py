"""django-jaiminho 2.2.1, strategy keep-order: a function that publishes, confirmed one by one."""

from __future__ import annotations

import json
import os
import time

from bench.conversation import answer
from bench.peers.common import payload, prepare

import pika  # isort: skip
from jaiminho.constants import PublishStrategyType  # isort: skip
from jaiminho.models import Event  # isort: skip
from jaiminho.publish_strategies import create_event_data  # isort: skip
from jaiminho.relayer import EventRelayer  # isort: skip

_channels: list = []


def channel():  # type: ignore[no-untyped-def]
    if not _channels:
        connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
        _channels.append(connection.channel())
        _channels[0].confirm_delivery()
    return _channels[0]


def publish(message: dict[str, str]) -> None:
    from bench.peers import jaiminho as module

    module.channel().basic_publish(
        "tandem.events", "jaiminho.referral.submitted.v1", json.dumps(message).encode(),
        pika.BasicProperties(delivery_mode=2), mandatory=True,
    )  # fmt: skip


def drain(count: int) -> float:
    from bench.peers import jaiminho as module

    Event.objects.all().delete()
    for number in range(count):
        data = create_event_data(
            module.publish, (payload(number),), {}, PublishStrategyType.KEEP_ORDER
        )
        Event.objects.create(**data)
    module.channel()
    began = time.perf_counter()
    EventRelayer().relay()
    took = time.perf_counter() - began
    assert not Event.objects.filter(sent_at__isnull=True).exists()
    return took


if __name__ == "__main__":
    answer({"prepare": prepare, "drain": drain})
