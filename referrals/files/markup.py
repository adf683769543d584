"""Traces of another kind of file: what a browser or a system could take these bytes for."""

from __future__ import annotations

import re

MARKUP = re.compile(
    rb"<\s*(?:script|html|svg|iframe|body|object|embed|!doctype|\?php|\?=)|javascript:",
    re.IGNORECASE,
)
PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"#!")
ARCHIVES = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")


def holds_markup(data: bytes) -> bool:
    return MARKUP.search(data) is not None


def begins_as_another(data: bytes) -> bool:
    """Whether these bytes begin like a program, an archive or a PDF."""
    return data.startswith((*PROGRAMS, *ARCHIVES, b"%PDF-"))
