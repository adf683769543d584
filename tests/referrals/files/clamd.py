"""A stand-in for clamd that speaks INSTREAM over a local socket, well or badly.

That it answers as the real one does where it speaks well is shown in test_scanner_real.py.
"""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.referrals.files.making import eicar

WELL = "well"
FOUND = b"stream: Eicar-Test-Signature.UNOFFICIAL FOUND\0"
# What it takes in one stream, and the largest file that it looks into.
MOST_STREAM, MOST_FILE = 16 * 1024**2, 12 * 1024**2
ANSWERS = {
    "error": b"INSTREAM size limit exceeded. ERROR\0",
    "garbage": b"\xff\xfe\x01 what\0",
    "limit": b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
    "almost": b"stream: OK and more\0",
    "half": b"stream: OK",
    "nothing": b"",
    "endless": b"stream: " + b"A" * 5000,
    "other": b"PONG\0",
}


@contextmanager
def clamd(how: str = WELL) -> Iterator[str]:
    """The place to put into CLAMD_SOCKET. `how`: well, hangs, closes, or one of ANSWERS."""
    with tempfile.TemporaryDirectory(prefix="clamd") as folder:
        place = str(Path(folder) / "s")
        done = threading.Event()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(place)
            listening.listen(8)
            listening.settimeout(0.05)
            served = threading.Thread(target=_serve, args=(listening, how, done))
            served.start()
            try:
                yield place
            finally:
                done.set()
                served.join()


def _serve(listening: socket.socket, how: str, done: threading.Event) -> None:
    while not done.is_set():
        try:
            line, _ = listening.accept()
        except TimeoutError:
            continue
        with line:
            line.settimeout(5)
            with suppress(OSError):  # the other side has gone; so would clamd
                _answer(line, how, done)


def _answer(line: socket.socket, how: str, done: threading.Event) -> None:
    if how == "closes":
        return
    if how == "hangs":
        done.wait()
        return
    data = _received(line)
    line.sendall(_well(data) if how == WELL else ANSWERS[how])


def _well(data: bytes | None) -> bytes:
    if data is None:
        return ANSWERS["error"]
    if len(data) > MOST_FILE:
        return ANSWERS["limit"]
    return FOUND if eicar() in data else b"stream: OK\0"


def _received(line: socket.socket) -> bytes | None:
    """All that was sent, or None as soon as it is more than the scanner takes."""
    assert _exactly(line, 10) == b"zINSTREAM\0"
    data = bytearray()
    while length := struct.unpack(">I", _exactly(line, 4))[0]:
        if len(data) + length > MOST_STREAM:
            return None
        data += _exactly(line, length)
    return bytes(data)


def _exactly(line: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = line.recv(length - len(found))
        if not more:
            raise OSError
        found += more
    return found
