"""Five ways in which the queue of one partner is stuck, on a real broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from integrations import topology
from integrations.rabbitmq import administration
from portal.local.rabbitmq import APPLICATION, RabbitMQ

Way = Callable[[RabbitMQ, str], AbstractContextManager[None]]


@contextmanager
def full(broker: RabbitMQ, slug: str) -> Iterator[None]:
    pattern = f"^{topology.partner_queue(slug)}$".replace(".", r"\.")
    broker.control("set_policy", "short", pattern, '{"max-length": 1, "overflow": '
                   '"reject-publish"}', "--priority", "10", "--apply-to", "queues")  # fmt: skip
    try:
        yield
    finally:
        broker.control("clear_policy", "short")


@contextmanager
def without_queue(broker: RabbitMQ, slug: str) -> Iterator[None]:
    with administration._channel(broker.admin_url) as channel:
        channel.queue_delete(topology.partner_queue(slug))
    try:
        yield
    finally:
        administration.declare(broker.admin_url, [slug])


@contextmanager
def forbidden(broker: RabbitMQ, slug: str) -> Iterator[None]:
    """The portal's account may not publish this partner's keys."""
    rights = rf"^(?!{slug}\.).*"
    broker.control("set_topic_permissions", APPLICATION, topology.EVENTS, rights, ".*")
    try:
        yield
    finally:
        broker.control("clear_topic_permissions", APPLICATION)


@contextmanager
def silent(broker: RabbitMQ, slug: str) -> Iterator[None]:
    """The queue's own process answers nobody: no confirm, no refusal."""
    process = f"{{'%2F_{topology.partner_queue(slug)}', node()}}"
    broker.control("eval", f"sys:suspend({process}).")
    try:
        yield
    finally:
        broker.control("eval", f"sys:resume({process}).")


@contextmanager
def without_binding(broker: RabbitMQ, slug: str) -> Iterator[None]:
    with administration._channel(broker.admin_url) as channel:
        channel.queue_unbind(topology.partner_queue(slug), topology.EVENTS, f"{slug}.#")
    try:
        yield
    finally:
        administration.declare(broker.admin_url, [slug])


WAYS: tuple[Way, ...] = (full, without_queue, forbidden, silent, without_binding)
