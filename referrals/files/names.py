"""A file's name is what somebody typed: kept sealed, shown escaped, never a path."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from referrals.files.limits import LONGEST_NAME, TYPES
from referrals.files.refusal import Refused

# Control characters, separators of paths, marks that turn the reading order, halves of pairs.
_REMOVED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_ASCII = re.compile(r"[^A-Za-z0-9 ._()-]")


def clean(name: str) -> str:
    """The name without folders, controls and excess length; its ending stays."""
    base = re.split(r"[/\\]", name)[-1]
    base = _REMOVED.sub("", unicodedata.normalize("NFC", base)).strip(" .")
    stem, dot, ending = base.rpartition(".")
    if not dot:
        stem, ending = ending, ""
    room = LONGEST_NAME - len(ending) - 1
    return f"{(stem or 'document')[:room].rstrip()}{dot}{ending[:12]}"


def media_type_of(name: str) -> str:
    """The type that a name's ending promises; `Refused` for any that is not taken."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in TYPES:
        raise Refused("type")
    return TYPES[ending]


def disposition(name: str) -> str:
    """`Content-Disposition: attachment` of RFC 6266, with a plain name for old programs."""
    plain = _ASCII.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    return (
        f"attachment; filename=\"{plain or 'document'}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
