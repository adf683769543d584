"""How a connection or a channel ended, in few words, and how one is ended that does not answer."""

from __future__ import annotations

import pika

from integrations.relay.transport import Outcome

NO_EXCHANGE = 404


def cut(connection: pika.SelectConnection) -> None:
    """Give up a connection whose peer does not answer; its end comes through the callbacks."""
    if connection._transport is None:
        connection.ioloop.stop()
    else:
        connection._transport.abort()


def close_socket(connection: pika.SelectConnection) -> None:
    """After a fault of the client library; otherwise it is closed by now."""
    if connection._transport is not None:
        connection._transport._close_and_finalize()


def verdict(reason: Exception, under_way: int) -> Outcome:
    """What a channel that the broker closed says of the messages that were under way on it."""
    if code_of(reason) == NO_EXCHANGE:
        return Outcome.UNKNOWN
    return Outcome.REFUSED if under_way == 1 else Outcome.SUSPECT


def code_of(reason: BaseException) -> int | None:
    """The broker's reply code, where it gave one."""
    return getattr(reason, "reply_code", None)


def describe(reason: BaseException | None) -> str:
    """The kind of the end and the broker's code; its text may repeat a routing key, no more."""
    if reason is None:
        return "closed"
    return f"{type(reason).__name__} {code_of(reason) or ''}".strip()
