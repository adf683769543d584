"""What was sent, frozen: its canonical form and the SHA-256 over it.

The canonical form is JSON with sorted keys, no spaces and UTF-8, so that anybody who holds
the content can compute the same sum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from referrals.models import ContentVersion


def canonical(body: Mapping[str, Any]) -> bytes:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


def is_unchanged(version: ContentVersion) -> bool:
    """Whether the kept content still has the sum that was kept beside it."""
    return digest(version.content) == version.sha256


@dataclass(frozen=True, slots=True)
class Changed:
    """One answer that differs: None where it was or became blank."""

    section: str
    key: str
    old: Any
    new: Any


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Changed]:
    """The answers that differ between two versions, by section and field.

    A section that is a list (care team, instruments) is one answer, with the key "".
    """
    for section in sorted({*old, *new}):
        before, after = old.get(section), new.get(section)
        if isinstance(before, list) or isinstance(after, list):
            if (before or []) != (after or []):
                yield Changed(section, "", before or [], after or [])
            continue
        for key in sorted({*(before or {}), *(after or {})}):
            was, now = (before or {}).get(key), (after or {}).get(key)
            if (was or None) != (now or None) or (isinstance(was, bool) and was != now):
                yield Changed(section, key, was, now)
