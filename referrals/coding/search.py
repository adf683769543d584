"""Looking a code up, by the beginning of the code or by words of its name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .groups import MIND, PAIN, TRAUMA
from .release import Code, Release

MOST = 12
_LIKE_A_CODE = re.compile(r"[A-Z][0-9][0-9A-Z.]*", re.ASCII | re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+")
# How people say it, in the words of the classification.
SAID = {
    "ptsd": "post traumatic stress",
    "crps": "complex regional pain syndrome",
    "mdd": "major depressive",
    "gad": "generalized anxiety",
    "lbp": "low back pain",
    "tbi": "traumatic brain injury",
    "copd": "chronic obstructive pulmonary",
    "osa": "obstructive sleep apnea",
    "rsd": "complex regional pain syndrome",
    "fibro": "fibromyalgia",
    "depression": "depress",
    "migraines": "migraine",
    "failed": "postlaminectomy",
}


def find(release: Release, typed: str, *, most: int = MOST) -> list[Code]:
    """At most `most` codes that fit what was typed, the likeliest first."""
    typed = typed.strip()
    if len(typed) < 2:
        return []
    if _LIKE_A_CODE.fullmatch(typed):
        return _by_code(release, typed)[:most]
    words = [word for part in _words(typed.lower()) for word in _words(SAID.get(part, part))]
    return _by_words(release, words)[:most] if words else []


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _by_code(release: Release, typed: str) -> list[Code]:
    start = typed.upper().replace(".", "")
    found = [one for one in release.codes.values() if one.code.replace(".", "").startswith(start)]
    return sorted(
        found, key=lambda one: (one.code.replace(".", "") != start, not one.billable, one.code)
    )


def _by_words(release: Release, words: list[str]) -> list[Code]:
    found = list(_fitting(release, words))
    return sorted(found, key=lambda one: (not one.billable, _rank(one), len(one.name), one.code))


def _rank(one: Code) -> int:
    """What this portal is about stands before the rest of the classification."""
    groups = (TRAUMA, PAIN, MIND)
    return next((n for n, group in enumerate(groups) if one.code.startswith(group)), len(groups))


def _fitting(release: Release, words: list[str]) -> Iterator[Code]:
    """Codes in whose name each typed word begins a word."""
    for one in release.codes.values():
        name = one.name.lower()
        if words[0] not in name:
            continue
        parts = _words(name)
        if all(any(part.startswith(word) for part in parts) for word in words):
            yield one
