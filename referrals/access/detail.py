"""What the detail of an access entry may hold: ids, counts, codes and names of fields.

The keys are a list and each has a shape, so that no caller can slip in what a patient said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

MOST_LISTED = 1_000
CODE = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
FIELD_NAME = re.compile(r"/?[a-z][a-z0-9_-]{0,63}(?:[./][a-z0-9_-]{1,64}){0,8}")
DIGEST = re.compile(r"[0-9a-f]{64}")


class DetailRefused(ValueError):
    """A key or a value that has no place in the access log; names the key only."""


def _is_id(value: Any) -> bool:
    if isinstance(value, UUID):
        return True
    if isinstance(value, str):
        try:
            return str(UUID(value)) == value
        except ValueError:
            return False
    return _is_count(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and CODE.fullmatch(value) is not None


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_field_name(value: Any) -> bool:
    return isinstance(value, str) and FIELD_NAME.fullmatch(value) is not None


def _many(shape: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        listed = isinstance(value, list | tuple | set | frozenset)
        return listed and len(value) <= MOST_LISTED and all(map(shape, value))

    return check


SHAPES: dict[str, Callable[[Any], bool]] = {
    "count": _is_count,
    "total": _is_count,
    "version": _is_count,
    "sequence": _is_count,
    "status": _is_count,
    "id": _is_id,
    "ids": _many(_is_id),
    "referrals": _many(_is_id),
    "action": _is_code,
    "state": _is_code,
    "from": _is_code,
    "to": _is_code,
    "reason": _is_code,
    "priority": _is_code,
    "section": _is_code,
    "kind": _is_code,
    "format": _is_code,
    "method": _is_code,
    "event": _is_code,
    "route": _is_code,
    "sections": _many(_is_code),
    "filters": _many(_is_field_name),
    "fields": _many(_is_field_name),
    # Search terms as blind indexes, never as typed.
    "query": _is_digest,
    "queries": _many(_is_digest),
    "emergency": _is_flag,
    "own": _is_flag,
}
SUFFIXES: dict[str, Callable[[Any], bool]] = {
    "_id": _is_id,
    "_ids": _many(_is_id),
    "_count": _is_count,
    "_version": _is_count,
}


def canonical(detail: Mapping[str, Any] | None) -> str:
    """The detail as one line of sorted JSON; DetailRefused for what does not belong."""
    checked = {key: _checked(key, value) for key, value in (detail or {}).items()}
    return json.dumps(checked, sort_keys=True, separators=(",", ":"), default=str)


def _checked(key: str, value: Any) -> Any:
    shape = SHAPES.get(key) or _by_suffix(key)
    if shape is None:
        raise DetailRefused(f"The access log keeps no {key!r}.")
    if not shape(value):
        raise DetailRefused(f"The access log keeps {key!r} as an id, count, code or name only.")
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else value


def _by_suffix(key: str) -> Callable[[Any], bool] | None:
    if not CODE.fullmatch(key):
        return None
    return next((shape for suffix, shape in SUFFIXES.items() if key.endswith(suffix)), None)
