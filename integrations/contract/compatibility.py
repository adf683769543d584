"""What may change in a message once others rely on it: what is added, and little else.

Of what we write, readers may rely on every field, type, value and rule: only a new field is
harmless. Of what we read, writers may rely on being understood: new optional fields, further
values and wider limits are harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from integrations.contract.messages import Direction, Message

Schema = Mapping[str, Any]

# Say something to people, decide nothing.
_REMARKS = frozenset({"$schema", "$id", "title", "description", "examples"})
# Rules whose greater value allows more, and those whose greater value allows less.
_UPPER = frozenset({"maxLength", "maximum", "maxItems"})
_LOWER = frozenset({"minLength", "minimum", "minItems"})
_SHAPE = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const"}
)


def problems(released: Mapping[str, Schema], today: Iterable[Message]) -> list[str]:
    """What is wrong with today's messages, given the released schemas by file name.

    A released version never changes; a later one of the same major version may only add; no
    type goes away.
    """
    current = {(message.key, _major(message.version)): message for message in today}
    found: list[str] = []
    for file_name, schema in released.items():
        key, version = _parsed(file_name)
        message = current.get((key, _major(version)))
        if message is None:
            found.append(f"{key} {version}: the type is gone")
        else:
            found += [f"{key}: {fault}" for fault in _faults(schema, version, message)]
    return found


def _faults(schema: Schema, version: str, message: Message) -> list[str]:
    if _minor(version) > _minor(message.version):
        return [f"version {version} is released, {message.version} would be older"]
    changes = breaking(schema, message.schema, direction=message.direction)
    if changes:
        return [f"breaks {version}: {change}; make it a new type" for change in changes]
    if version == message.version and _rules(schema) != _rules(message.schema):
        following = f"{_major(version)}.{_minor(version) + 1}"
        return [f"{version} is released and has changed; give it version {following}"]
    return []


def breaking(old: Schema, new: Schema, *, direction: Direction) -> list[str]:
    """The changes from one schema of a whole message to another that would break somebody."""
    compare = _written if direction is Direction.SENT else _read
    return list(_walk(_rules(old), _rules(new), "", compare))


Comparison = Callable[[Schema, Schema, str], Iterator[str]]


def _walk(old: Schema, new: Schema, path: str, compare: Comparison) -> Iterator[str]:
    yield from compare(old, new, path or "(top)")
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, part in before.items():
        here = f"{path}/{name}"
        if name not in after:
            yield f"{here} was removed or renamed"
        else:
            yield from _walk(part, after[name], here, compare)
    if "items" in old and "items" in new:
        yield from _walk(old["items"], new["items"], f"{path}/[]", compare)


def _written(old: Schema, new: Schema, path: str) -> Iterator[str]:
    """For what we write: readers rely on all of it."""
    if _types(old) != _types(new):
        yield f"{path} has another type"
    for name in sorted(_required(old) - _required(new)):
        yield f"{path}/{name} is no longer always there"
    yield from _values(old, new, path, may_add=False)
    if old.get("additionalProperties", True) is False and new.get("additionalProperties", True):
        yield f"{path} was opened to further fields"
    for rule in sorted(_other_rules(old) | _other_rules(new)):
        if old.get(rule) != new.get(rule):
            yield f"{path} has another {rule}"


def _read(old: Schema, new: Schema, path: str) -> Iterator[str]:
    """For what we read: writers rely on being understood."""
    if not _types(new) >= _types(old):
        yield f"{path} has another type"
    for name in sorted(_required(new) - _required(old)):
        yield f"{path}/{name} is newly required"
    yield from _values(old, new, path, may_add=True)
    if old.get("additionalProperties", True) and new.get("additionalProperties", True) is False:
        yield f"{path} was closed to further fields"
    for rule in sorted(_other_rules(new)):
        if _is_tighter(rule, old.get(rule), new[rule]):
            yield f"{path} has a tighter {rule}"


def _values(old: Schema, new: Schema, path: str, *, may_add: bool) -> Iterator[str]:
    before, after = _allowed(old), _allowed(new)
    if after is not None and (before is None or before - after):
        yield f"{path} allows fewer values"
    if not may_add and before is not None and (after is None or after - before):
        yield f"{path} may have further values"


def _is_tighter(rule: str, old: Any, new: Any) -> bool:
    if old == new:
        return False
    if old is None:
        return True
    if rule in _UPPER:
        return bool(new < old)
    return bool(new > old) if rule in _LOWER else True


def _types(schema: Schema) -> set[str]:
    """An integer is a number; without a type anything goes."""
    named = schema.get("type", ["any"])
    found = {named} if isinstance(named, str) else set(named)
    return found | {"integer"} if "number" in found else found


def _allowed(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"])}
    return {repr(value) for value in schema["enum"]} if "enum" in schema else None


def _required(schema: Schema) -> set[str]:
    return set(schema.get("required", ()))


def _other_rules(schema: Schema) -> set[str]:
    return set(schema) - _SHAPE


def _rules(schema: Schema) -> dict[str, Any]:
    """The schema without remarks, and without the version that its name carries."""
    found = {name: part for name, part in schema.items() if name not in _REMARKS}
    if "properties" in found:
        found["properties"] = {name: _rules(part) for name, part in found["properties"].items()}
        if "dataschema" in found["properties"]:
            found["properties"]["dataschema"] = {"type": "string"}
    if "items" in found:
        found["items"] = _rules(found["items"])
    return found


def _parsed(file_name: str) -> tuple[str, str]:
    key, major, minor = file_name.removesuffix(".json").rsplit(".", 2)
    return key, f"{major}.{minor}"


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def _minor(version: str) -> int:
    return int(version.partition(".")[2])
