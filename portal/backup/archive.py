"""The file of a backup: named entries, one after the other, in pieces that are sealed.

Each piece is sealed with AES-256-GCM and bound to this archive, its number and whether it is
the last, so that none can be cut off, left out, moved or taken from another archive. Within
is, for each entry, its name and its bytes in parts, each with its length before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from uuid import UUID, uuid4

from referrals.encryption import open_bytes, seal_bytes
from referrals.encryption.errors import EncryptionError

MAGIC = b"TANDEM-BACKUP-1\n"
PIECE = 256 * 1024
_LENGTH = struct.Struct(">I")
MOST_SEALED = PIECE + 1024


class Damaged(Exception):
    """The file is no backup, or is not whole, or was sealed under a key that is not here."""


def _context(archive_id: UUID, number: int, last: bool) -> str:
    return f"backup|{archive_id}|{number}|{'last' if last else 'more'}"


# --- Writing ------------------------------------------------------------------------------------


class Writer:
    """Entries go in whole, one at a time; `close` seals the end."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.id, self.number, self.held = file, uuid4(), 0, bytearray()
        file.write(MAGIC + self.id.bytes)

    def add(self, name: str, parts: Iterable[bytes]) -> int:
        """Add one entry; returns its size."""
        size = 0
        self._write(name.encode())
        for part in parts:
            for start in range(0, len(part), PIECE):
                piece = bytes(part[start : start + PIECE])
                size += len(piece)
                self._write(piece)
        self._put(_LENGTH.pack(0))
        return size

    def close(self) -> None:
        self._seal(bytes(self.held), last=True)

    def _write(self, data: bytes) -> None:
        self._put(_LENGTH.pack(len(data)) + data)

    def _put(self, data: bytes) -> None:
        self.held += data
        while len(self.held) > PIECE:
            self._seal(bytes(self.held[:PIECE]), last=False)
            del self.held[:PIECE]

    def _seal(self, data: bytes, *, last: bool) -> None:
        sealed = seal_bytes(_context(self.id, self.number, last), data)
        self.file.write(_LENGTH.pack(len(sealed)) + sealed)
        self.number += 1


# --- Reading ------------------------------------------------------------------------------------


def entries(file: BinaryIO) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each entry's name and bytes; read the bytes to their end before the next. `Damaged` at
    the first piece that does not open, and where the end is missing."""
    stream = _Stream(_pieces(file))
    while name := stream.part():
        parts = iter(stream.part, b"")
        yield name.decode(), parts
        for _ in parts:  # what nobody wanted
            pass


class _Stream:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.held = pieces, bytearray()

    def part(self) -> bytes:
        """The next part; b"" at the end of an entry, and at the end of all."""
        if not self._fill(_LENGTH.size):
            return b""
        (length,) = _LENGTH.unpack(self._take(_LENGTH.size))
        if length and not self._fill(length):
            raise Damaged("An entry breaks off.")
        return self._take(length)

    def _fill(self, length: int) -> bool:
        while len(self.held) < length:
            piece = next(self.pieces, None)
            if piece is None:
                if self.held:
                    raise Damaged("An entry breaks off.")
                return False
            self.held += piece
        return True

    def _take(self, length: int) -> bytes:
        taken = bytes(self.held[:length])
        del self.held[:length]
        return taken


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    head = file.read(len(MAGIC) + 16)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + 16:
        raise Damaged("This file is no backup of Tandem.")
    archive_id, number = UUID(bytes=head[len(MAGIC) :]), 0
    sealed, more = _sealed(file), True
    while more:
        following = _sealed(file)
        more = following is not None
        try:
            yield open_bytes(_context(archive_id, number, not more), sealed or b"")
        except EncryptionError as problem:
            raise Damaged(str(problem)) from None
        sealed, number = following, number + 1


def _sealed(file: BinaryIO) -> bytes | None:
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MOST_SEALED:
        raise Damaged("A piece of the file was altered.")
    return file.read(length)
