"""Declare the topology on a live broker, over AMQP alone, in development and for the demo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

from integrations import topology
from integrations.rabbitmq.parameters import parameters_from


def declare(url: str, slugs: Iterable[str]) -> list[str]:
    """Create what is missing; the names declared. Needs an account that may configure.

    A queue or exchange that exists with other arguments raises ChannelClosedByBroker (406).
    """
    with _channel(url) as channel:
        for exchange in topology.EXCHANGES:
            channel.exchange_declare(exchange, "topic", durable=True)
        found = topology.queues(slugs)
        for queue in found:
            channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)
            channel.queue_bind(queue.name, queue.exchange, queue.binding)
    return [*topology.EXCHANGES, *(queue.name for queue in found)]


@contextmanager
def connected(url: str) -> Iterator[BlockingConnection]:
    """A connection for as long as it is needed."""
    connection = pika.BlockingConnection(parameters_from(url))
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


@contextmanager
def _channel(url: str) -> Iterator[BlockingChannel]:
    with connected(url) as connection:
        yield connection.channel()
