"""django-celery-outbox 0.4.3 with kombu's confirm_publish, with 1 or 8 threads."""

from __future__ import annotations

import os
import time

from bench.conversation import answer
from bench.peers.common import payload, prepare

import structlog  # isort: skip
from django_celery_outbox.app import OutboxCelery  # isort: skip
from django_celery_outbox.models import CeleryOutbox  # isort: skip
from django_celery_outbox.relay import Relay, RelayConfig  # isort: skip
from kombu import Exchange, Queue  # isort: skip

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
KEY = "celery_outbox.referral.submitted.v1"
QUEUE = "tandem.partner.celery_outbox"

app = OutboxCelery("bench", broker=os.environ["AMQP_URL"])
app.conf.update(
    broker_transport_options={"confirm_publish": True},
    task_ignore_result=True,
    task_queues=[
        Queue(
            QUEUE,
            Exchange("tandem.events", "topic", durable=True, no_declare=True),
            routing_key=KEY,
            durable=True,
            no_declare=True,
        )
    ],
    task_default_queue=QUEUE,
)


def drain(count: int, threads: int) -> float:
    CeleryOutbox.objects.all().delete()
    for number in range(count):
        app.send_task("bench.noop", args=(payload(number),))
    relay = Relay(
        app=app,
        config=RelayConfig.init(batch_size=100, idle_time=0, publish_concurrency=threads),
    )
    began = time.perf_counter()
    while CeleryOutbox.objects.exists():
        relay._processing()
    return time.perf_counter() - began


if __name__ == "__main__":
    answer({"prepare": prepare, "drain": drain})
