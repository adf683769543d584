"""X-1 to X-8: codes that should not stand side by side, and codes that cannot be billed.

Warnings for whoever codes. None of them stops a referral.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .release import Release

VERSION = "1"
SECTIONS = ("pain", "trauma", "mental_health", "substance", "medical")
TABULAR = "Excludes1 notes of the ICD-10-CM tabular list"
NOT_BOTH = "the tabular list says that these two are not coded together (Excludes1)"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One code of `left` beside one of `right` is worth a second look."""

    rule: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    words: str


CRPS_2 = ("G56.4", "G57.7")
CONFLICTS = (
    Conflict("X-1", ("R52",), ("G89",), "Unspecified pain should not be coded with G89"),
    Conflict("X-2", ("F45.41",), ("G89", "R52", "M54"), NOT_BOTH),
    Conflict("X-3", ("G89.2",), ("G89.0", "G89.3", "G89.4", "G90.5", *CRPS_2), NOT_BOTH),
    Conflict("X-4", ("M79.1",), ("M79.7",), f"myalgia and fibromyalgia: {NOT_BOTH}"),
    Conflict("X-5", ("M54.5",), ("M54.4",), NOT_BOTH),
    Conflict("X-6", ("G90.5",), CRPS_2, f"CRPS I and CRPS II: {NOT_BOTH}"),
    Conflict("X-7", ("F32",), ("F33", "F30", "F31"), NOT_BOTH),
    Conflict("X-7", ("F33",), ("F30", "F31"), NOT_BOTH),
)


@dataclass(frozen=True, slots=True)
class CodingWarning:
    """`pointers` are the lists in which the codes stand."""

    rule: str
    codes: tuple[str, ...]
    pointers: tuple[str, ...]
    message: str
    source: str
    version: str = VERSION

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "codes": list(self.codes),
            "inputs": [pointer.strip("/").replace("/", ".") for pointer in self.pointers],
            "pointers": list(self.pointers),
            "message": self.message,
            "source": self.source,
            "version": self.version,
        }


def coding_warnings(content: Any, release: Release) -> list[CodingWarning]:
    """Every warning on the codes of a referral, by rule."""
    where = dict(_codes(content))
    found = [*_conflicts(where), *_not_billable(where, release)]
    return sorted(found, key=lambda one: (one.rule, one.codes))


def _codes(content: Any) -> Iterator[tuple[str, str]]:
    for section in SECTIONS:
        answers = content.get(section) if isinstance(content, Mapping) else None
        codes = answers.get("diagnoses") if isinstance(answers, Mapping) else None
        for code in codes if isinstance(codes, list | tuple) else ():
            if isinstance(code, str):
                yield code, f"/{section}/diagnoses"


def _conflicts(where: Mapping[str, str]) -> Iterator[CodingWarning]:
    for conflict in CONFLICTS:
        left = [code for code in where if code.startswith(conflict.left)]
        right = [code for code in where if code.startswith(conflict.right)]
        for one in left:
            for other in right:
                message = f"{one} and {other}: {conflict.words}"
                pointers = tuple(dict.fromkeys((where[one], where[other])))
                yield CodingWarning(conflict.rule, (one, other), pointers, message, TABULAR)


def _not_billable(where: Mapping[str, str], release: Release) -> Iterator[CodingWarning]:
    for code, pointer in where.items():
        if message := _billing(code, release):
            source = f"ICD-10-CM release {release.name}"
            yield CodingWarning("X-8", (code,), (pointer,), message, source)


def _billing(code: str, release: Release) -> str:
    known = release.get(code)
    if known is None and release.part:
        return f"{code} is not in the list of codes kept here: check that it is billable"
    if known is None:
        return f"{code}: not billable in release {release.name}, which does not list it"
    if not known.billable:
        return f"{code}: not billable in release {release.name}; a code below it is needed"
    return ""
