"""Declare and check the topology on a live broker, over AMQP alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker

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


def missing(url: str, slugs: Iterable[str]) -> list[str]:
    """The names of the topology that the broker does not have."""
    with _connection(url) as connection:
        gone = [name for name in topology.EXCHANGES if not _has_exchange(connection, name)]
        names = [queue.name for queue in topology.queues(slugs)]
        return gone + [name for name in names if not _has_queue(connection, name)]


def _has_exchange(connection: BlockingConnection, name: str) -> bool:
    return _passes(connection, lambda channel: channel.exchange_declare(name, passive=True))


def _has_queue(connection: BlockingConnection, name: str) -> bool:
    return _passes(connection, lambda channel: channel.queue_declare(name, passive=True))


def _passes(connection: BlockingConnection, question: Callable[[BlockingChannel], object]) -> bool:
    # A wrong answer closes the channel, so each question has its own.
    channel = connection.channel()
    try:
        question(channel)
    except ChannelClosedByBroker as closed:
        if closed.reply_code == 404:
            return False
        raise
    channel.close()
    return True


@contextmanager
def _connection(url: str) -> Iterator[BlockingConnection]:
    connection = pika.BlockingConnection(parameters_from(url))
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


@contextmanager
def _channel(url: str) -> Iterator[BlockingChannel]:
    with _connection(url) as connection:
        yield connection.channel()
