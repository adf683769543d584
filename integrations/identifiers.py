"""UUIDv7 identifiers (RFC 9562, 5.7): time-ordered, so that indexes stay compact."""

from __future__ import annotations

import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """A new UUIDv7. Within one process each is greater than the one before."""
    tick = _next_tick()
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def _next_tick() -> int:
    """Milliseconds since 1970 in the high bits, 1/4096 ms in the low twelve (method 3)."""
    global _last
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    tick = milliseconds << 12 | (rest * 4096) // 1_000_000
    with _lock:
        _last = max(tick, _last + 1)
        return _last
