"""JSON as RFC 8259 has it and no more, in UTF-8."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
# UTF-8 has none: only an escape can name one.
_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")


def loads(raw: bytes) -> Any:
    """ValueError for NaN, a number beyond a float, a name twice, half of a surrogate pair.

    The latter is no text: it could be neither stored nor answered. RecursionError for depth.
    """
    found = json.loads(
        raw.decode("utf-8"),
        object_pairs_hook=_once,
        parse_constant=_refuse_constant,
        parse_float=_finite,
    )
    if _ESCAPED.search(raw) and _SURROGATE.search(json.dumps(found, ensure_ascii=False)):
        raise ValueError("half of a surrogate pair")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice in one object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond what can be kept")
    return number
