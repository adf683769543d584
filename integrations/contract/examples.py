"""An example of a message, made from the examples that its schema gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN: dict[str, Any] = {"string": "text", "integer": 1, "boolean": True, "null": None}


def example(schema: Mapping[str, Any]) -> Any:
    """One value that fits the schema; of optional fields those that say how they look."""
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "object":
        return _object(schema)
    return [example(schema["items"])] if kind == "array" else _PLAIN[kind]


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    required = schema.get("required", ())
    return {
        name: example(part)
        for name, part in schema.get("properties", {}).items()
        if name in required or "examples" in part or name == "data"
    }
