"""Diagnosis codes that make the software ask. A code is never proof of a K-finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import facts
from .findings import Flag

SOURCE = "ICD-10-CM codes of this referral; Tandem clinical reference, section 6.1"
PREFIXES: dict[str, tuple[str, ...]] = {
    "K-01": ("I20", "I21", "I22", "I23", "I24", "I25", "I47", "I48", "I49", "I50", "I16"),
    "K-02": ("O", "Z33.1", "Z34"),
    "K-03": (*(f"F2{digit}" for digit in range(10)), "F32.3", "F33.3", "F30.2", "F31.2", "F31.5"),
    "K-04": ("K70.3", "K70.4", "K72", "K74"),
    "K-05": ("G93.2", "G91", "H40"),
    "K-06": tuple(f"F1{digit}" for digit in range(10) if digit != 7),
    "K-07": tuple(f"I{number}" for number in range(10, 17)),
    "K-08": ("I71", "I72", "I67.1", "Q28.2", "Q28.3", "Q27.3", "I60", "I61", "I62"),
    "K-14": ("Z79.891",),
    "K-15": ("E05",),
    "K-16": ("F30", "F31"),
    "K-17": ("N30.1", "N30.2"),
    "K-18": ("G47.33", "J44"),
    "K-19": ("G40",),
}
# "In remission" in a name is the fifth character 1 after 1, 2 or 9: F10.11, F11.21, F19.91.
_IN_REMISSION = re.compile(r"F1[0-9]\.[129]1", re.ASCII)


def prompted(content: Any) -> Iterator[Flag]:
    """One information flag for each rule that a code of this referral makes worth asking.

    Its inputs name the sections that hold the code, so that it closes with them.
    """
    for rule, prefixes in PREFIXES.items():
        found = facts.coded(content, prefixes)
        if rule == "K-06":
            found = [code for code in found if not _IN_REMISSION.fullmatch(code)]
        if found:
            message = "Information needed: a diagnosis code here makes this worth asking"
            yield Flag(rule, "I", message, SOURCE, facts.coded_in(content, tuple(found)))
