"""Parts of schemas that several messages have, written once and referred to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# A part that is shorter than a reference to it stays where it is.
_SHORTEST = 60


class Shared:
    """Counts the properties of schemas; `refer` puts references for those that come again."""

    def __init__(self, schemas: Iterable[Mapping[str, Any]]) -> None:
        counted = Counter((name, text) for schema in schemas for name, text in _properties(schema))
        self._names: dict[tuple[str, str], str] = {}
        self._parts: dict[str, Any] = {}
        for (name, text), times in counted.items():
            if times > 1 and len(text) >= _SHORTEST:
                self._add(name, text)

    def refer(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The schema, with references in the place of the properties that are shared."""
        found = dict(schema)
        if "properties" in found:
            found["properties"] = {
                name: self.reference(name, part) for name, part in found["properties"].items()
            }
        return found

    def components(self) -> dict[str, Any]:
        return {name: self.refer(part) for name, part in self._parts.items()}

    def reference(self, name: str, part: Mapping[str, Any]) -> dict[str, Any]:
        """A reference to the shared part, or the part itself."""
        known = self._names.get((name, _text(part)))
        return {"$ref": f"#/components/schemas/{known}"} if known else self.refer(part)

    def _add(self, name: str, text: str) -> None:
        free = next(
            each for each in (name, *(f"{name}{n}" for n in range(2, 1000)))
            if each not in self._parts
        )  # fmt: skip
        self._names[(name, text)] = free
        self._parts[free] = json.loads(text)


def _properties(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, part in schema.get("properties", {}).items():
        yield name, _text(part)
        yield from _properties(part)


def _text(part: Any) -> str:
    return json.dumps(part)
