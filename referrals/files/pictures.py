"""What all kinds of pictures share: their measures, and whether they can be read at all."""

from __future__ import annotations

from typing import BinaryIO

from PIL import Image

from referrals.files.limits import PIXELS, SIDE
from referrals.files.refusal import Refused

# Pillow's own alarm would only warn; ours has refused before it is asked.
Image.MAX_IMAGE_PIXELS = PIXELS


def refuse_pixels(width: int, height: int) -> int:
    """The number of pixels; `Refused` for none or too many, before anything is unpacked."""
    if not (0 < width <= SIDE and 0 < height <= SIDE) or width * height > PIXELS:
        raise Refused("pixels" if width and height else "damaged")
    return width * height


def refuse_undecodable(file: BinaryIO, kind: str) -> None:
    """Read the (first) picture in full, by the one decoder of its kind."""
    file.seek(0)
    with Image.open(file, formats=(kind,)) as image:
        refuse_pixels(*image.size)
        image.load()
