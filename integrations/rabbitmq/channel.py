"""One channel in confirm mode: who is under way, and what became of it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import takewhile

import pika
from pika.channel import Channel
from pika.frame import Method

from integrations import envelope, signing
from integrations.relay.transport import Outcome, Publication

Decide = Callable[[Sequence[int], Outcome, str], None]


class ConfirmedChannel:
    """Publishes with `mandatory` and reports every outcome once through `decide`.

    With `confirms=False` a message counts as confirmed when its bytes were handed to the
    socket: that mode exists to show in a test what it loses.
    """

    def __init__(
        self, channel: Channel, *, exchange: str, account: str, decide: Decide, confirms: bool
    ) -> None:
        self._channel = channel
        self._exchange = exchange
        self._account = account
        self._decide = decide
        self._confirms = confirms
        self._tag = 0
        # Delivery tag to (token, what a return names, since when).
        self._waiting: OrderedDict[int, tuple[int, tuple[str, str], float]] = OrderedDict()
        self._expected: Publication | None = None
        self._returned: dict[tuple[str, str], str] = {}
        self.confirmed_any = False

    @property
    def is_open(self) -> bool:
        return self._channel.is_open

    def start(self, ready: Callable[[], None]) -> None:
        self._channel.add_on_return_callback(self._on_return)
        if not self._confirms:
            ready()
            return
        self._channel.confirm_delivery(self._on_confirm, callback=lambda _: ready())

    def expect(self, publication: Publication) -> None:
        """It is ours from here on: should the connection end, it is among `under_way`."""
        self._expected = publication

    def publish(self, publication: Publication) -> None:
        attributes = envelope.attributes_of(publication.body)
        self._tag += 1
        name = (attributes["id"], publication.routing_key)
        self._waiting[self._tag] = (publication.token, name, time.monotonic())
        self._expected = None
        self._channel.basic_publish(
            self._exchange,
            publication.routing_key,
            publication.body,
            properties=self._properties(attributes, publication),
            mandatory=True,
        )
        if not self._confirms:
            self._settle([self._tag], Outcome.CONFIRMED)

    def under_way(self) -> list[int]:
        """The tokens whose outcome nobody knows."""
        tokens = [token for token, _, _ in self._waiting.values()]
        return tokens + ([self._expected.token] if self._expected else [])

    def waited(self) -> float:
        """Seconds since the oldest message that waits for its confirm was published."""
        for _, _, since in self._waiting.values():
            return time.monotonic() - since
        return 0.0

    def _properties(
        self, attributes: dict[str, str], publication: Publication
    ) -> pika.BasicProperties:
        return pika.BasicProperties(
            content_type=envelope.CONTENT_TYPE,
            delivery_mode=2,
            message_id=attributes["id"],
            type=attributes["type"],
            timestamp=int(datetime.fromisoformat(attributes["time"]).timestamp()),
            app_id="tandem",
            user_id=self._account,
            correlation_id=attributes.get("correlationid"),
            headers=_headers(attributes, publication),
        )

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
        for tag in tags:
            token, name, _ = self._waiting.pop(tag)
            returned = self._returned.pop(name, None)
            if returned is None:
                plain.append(token)
            else:
                self._decide([token], Outcome.RETURNED, returned)
        if outcome is Outcome.CONFIRMED and plain:
            self.confirmed_any = True
        self._decide(plain, outcome, "refused by the queue" if outcome is Outcome.NACKED else "")


def _headers(attributes: dict[str, str], publication: Publication) -> dict[str, str]:
    headers = {**envelope.headers_of(attributes), "x-portal-attempt": str(publication.attempt)}
    if publication.signature:
        headers[signing.HEADER] = publication.signature
    return headers
