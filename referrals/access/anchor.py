"""The head of the chain, kept outside the database: one JSON line for each sealed batch.

Whoever cuts the tail of the chain, or writes the whole of it anew, leaves it in disagreement
with this file. It proves as much as its keeping does: let it be shipped to another machine.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings


class AnchorDamaged(Exception):
    """A line of the anchor file cannot be read; holds the line's number."""

    def __init__(self, line: int) -> None:
        super().__init__(f"Line {line} of the audit anchor cannot be read.")
        self.line = line


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a batch; `at` is the time of sealing, ISO 8601 in UTC."""

    batch: int
    number: int
    hash: str
    at: str


def path() -> Path:
    return Path(settings.AUDIT_ANCHOR)


def append(head: Head) -> None:
    """Write one line and wait until it is on the disk."""
    path().parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(asdict(head), separators=(",", ":")).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def heads() -> list[Head]:
    """Every line in order; none where there is no file. AnchorDamaged for a broken line."""
    if not path().exists():
        return []
    return [_head(n, line) for n, line in enumerate(path().read_bytes().splitlines(), start=1)]


def last() -> Head | None:
    """The last line, without reading the file from its start."""
    if not path().exists():
        return None
    with path().open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 4096))
        lines = file.read().splitlines()
    return _head(0, lines[-1]) if lines else None


def _head(number: int, line: bytes) -> Head:
    try:
        return Head(**json.loads(line))
    except (ValueError, TypeError):
        raise AnchorDamaged(number) from None
