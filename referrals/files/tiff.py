"""TIFF: directory by directory, each page measured before any of it is unpacked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from referrals.files import pictures
from referrals.files.limits import METADATA_BYTES, TIFF_PAGES, TIFF_PIXELS
from referrals.files.markup import holds_markup
from referrals.files.refusal import Refused

ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
WIDTH, HEIGHT, SUB_PAGES = 256, 257, 330
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
TEXTS = {270, 271, 272, 305, 306, 315, 316, 700, 33432}  # what a person or a program wrote
MOST_TAGS = 512


def check(file: BinaryIO) -> None:
    head = file.read(8)
    order = ORDERS.get(head[:4])
    if order is None or len(head) < 8:
        raise Refused("content")
    pixels = 0
    for count, (width, height) in enumerate(_pages(file, order, head), start=1):
        pixels += pictures.refuse_pixels(width, height)
        if count > TIFF_PAGES:
            raise Refused("pages")
        if pixels > TIFF_PIXELS:
            raise Refused("pixels")
    if not pixels:
        raise Refused("damaged")
    pictures.refuse_undecodable(file, "TIFF")


def _pages(file: BinaryIO, order: str, head: bytes) -> Iterator[tuple[int, int]]:
    (place,) = struct.unpack(order + "I", head[4:])
    seen: set[int] = set()
    while place:
        if place in seen:
            raise Refused("damaged")  # a circle has no end
        seen.add(place)
        file.seek(place)
        tags, place = _directory(file, order)
        if SUB_PAGES in tags:
            raise Refused("complex")
        yield _number(tags[WIDTH], order), _number(tags[HEIGHT], order)


def _directory(file: BinaryIO, order: str) -> tuple[dict[int, tuple[int, bytes]], int]:
    (count,) = struct.unpack(order + "H", file.read(2))
    if not 0 < count <= MOST_TAGS:
        raise Refused("complex" if count else "damaged")
    rows = [struct.unpack(order + "HHI4s", file.read(12)) for _ in range(count)]
    (following,) = struct.unpack(order + "I", file.read(4))
    for tag, kind, length, value in rows:
        if tag in TEXTS:
            _look_at(file, order, kind, length, value)
    return {tag: (kind, value) for tag, kind, _, value in rows}, following


def _look_at(file: BinaryIO, order: str, kind: int, length: int, value: bytes) -> None:
    size = SIZES.get(kind, 1) * length
    if size > METADATA_BYTES:
        raise Refused("unpacked")
    if size > 4:
        file.seek(struct.unpack(order + "I", value)[0])
        value = file.read(size)
    if holds_markup(value):
        raise Refused("mixed")


def _number(row: tuple[int, bytes], order: str) -> int:
    kind, value = row
    return int(
        struct.unpack(order + ("H" if kind == 3 else "I"), value[: 2 if kind == 3 else 4])[0]
    )
