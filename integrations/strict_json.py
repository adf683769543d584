"""JSON as RFC 8259 has it and no more, in UTF-8."""

from __future__ import annotations

import json
import math
from typing import Any


def loads(raw: bytes) -> Any:
    """ValueError for NaN, a number beyond a float, a name twice; RecursionError for depth."""
    return json.loads(
        raw.decode("utf-8"),
        object_pairs_hook=_once,
        parse_constant=_refuse_constant,
        parse_float=_finite,
    )


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
