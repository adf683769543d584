"""Where the bytes of files are kept: sealed in pieces, under names that say nothing.

A stored file is a row of pieces, each sealed with AES-256-GCM and bound to the document, its
number and whether it is the last, so that none can be left out, moved or taken from another.
It is written beside its place, flushed to the disk and renamed: it is there whole or not.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from referrals.encryption import open_bytes, seal_bytes
from referrals.encryption.errors import EncryptionError

PIECE = 256 * 1024
UNFINISHED = ".part"
_LENGTH = struct.Struct(">I")


class Damaged(Exception):
    """The stored bytes are not there, or not what was put in."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: the file's own name in the store, and the hash of what it holds."""

    name: str
    size: int
    sha256: str


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "documents"


def path_of(name: str) -> Path:
    return folder() / name[:2] / name


def write(document_id: UUID, source: BinaryIO) -> Stored:
    """Seal everything from the beginning of `source` into a new file."""
    name = secrets.token_hex(20)
    target = path_of(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    unfinished = target.with_name(name + UNFINISHED)
    source.seek(0)
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for number, piece, last in _numbered(source):
                digest.update(piece)
                size += len(piece)
                sealed = seal_bytes(_context(document_id, number, last), piece)
                file.write(_LENGTH.pack(len(sealed)) + sealed)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync(target.parent)
    return Stored(name, size, digest.hexdigest())


def _numbered(source: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    piece, number = source.read(PIECE), 0
    while True:
        following = source.read(PIECE)
        yield number, piece, not following
        if not following:
            return
        piece, number = following, number + 1


def _context(document_id: UUID, number: int, last: bool) -> str:
    return f"document|{document_id}|{number}|{'last' if last else 'more'}"


def _sync(where: Path) -> None:
    handle = os.open(where, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(document_id: UUID, name: str) -> Iterator[bytes]:
    """The pieces as they were put in. `Damaged` at the first that does not open."""
    try:
        with open(path_of(name), "rb") as file:
            number, head, more = 0, file.read(_LENGTH.size), True
            while more:
                sealed = file.read(_LENGTH.unpack(head)[0])
                head = file.read(_LENGTH.size)
                more = bool(head)
                yield open_bytes(_context(document_id, number, not more), sealed)
                number += 1
    except (OSError, struct.error, EncryptionError) as problem:
        raise Damaged(type(problem).__name__) from None


def check(document_id: UUID, name: str, sha256: str) -> None:
    """`Damaged` unless every piece opens and all together have this hash."""
    digest = hashlib.sha256()
    for piece in read(document_id, name):
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise Damaged("hash")


def remove(name: str) -> None:
    if name:
        path_of(name).unlink(missing_ok=True)


def reseal(document_id: UUID, name: str) -> Stored:
    """The same bytes under the first key of the ring, in a new file."""
    return copied(document_id, document_id, name)


def copied(document_id: UUID, other_id: UUID, name: str) -> Stored:
    """The same bytes for another document, in a new file."""
    with tempfile.TemporaryFile(dir=incoming()) as opened:
        for piece in read(document_id, name):
            opened.write(piece)
        return write(other_id, opened)


def incoming() -> Path:
    """Where files wait, nameless, while they are looked at."""
    folder().mkdir(parents=True, exist_ok=True)
    return folder()


def sealed_under(name: str) -> str:
    """The id of the key that sealed the first piece; "" where it cannot be told."""
    with suppress(OSError), open(path_of(name), "rb") as file:
        head = file.read(_LENGTH.size + 3 + 64)[_LENGTH.size :]
        return head[3 : 3 + head[2]].decode("ascii", errors="replace")
    return ""


def names(*, older_than: float) -> Iterator[str]:
    """Every file in the store, finished or not, that was last written before that moment."""
    for path in folder().glob("??/*"):
        with suppress(OSError):
            if path.stat().st_mtime < older_than:
                yield path.name
