"""Ask a live broker, over AMQP alone, whether it can keep the promises.

With the portal's own account it can be seen what exists, that confirms are there, and that
what has no queue comes back. Types, arguments and bindings need an account that may declare:
declaring again what exists compares it and changes nothing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker, NackError, UnroutableError

from integrations import topology
from integrations.rabbitmq.administration import connected
from integrations.rabbitmq.findings import (
    Finding,
    exchange_missing,
    queue_missing,
    recreate,
    swallowed,
    unbound,
)
from integrations.topology import Queue

# No slug begins with a hyphen, so that no partner's queue takes this key.
NOBODYS_KEY = "-.check"
# Seconds for a message that was just published to come back to us.
TAKE_BACK_WITHIN = 5.0
_UNEQUAL = re.compile(r"inequivalent arg '([^']+)'")


def inspect(url: str, slugs: Iterable[str], *, admin_url: str = "") -> list[Finding]:
    """What is wrong, with the account of `url` and, where given, one that may declare."""
    queues = topology.queues(slugs)
    with connected(url) as connection:
        found = [*vital(connection), *_missing(connection, queues)]
    if admin_url:
        gone = {finding.name for finding in found}
        with connected(admin_url) as connection:
            found += _compare(connection, [q for q in queues if q.name not in gone], gone)
    return found


def vital(connection: BlockingConnection) -> list[Finding]:
    """What keeps every message from being safe: few questions, asked before the relay starts."""
    found = list(_unsupported(connection))
    if _closed_with(connection, lambda channel: _look(channel, topology.EVENTS)) == 404:
        return [*found, exchange_missing(topology.EVENTS, stops=True)]
    return [*found, *_swallows(connection)]


def _unsupported(connection: BlockingConnection) -> Iterator[Finding]:
    if not (connection.publisher_confirms_supported and connection.basic_nack_supported):
        yield Finding(
            "The broker", "has no publisher confirms", "Use RabbitMQ 3.10 or later", stops=True
        )


def _swallows(connection: BlockingConnection) -> Iterator[Finding]:
    """Publish what nobody may take; it has to come back."""
    channel = connection.channel()
    try:
        channel.confirm_delivery()
        channel.basic_publish(topology.EVENTS, NOBODYS_KEY, b"", mandatory=True)
    except UnroutableError:
        channel.close()
        return
    except NackError:
        channel.close()
    except ChannelClosedByBroker as closed:
        yield Finding(
            topology.EVENTS,
            f"cannot be published to ({closed.reply_code})",
            "Give the portal's account the rights that docs/running.md names",
            stops=True,
        )
        return
    yield swallowed(topology.EVENTS, "does not return what has no queue", overheard=True)


def _missing(connection: BlockingConnection, queues: list[Queue]) -> Iterator[Finding]:
    for name in topology.EXCHANGES:
        if name != topology.EVENTS and _is_missing(connection, name, _look):
            yield exchange_missing(name, stops=False)
    for queue in queues:
        if _is_missing(connection, queue.name, _look_at_queue):
            yield queue_missing(queue.name)


def _is_missing(
    connection: BlockingConnection, name: str, look: Callable[[BlockingChannel, str], object]
) -> bool:
    return _closed_with(connection, lambda channel: look(channel, name)) == 404


def _look(channel: BlockingChannel, name: str) -> object:
    return channel.exchange_declare(name, passive=True)


def _look_at_queue(channel: BlockingChannel, name: str) -> object:
    return channel.queue_declare(name, passive=True)


def _closed_with(
    connection: BlockingConnection, question: Callable[[BlockingChannel], object]
) -> int:
    """The code with which the broker closed the channel over the question; 0 if it did not.

    A wrong answer closes the channel, so each question has its own.
    """
    return _refusal(connection, question)[0]


def _refusal(
    connection: BlockingConnection, question: Callable[[BlockingChannel], object]
) -> tuple[int, str]:
    channel = connection.channel()
    try:
        question(channel)
    except ChannelClosedByBroker as closed:
        if closed.reply_code not in (404, 406):
            raise
        return closed.reply_code, closed.reply_text
    channel.close()
    return 0, ""


# --- With an account that may declare ---------------------------------------------------------


def _compare(
    connection: BlockingConnection, queues: list[Queue], gone: set[str]
) -> Iterator[Finding]:
    for name in topology.EXCHANGES:
        if name not in gone:
            yield from _compare_exchange(connection, name)
    for queue in queues:
        yield from _compare_queue(connection, queue)
        if queue.exchange not in gone and _is_unbound(connection, queue):
            yield unbound(queue.name, queue.exchange, queue.binding)


def _compare_exchange(connection: BlockingConnection, name: str) -> Iterator[Finding]:
    _, text = _refusal(
        connection, lambda channel: channel.exchange_declare(name, "topic", durable=True)
    )
    if text:
        argument = unequal(text)
        if argument == "alternate-exchange":
            yield swallowed(name, "has an alternate exchange")
        else:
            yield recreate("exchange", name, f"has another {argument} than it must", stops=True)


def _compare_queue(connection: BlockingConnection, queue: Queue) -> Iterator[Finding]:
    _, text = _refusal(
        connection,
        lambda channel: channel.queue_declare(queue.name, durable=True, arguments=queue.arguments),
    )
    if text:
        yield recreate("queue", queue.name, f"has another {unequal(text)} than it must")


def unequal(reply_text: str) -> str:
    """The property that the broker named; its values are not repeated."""
    found = _UNEQUAL.search(reply_text)
    return found[1] if found else "property"


def _is_unbound(connection: BlockingConnection, queue: Queue) -> bool:
    """Whether a message with the queue's key comes back; asked where nobody would see it.

    Only of an empty queue that nobody consumes: the message is taken out again at once. What
    has messages or a consumer is not touched, and counts as bound.
    """
    with _a_channel(connection) as channel:
        state = channel.queue_declare(queue.name, passive=True).method
        if state.message_count or state.consumer_count:
            return False
        channel.confirm_delivery()
        mark = str(uuid.uuid4())
        key = queue.binding.replace("#", "check")
        try:
            channel.basic_publish(
                queue.exchange, key, b"", pika.BasicProperties(message_id=mark), mandatory=True
            )
        except UnroutableError:
            return True
        except NackError:
            return False
        _take_back(channel, queue.name, mark)
    return False


def _take_back(channel: BlockingChannel, name: str, mark: str) -> None:
    """Consumed, because a queue of one consumer at a time cannot be asked for a message."""
    channel.basic_qos(prefetch_count=1)
    for method, properties, _ in channel.consume(name, inactivity_timeout=TAKE_BACK_WITHIN):
        if method is not None and properties.message_id == mark:
            channel.basic_ack(method.delivery_tag)
        elif method is not None:
            channel.basic_nack(method.delivery_tag)
        break
    channel.cancel()


@contextmanager
def _a_channel(connection: BlockingConnection) -> Iterator[BlockingChannel]:
    channel = connection.channel()
    try:
        yield channel
    finally:
        if channel.is_open:
            channel.close()
