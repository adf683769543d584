"""PNG: chunk by chunk, each with its checksum, one picture, nothing behind its end."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from referrals.files import pictures
from referrals.files.limits import METADATA_BYTES
from referrals.files.markup import holds_markup
from referrals.files.refusal import Refused

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ANIMATION = (b"acTL", b"fcTL", b"fdAT")
# Text may be packed: what it holds is looked at, up to a length that no honest note has.
LONGEST_TEXT = 256 * 1024


def check(file: BinaryIO) -> None:
    if file.read(8) != SIGNATURE:
        raise Refused("content")
    names, notes = set(), 0
    for position, (name, data) in enumerate(_chunks(file)):
        if (position == 0) != (name == b"IHDR"):
            raise Refused("damaged")
        if name == b"IHDR":
            pictures.refuse_pixels(*struct.unpack(">II", data[:8]))
        notes += 0 if name == b"IDAT" else len(data)
        _look_at(name, data, notes)
        names.add(name)
    if not {b"IHDR", b"IDAT", b"IEND"} <= names:
        raise Refused("damaged")
    pictures.refuse_undecodable(file, "PNG")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    name = b""
    while name != b"IEND":
        head = file.read(8)
        if len(head) < 8:
            raise Refused("damaged")
        length, name = struct.unpack(">I4s", head)
        data, checksum = file.read(length), file.read(4)
        if len(checksum) < 4 or zlib.crc32(name + data) != int.from_bytes(checksum, "big"):
            raise Refused("damaged")
        yield name, data
    if file.read(1):
        raise Refused("mixed")


def _look_at(name: bytes, data: bytes, notes: int) -> None:
    if name in ANIMATION:
        raise Refused("pages")
    if notes > METADATA_BYTES:
        raise Refused("unpacked")
    if name in (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP") and holds_markup(_text(name, data)):
        raise Refused("mixed")


def _text(name: bytes, data: bytes) -> bytes:
    """The chunk with its packed part opened, as far as a text may be long."""
    keyword, _, rest = data.partition(b"\0")
    packed = rest[1:] if name in (b"zTXt", b"iCCP") else b""
    if name == b"iTXt" and rest[:1] == b"\x01":
        packed = rest[2:].split(b"\0", 2)[-1]
    if not packed:
        return data
    limit = METADATA_BYTES if name == b"iCCP" else LONGEST_TEXT
    opened = zlib.decompressobj().decompress(packed, limit + 1)
    if len(opened) > limit:
        raise Refused("unpacked")
    return keyword + opened
