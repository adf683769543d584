"""A release of ICD-10-CM as this installation has it: the shipped part, or an operator's file.

Two forms are read. The order file of a full release, as CMS publishes it: fixed columns with
the code, 1 where it is billable, and the long name. And lines of `code<TAB>0 or 1<TAB>name`,
the form of the shipped list; lines that begin with # are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).with_name("icd10cm.tsv")
_ORDER_LINE = re.compile(r"[0-9]{5} ([A-Z][0-9A-Z]{2,6}) +([01]) ", re.ASCII)
_ORDER_NAME = 77
_CODE = re.compile(r"[A-Z][0-9][0-9AB](\.[0-9A-Z]{1,4})?", re.ASCII)
_REMARK = re.compile(r"#\s*release:\s*(.+)")
# A full release has tens of thousands; far fewer is a part of one.
FULL = 50_000


@dataclass(frozen=True, slots=True)
class Code:
    """`billable` is False for a heading, which stands for the codes below it."""

    code: str
    billable: bool
    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """`name` says which release; `part` is True where it is not the whole of it."""

    name: str
    codes: Mapping[str, Code]

    @property
    def part(self) -> bool:
        return len(self.codes) < FULL

    def get(self, code: str) -> Code | None:
        return self.codes.get(code)


@cache
def shipped() -> Release:
    """The part of the release that comes with the portal."""
    return read(SHIPPED)


def read(path: Path) -> Release:
    """The release in a file; ValueError, naming the line, where it cannot be read."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    codes = {code.code: code for code in _codes(lines)}
    if not codes:
        raise ValueError(f"{path.name} holds no ICD-10-CM codes.")
    return Release(_name(lines, path), codes)


def _name(lines: Iterable[str], path: Path) -> str:
    for line in lines:
        if found := _REMARK.match(line):
            return found[1].strip()
    return path.stem


def _codes(lines: Iterable[str]) -> Iterator[Code]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        code = _from_order(line) if _ORDER_LINE.match(line) else _from_tabs(line)
        if code is None:
            raise ValueError(
                f"Line {number} is neither of the order file nor code, 0 or 1 and name by tabs."
            )
        yield code


def _from_order(line: str) -> Code | None:
    match = _ORDER_LINE.match(line)
    name = line[_ORDER_NAME:].strip()
    if not match or not name:
        return None
    return Code(dotted(match[1]), match[2] == "1", name)


def _from_tabs(line: str) -> Code | None:
    parts = [part.strip() for part in line.split("\t")]
    if len(parts) != 3 or parts[1] not in ("0", "1") or not parts[2]:
        return None
    code = dotted(parts[0].upper().replace(".", ""))
    return Code(code, parts[1] == "1", parts[2]) if _CODE.fullmatch(code) else None


def dotted(code: str) -> str:
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code
