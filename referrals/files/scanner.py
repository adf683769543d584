"""Asking ClamAV about a file: INSTREAM over a local socket or TCP, with one deadline for all.

The only answer that clears a file is the one word for it. Silence, an error, a limit that was
reached, half an answer, anything else: unsure, which is never clean.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Iterable
from enum import StrEnum

import structlog
from django.conf import settings

log = structlog.get_logger("referrals.files.scanner")

LONGEST_ANSWER = 1024
PIECE = 64 * 1024
CLEAN, FOUND = "stream: OK", re.compile(r"stream: [\x21-\x7e]{1,200} FOUND")
# "Found" too, but all it says is that the scanner stopped looking.
LIMIT = re.compile(r"Heuristics\.Limits\.Exceeded|Heuristics\.Encrypted", re.IGNORECASE)


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    UNSURE = "unsure"


def is_configured() -> bool:
    return bool(settings.CLAMD_SOCKET)


def scan(pieces: Iterable[bytes], *, seconds: float) -> Verdict:
    """What the scanner says of these bytes, within so many seconds."""
    try:
        answer = _ask(pieces, time.monotonic() + seconds)
    except (OSError, ValueError) as problem:
        log.warning("scanner_unreachable", problem=type(problem).__name__)
        return Verdict.UNSURE
    return _verdict(answer)


def _verdict(answer: str) -> Verdict:
    if answer == CLEAN:
        return Verdict.CLEAN
    if FOUND.fullmatch(answer) and not LIMIT.search(answer):
        return Verdict.INFECTED
    log.warning("scanner_unsure")
    return Verdict.UNSURE


def _ask(pieces: Iterable[bytes], deadline: float) -> str:
    with _connected(deadline) as line:
        _send(line, b"zINSTREAM\0", deadline)
        for piece in pieces:
            for start in range(0, len(piece), PIECE):
                part = piece[start : start + PIECE]
                _send(line, struct.pack(">I", len(part)) + part, deadline)
        _send(line, struct.pack(">I", 0), deadline)
        return _receive(line, deadline)


def _connected(deadline: float) -> socket.socket:
    """CLAMD_SOCKET is a path, or tcp://host:port."""
    place = settings.CLAMD_SOCKET
    if not place.startswith("tcp://"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(_left(deadline))
            line.connect(place.removeprefix("unix://"))
        except BaseException:
            line.close()
            raise
        return line
    host, _, port = place.removeprefix("tcp://").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _left(deadline))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _send(line: socket.socket, data: bytes, deadline: float) -> None:
    line.settimeout(_left(deadline))
    line.sendall(data)


def _receive(line: socket.socket, deadline: float) -> str:
    """One answer, to its NUL; an answer that breaks off before is none."""
    found = b""
    while b"\0" not in found:
        line.settimeout(_left(deadline))
        more = line.recv(LONGEST_ANSWER)
        found += more
        if not more or len(found) > LONGEST_ANSWER:
            raise ValueError("no whole answer")
    return found.partition(b"\0")[0].decode("ascii", errors="replace").strip()
