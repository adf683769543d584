"""One request on its way in: kept aside until it is whole, never longer than it may take.

What decides here is only when a thread may begin. How the request is to be read is decided by
gunicorn's parser, on the same bytes; it can never wait for more of them.
"""

from __future__ import annotations

import enum
import errno
import os
import re
import ssl
import time
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from gunicorn.http.unreader import SocketUnreader

from referrals.files.limits import UNREAD

HEAD_SECONDS = float(os.environ.get("WEB_HEAD_SECONDS", "10"))
BODY_SECONDS = float(os.environ.get("WEB_BODY_SECONDS", "15"))
BODY_RATE = int(os.environ.get("WEB_BODY_RATE", "16384"))
HEAD_MOST = 64 * 1024
IN_MEMORY = 128 * 1024  # what is larger goes to a file without a name
AT_ONCE = 64 * 1024
LONGEST_NUMBER = 18

_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_CODED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_FORM = re.compile(rb"\r\ncontent-type[ \t]*:[ \t]*multipart/form-data", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue", re.IGNORECASE)


class Step(enum.Enum):
    """What may be done with a request now."""

    MORE = "wait"
    WHOLE = "work on it"
    EARLY = "answer without the body: it is refused whatever it holds"
    HEAD_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    CUT_OFF = HTTPStatus.BAD_REQUEST
    GONE = "nobody is there"


@dataclass(eq=False, slots=True)
class Arrival:
    sock: Any
    head: bytearray = field(default_factory=bytearray)
    file: Any = field(default_factory=partial(SpooledTemporaryFile, max_size=IN_MEMORY))
    ahead: bytes = b""  # of the next request, sent before this one was answered
    length: int | None = None  # of the body, once the head has ended
    size: int = 0  # of the body, so far
    since: float = field(default_factory=time.monotonic)

    @property
    def deadline(self) -> float:
        """For the head a time; for the body a time and then a rate, both from its beginning."""
        if self.length is None:
            return self.since + HEAD_SECONDS
        return self.since + BODY_SECONDS + self.size / BODY_RATE

    @property
    def begun(self) -> bool:
        return bool(self.head) or self.length is not None

    def read(self) -> Step:
        """Take what is there, without waiting."""
        step = Step.MORE
        try:
            while step is Step.MORE:
                step = self.take(self.sock.recv(self._wanted()))
                if not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
                    break
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return Step.MORE
        return step

    def _wanted(self) -> int:
        return AT_ONCE if self.length is None else min(AT_ONCE, self.length - self.size)

    def take(self, data: bytes) -> Step:
        if not data:
            return Step.CUT_OFF if self.begun else Step.GONE
        if self.length is None:
            return self._take_head(data)
        return self._take_body(data)

    def _take_head(self, data: bytes) -> Step:
        self.head += data
        end = self.head.find(b"\r\n\r\n") + 4
        if end > 3:
            return self._end_head(bytes(self.head[:end]), bytes(self.head[end:]))
        if len(self.head) > HEAD_MOST:
            return Step.HEAD_TOO_LARGE
        if self.head.count(b"\n") != self.head.count(b"\r\n"):
            self.file.write(self.head)
            return Step.EARLY  # gunicorn refuses such a line as soon as it sees it
        return Step.MORE

    def _end_head(self, head: bytes, rest: bytes) -> Step:
        length = body_length(head)
        self.file.write(head)
        self.length, self.since = length or 0, time.monotonic()
        if length is None:
            return Step.EARLY
        self.ahead = rest[length:]
        step = self._take_body(rest[:length])
        if step is Step.MORE and _EXPECTS.search(head):
            self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return step

    def _take_body(self, data: bytes) -> Step:
        self.file.write(data)
        self.size += len(data)
        return Step.WHOLE if self.size == self.length else Step.MORE


def body_length(head: bytes) -> int | None:
    """How much follows a head that ended; None where no body is worth waiting for."""
    found = _LENGTH.findall(head)
    if _CODED.search(head) or len(found) > 1:
        return None
    text = found[0].strip() if found else b"0"
    if not text.isdigit() or len(text) > LONGEST_NUMBER:
        return None
    most = UNREAD if _FORM.search(head) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return int(text) if int(text) <= most else None


class Received(SocketUnreader):
    """Gives gunicorn's parser what has arrived, and never the socket itself."""

    early = False
    arrival: Arrival | None = None

    def begin(self, arrival: Arrival, *, early: bool) -> None:
        arrival.file.seek(0)
        self.arrival, self.early = arrival, early

    def end(self) -> None:
        """The request is answered: what came ahead of its time is next."""
        if self.arrival is not None:
            self.unread(self.arrival.ahead)
            self.arrival.file.close()
            self.arrival = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        wanted = min(max(size_hint or 0, self.mxchunk), self.max_body_chunk)
        data: bytes = self.arrival.file.read(wanted) if self.arrival else b""
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "no more of this request was taken in")
        return data
