"""Checking content, changing it, and naming what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers

from referrals.errors import FieldError, Invalid

from .fields import Many
from .section import Entry
from .sections import LISTS, SECTIONS

Content = dict[str, Any]
_SAFE_NAME = re.compile(r"[a-z0-9_-]{1,60}", re.ASCII)


def empty() -> Content:
    """Content with nothing in it, every section present."""
    return {name: [] if name in LISTS else {} for name in SECTIONS}


def validate(data: Mapping[str, Any]) -> Content:
    """The sections that are in `data`, checked and normalised, as plain JSON.

    Takes any subset of the read shape; null stays null, so that a patch can clear. Raises
    Invalid with a pointer, code and detail for each fault, and never the value itself.
    """
    valid, errors = split(data)
    if errors:
        raise Invalid(errors=errors)
    return valid


def split(data: Mapping[str, Any]) -> tuple[Content, list[FieldError]]:
    """Like `validate`, but keeps what is good: (the good fields, the faults).

    Autosave stores the first part, so that one bad answer does not lose its neighbours.
    """
    if not isinstance(data, Mapping):
        return {}, [FieldError("", "invalid", "Use an object of sections here.")]
    valid: Content = {}
    errors: list[FieldError] = []
    for name, value in data.items():
        section, faults = _section(str(name), value)
        errors += faults
        if section is not None or not faults:
            valid[str(name)] = section
    return valid, errors


def _section(name: str, value: Any) -> tuple[Any, list[FieldError]]:
    if name not in SECTIONS:
        detail = "This section is not part of a referral."
        return None, [FieldError(_pointer("", name), "unknown_field", detail)]
    if value is None:
        return None, []
    checker = section_field(name)
    try:
        return checker.run_validation(value), []
    except serializers.ValidationError as refused:
        faults = list(_faults(refused.detail, f"/{name}"))
        return _good_part(name, value, refused.detail), faults


def section_field(name: str) -> serializers.Field:
    """The field that checks a whole section: its serializer, or a list of it."""
    serializer = SECTIONS[name]
    return Many(child=serializer(), max_length=LISTS[name]) if name in LISTS else serializer()


def _good_part(name: str, value: Any, detail: Any) -> Any:
    if name in LISTS or not isinstance(value, dict) or not isinstance(detail, dict):
        return None
    good = {key: answer for key, answer in value.items() if key not in detail}
    try:
        return SECTIONS[name]().run_validation(good)
    except serializers.ValidationError:
        return None


def _faults(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            here = pointer if name == "non_field_errors" else _pointer(pointer, str(name))
            yield from _faults(inner, here)
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _faults(inner, f"{pointer}/{position}" if nested else pointer)
    else:
        yield FieldError(pointer, getattr(detail, "code", "invalid"), str(detail))


def _pointer(parent: str, name: str) -> str:
    """An unknown name may be anything that somebody typed, so only plain ones are repeated."""
    return f"{parent}/{name}" if _SAFE_NAME.fullmatch(name) else parent


def merge(current: Mapping[str, Any], patch: Mapping[str, Any]) -> Content:
    """`current` with `patch`: objects merged, lists replaced, null clears.

    Both are content in checked form; neither is changed. A cleared answer is gone from the
    result, a cleared section is empty.
    """
    merged = {**empty(), **current}
    for name, value in patch.items():
        if value is None:
            merged[name] = empty()[name]
        elif isinstance(value, Mapping):
            merged[name] = _merged(merged.get(name) or {}, value)
        else:
            merged[name] = [_without_nulls(entry) for entry in value]
    return merged


def _merged(current: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(current)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            held = result.get(name)
            result[name] = _merged(held if isinstance(held, Mapping) else {}, value)
        else:
            result[name] = _without_nulls(value)
    return result


def _without_nulls(value: Any) -> Any:
    """Null answers inside objects dropped; a null inside a list stays (a blank item)."""
    if isinstance(value, Mapping):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    return value


def apply(current: Mapping[str, Any], data: Mapping[str, Any]) -> Content:
    """Check `data`, merge it into `current`, and check what comes of it as a whole.

    The second check sees pairs of which only one half was sent, such as a blood pressure.
    """
    merged = merge(current, validate(data))
    validate(merged)
    return merged


def as_read(content: Mapping[str, Any]) -> Content:
    """The content in the contract's read shape: every field there, null where unanswered."""
    return {name: _read(name, content.get(name)) for name in SECTIONS}


def _read(name: str, value: Any) -> Any:
    if name in LISTS:
        return [_filled(SECTIONS[name](), entry) for entry in value or []]
    return _filled(SECTIONS[name](), value or {})


def _filled(serializer: serializers.Serializer, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _filled_value(field, answers.get(name))
        for name, field in serializer.fields.items()
        if not field.read_only or name in answers
    }


def _filled_value(field: serializers.Field, value: Any) -> Any:
    if isinstance(field, Entry):
        return None if value is None else _filled(field, value)
    if isinstance(field, Many) and isinstance(field.child, Entry):
        return [_filled(field.child, entry) for entry in value or []]
    if isinstance(field, Many) and field.field_name != "items":
        return value or []
    return value


def changed_names(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Dotted names of the answers that differ, sorted: names only, never values.

    A list counts as one answer.
    """
    return sorted(set(_differences(old, new, "")))


def _differences(old: Any, new: Any, name: str) -> Iterator[str]:
    before = {} if old is None else old
    after = {} if new is None else new
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {*before, *after}:
            inner = f"{name}.{key}" if name else str(key)
            yield from _differences(before.get(key), after.get(key), inner)
    elif before != after and not (_unanswered(old) and _unanswered(new)):
        yield name


def _unanswered(value: Any) -> bool:
    return value is None or value == [] or value == {}


def patient_keys(content: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """(family name, given name, birth date) for the blind index, or None while one lacks."""
    patient = content.get("patient") or {}
    keys = tuple(patient.get(name) for name in ("family_name", "given_name", "birth_date"))
    return keys if all(isinstance(key, str) and key for key in keys) else None  # type: ignore[return-value]
