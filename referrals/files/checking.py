"""Is this file what its name says, whole, of one kind, and without anything that acts?

Knows no framework and no settings, so that it can run in a process of its own. What the
sender's browser said of the type is not asked.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import BinaryIO

from referrals.files import docx, jpeg, pdf, png, tiff
from referrals.files.limits import MOST_BYTES, TYPES
from referrals.files.names import media_type_of
from referrals.files.refusal import Refused

CHECKS: dict[str, Callable[[BinaryIO], None]] = {
    "application/pdf": pdf.check,
    "image/png": png.check,
    "image/jpeg": jpeg.check,
    "image/tiff": tiff.check,
    TYPES["docx"]: docx.check,
}


def check(file: BinaryIO, media_type: str) -> None:
    """`Refused` unless `file` is a sound one of `media_type`. The position is left anywhere."""
    size = file.seek(0, io.SEEK_END)
    if not size:
        raise Refused("empty")
    if size > MOST_BYTES:
        raise Refused("too_large")
    file.seek(0)
    try:
        CHECKS[media_type](file)
        if media_type != TYPES["docx"] and zipfile.is_zipfile(file):
            raise Refused("mixed")
    except Refused:
        raise
    except MemoryError:
        raise Refused("complex") from None
    except Exception:
        # Whatever a parser makes of a hostile file, it is no file that we take. The original
        # message may quote the content.
        raise Refused("damaged") from None


__all__ = ["check", "media_type_of"]
