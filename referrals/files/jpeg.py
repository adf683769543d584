"""JPEG: segment by segment up to the picture, and what a camera left behind its end."""

from __future__ import annotations

import io
from typing import BinaryIO

from referrals.files import pictures
from referrals.files.limits import METADATA_BYTES
from referrals.files.markup import begins_as_another, holds_markup
from referrals.files.refusal import Refused

START, END = b"\xff\xd8", b"\xff\xd9"
SCAN = 0xDA
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
APPS = {*range(0xE0, 0xF0), 0xFE}


def check(file: BinaryIO) -> None:
    data = file.read()
    if not data.startswith(START + b"\xff"):
        raise Refused("content")
    scan = _segments(data)
    end = data.find(END, scan)
    if end < 0:
        raise Refused("damaged")
    # Cameras append a preview or a depth map: more pictures, and no other kind of file.
    _refuse_other(data[end + 2 :].lstrip(b"\0"))
    pictures.refuse_undecodable(io.BytesIO(data), "JPEG")


def _segments(data: bytes) -> int:
    """Where the scan begins; every segment before it is looked at."""
    position, notes, measured = 2, 0, False
    while True:
        while data[position + 1] == 0xFF:  # filling
            position += 1
        if data[position] != 0xFF:
            raise Refused("damaged")
        marker = data[position + 1]
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise Refused("damaged")
        if marker in FRAMES:
            pictures.refuse_pixels(
                int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
            )
            measured = True
        elif marker in APPS:
            notes += length
            _look_at(body, notes)
        position += 2 + length
        if marker == SCAN:
            if not measured:
                raise Refused("damaged")
            return position


def _look_at(body: bytes, notes: int) -> None:
    if notes > METADATA_BYTES:
        raise Refused("unpacked")
    if holds_markup(body):
        raise Refused("mixed")


def _refuse_other(rest: bytes) -> None:
    if begins_as_another(rest) or holds_markup(rest):
        raise Refused("mixed")
