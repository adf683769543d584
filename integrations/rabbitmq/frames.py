"""A publication as the bytes of its AMQP 0-9-1 frames (specification, 2.3.5 and 4.2).

The client library encodes each header of each message field by field, which costs more than
sending it. Here the parts that never change are encoded once. A test holds every byte against
the library's own encoder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from integrations import envelope, signing
from integrations.relay.transport import Publication

_METHOD, _HEADER, _BODY, _END = 1, 2, 3, b"\xce"
_BASIC, _PUBLISH, _MANDATORY = 60, 40, 1
# Bytes of each frame that are not its content.
_OVERHEAD = 8

# Property flags, in the order in which the values follow one another.
_CONTENT_TYPE, _HEADERS, _DELIVERY_MODE, _CORRELATION_ID = 1 << 15, 1 << 13, 1 << 12, 1 << 10
_MESSAGE_ID, _TIMESTAMP, _TYPE, _USER_ID, _APP_ID = 1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 3
_ALWAYS = (
    _CONTENT_TYPE | _HEADERS | _DELIVERY_MODE | _MESSAGE_ID | _TIMESTAMP | _TYPE | _USER_ID
    | _APP_ID
)  # fmt: skip
_PERSISTENT = b"\x02"
_FRAME, _LENGTH = struct.Struct(">BHI").pack, struct.Struct(">I").pack
_FLAGS, _MOMENT = struct.Struct(">H").pack, struct.Struct(">Q").pack
_HEAD = struct.Struct(">HHQ").pack


def short(text: str) -> bytes:
    """A short string. ValueError beyond 255 bytes."""
    value = text.encode()
    if len(value) > 255:
        raise ValueError("An AMQP short string has at most 255 bytes")
    return bytes((len(value),)) + value


# Few of them, and the same again and again.
_known = lru_cache(maxsize=1024)(short)


_CONTENT = short(envelope.CONTENT_TYPE)
_APP = short("tandem")
_ATTEMPT = short(envelope.ATTEMPT_HEADER) + b"S"
_SIGNATURE = short(signing.HEADER) + b"S"


class Framer:
    """Frames for one account, exchange, channel and largest frame."""

    def __init__(self, *, account: str, exchange: str, channel: int, frame_max: int) -> None:
        self._account = short(account)
        self._channel = channel
        self._most = frame_max - _OVERHEAD
        self._publish = struct.pack(">HHH", _BASIC, _PUBLISH, 0) + short(exchange)

    def frames(self, publication: Publication, attributes: Mapping[str, str]) -> bytes:
        """All frames of one message. ValueError where AMQP cannot carry it."""
        body = publication.body
        method = self._publish + _known(publication.routing_key) + bytes((_MANDATORY,))
        head = _HEAD(_BASIC, 0, len(body))
        return b"".join(
            (
                self._frame(_METHOD, method),
                self._frame(_HEADER, head + self._properties(publication, attributes)),
                *self._body(body),
            )
        )

    def _properties(self, publication: Publication, attributes: Mapping[str, str]) -> bytes:
        correlation = attributes.get("correlationid")
        flags = _ALWAYS | (_CORRELATION_ID if correlation else 0)
        return b"".join(
            (
                _FLAGS(flags),
                _CONTENT,
                _headers(publication, attributes),
                _PERSISTENT,
                short(correlation) if correlation else b"",
                short(attributes["id"]),
                _MOMENT(int(datetime.fromisoformat(attributes["time"]).timestamp())),
                _known(attributes["type"]),
                self._account,
                _APP,
            )
        )

    def _body(self, body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), self._most):
            yield self._frame(_BODY, body[start : start + self._most])

    def _frame(self, kind: int, content: bytes) -> bytes:
        return _FRAME(kind, self._channel, len(content)) + content + _END


def _headers(publication: Publication, attributes: Mapping[str, str]) -> bytes:
    """The attributes, then our own headers, all strings."""
    fields = [_field(_prefixed(name), text) for name, text in attributes.items()]
    fields.append(_field(_ATTEMPT, str(publication.attempt)))
    if publication.signature:
        fields.append(_field(_SIGNATURE, publication.signature))
    content = b"".join(fields)
    return _LENGTH(len(content)) + content


def _field(name: bytes, text: str) -> bytes:
    value = text.encode()
    return name + _LENGTH(len(value)) + value


@lru_cache(maxsize=256)
def _prefixed(attribute: str) -> bytes:
    """The name of the header of this attribute, and that its value is a long string."""
    return short(envelope.HEADER_PREFIX + attribute) + b"S"
