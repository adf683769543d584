"""One channel in confirm mode: who is under way, and what became of it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

import pika
from pika.channel import Channel
from pika.frame import Method

from integrations import envelope
from integrations.rabbitmq.frames import Framer
from integrations.relay.transport import Outcome, Publication

Decide = Callable[[Sequence[int], Outcome, str], None]

# Bytes handed to the socket at once: enough that a call costs little beside its content.
CHUNK = 64 * 1024


class Framed(NamedTuple):
    """A publication ready for the wire; `name` is what a return would name."""

    token: int
    name: tuple[str, str]
    frames: bytes


class ConfirmedChannel:
    """Publishes with `mandatory` and reports every outcome once through `decide`.

    With `confirms=False` a message counts as confirmed when its bytes were handed to the
    socket: that mode exists to show in a test what it loses.
    """

    def __init__(
        self,
        connection: pika.SelectConnection,
        channel: Channel,
        *,
        exchange: str,
        account: str,
        decide: Decide,
        confirms: bool,
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._framer = Framer(
            account=account,
            exchange=exchange,
            channel=channel.channel_number,
            frame_max=connection.params.frame_max,
        )
        self._decide = decide
        self._confirms = confirms
        self._tag = 0
        # Delivery tag to (token, what a return names, since when).
        self._waiting: OrderedDict[int, tuple[int, tuple[str, str], float]] = OrderedDict()
        self._returned: dict[tuple[str, str], str] = {}
        self.settled_at = time.monotonic()

    @property
    def is_open(self) -> bool:
        return self._channel.is_open

    @property
    def has_settled_any(self) -> bool:
        return self._tag > len(self._waiting)

    def start(self, ready: Callable[[], None]) -> None:
        self._channel.add_on_return_callback(self._on_return)
        if not self._confirms:
            ready()
            return
        self._channel.confirm_delivery(self._on_confirm, callback=lambda _: ready())

    def frame(self, publication: Publication) -> Framed:
        """The publication for this channel's wire. ValueError where AMQP cannot carry it."""
        try:
            attributes = envelope.attributes_of(publication.body)
            name = (attributes["id"], publication.routing_key)
            return Framed(publication.token, name, self._framer.frames(publication, attributes))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an event: {type(error).__name__}") from None

    def publish(self, framed: Sequence[Framed]) -> None:
        """In this order; from here on each is among `under_way` until it is decided."""
        now = time.monotonic()
        tags = range(self._tag + 1, self._tag + 1 + len(framed))
        if not self._waiting:
            self.settled_at = now
        self._waiting.update(
            (tag, (each.token, each.name, now)) for tag, each in zip(tags, framed, strict=True)
        )
        self._tag += len(framed)
        self._emit([each.frames for each in framed])
        if not self._confirms:
            self._settle(list(tags), Outcome.CONFIRMED)

    def under_way(self) -> list[int]:
        """The tokens whose outcome nobody knows."""
        return [token for token, _, _ in self._waiting.values()]

    def waited(self) -> float:
        """Seconds since the oldest message that waits for its confirm was published."""
        for _, _, since in self._waiting.values():
            return time.monotonic() - since
        return 0.0

    def silent(self) -> float:
        """Seconds without any outcome while some are due."""
        return time.monotonic() - self.settled_at if self._waiting else 0.0

    def _emit(self, frames: Sequence[bytes]) -> None:
        """Give whole frames to the connection, many at a time.

        `basic_publish` makes one call of the operating system for each of a message's frames.
        """
        part: list[bytes] = []
        size = 0
        for each in frames:
            part.append(each)
            size += len(each)
            if size >= CHUNK:
                self._connection._adapter_emit_data(b"".join(part))
                part, size = [], 0
        if part:
            self._connection._adapter_emit_data(b"".join(part))

    def _on_return(
        self,
        _channel: Channel,
        method: pika.spec.Basic.Return,
        properties: pika.BasicProperties,
        _body: bytes,
    ) -> None:
        # A return has no delivery tag. The id alone would not do: one event has the same id
        # for every partner.
        name = (str(properties.message_id), str(method.routing_key))
        self._returned[name] = f"{method.reply_code} {method.reply_text}"

    def _on_confirm(self, frame: Method) -> None:
        nacked = isinstance(frame.method, pika.spec.Basic.Nack)
        tag = frame.method.delivery_tag
        # Tags rise, so those that a multiple confirm covers come first.
        covered = takewhile(lambda each: each <= tag, self._waiting)
        tags = list(covered) if frame.method.multiple else [tag]
        self._settle(tags, Outcome.NACKED if nacked else Outcome.CONFIRMED)

    def _settle(self, tags: Sequence[int], outcome: Outcome) -> None:
        plain: list[int] = []
        self.settled_at = time.monotonic()
        for tag in tags:
            token, name, _ = self._waiting.pop(tag)
            returned = self._returned.pop(name, None) if self._returned else None
            if returned is None:
                plain.append(token)
            else:
                self._decide([token], Outcome.RETURNED, returned)
        self._decide(plain, outcome, "refused by the queue" if outcome is Outcome.NACKED else "")
