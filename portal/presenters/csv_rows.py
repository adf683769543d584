"""Rows of a list as CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

FORMULA = tuple("=+-@\t\r\n|%")


class _Line:
    """A file of one line: the writer's text goes straight on."""

    def write(self, text: str) -> str:
        return text


def lines(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """RFC 4180 text, line by line; begins with a mark that tells a spreadsheet it is UTF-8."""
    writer: Any = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + str(writer.writerow(list(head)))
    for row in rows:
        yield writer.writerow([safe(value) for value in row])


def safe(value: Any) -> str:
    """The value as text; what a spreadsheet could run gets an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if _runs(text) else text


def _runs(text: str) -> bool:
    """Whether the first visible character begins a formula, full-width forms included."""
    if not text:
        return False
    plain = unicodedata.normalize("NFKC", text)
    if plain[:1] in FORMULA or text[:1] in FORMULA:
        return True
    bare = "".join(c for c in plain if not _is_invisible(c)).lstrip("'\" \u00a0")
    return bare[:1] in FORMULA


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cf", "Cc", "Zs", "Zl", "Zp"}
