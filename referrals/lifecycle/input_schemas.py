"""The inputs of the actions as JSON Schema, from the same serializers that check them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from referrals.lifecycle.inputs import Moment
from referrals.strict import StrictSerializer

# By kind of field, the closest first.
_TYPES: tuple[tuple[type[serializers.Field], dict[str, Any]], ...] = (
    (Moment, {"type": "string", "format": "date-time", "examples": ["2026-11-30T14:00:00-05:00"]}),
    (serializers.DateField, {"type": "string", "format": "date", "examples": ["2026-12-07"]}),
    (serializers.UUIDField, {"type": "string", "format": "uuid"}),
    (serializers.BooleanField, {"type": "boolean"}),
    (serializers.IntegerField, {"type": "integer"}),
    (serializers.CharField, {"type": "string"}),
)


def schema_of(serializer: serializers.BaseSerializer) -> dict[str, Any]:
    """JSON Schema 2020-12 of what this serializer takes, without the rules between fields.

    TypeError for a kind of field that has no translation here.
    """
    fields = getattr(serializer, "fields", {})
    properties = {name: _field(field) for name, field in fields.items()}
    required = [name for name, field in fields.items() if _is_required(field)]
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": not isinstance(serializer, StrictSerializer),
    }


def _field(field: serializers.Field) -> dict[str, Any]:
    found = {**_shape(field), **_limits(field)}
    if field.label:
        found["description"] = str(field.label)
    if field.allow_null:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _shape(field: serializers.Field) -> dict[str, Any]:
    if isinstance(field, serializers.BaseSerializer):
        return schema_of(field)
    if isinstance(field, serializers.ListField):
        return {"type": "array", "items": _field(field.child)}
    if isinstance(field, serializers.ChoiceField):
        return {"type": "string", "enum": list(field.choices)}
    for kind, shape in _TYPES:
        if isinstance(field, kind):
            return dict(shape)
    raise TypeError(f"No JSON Schema for a {type(field).__name__}")


def _limits(field: serializers.Field) -> dict[str, Any]:
    if isinstance(field, serializers.ListField):
        least = None if field.allow_empty else 1
        return _given(minItems=field.min_length or least, maxItems=field.max_length)
    if isinstance(field, serializers.CharField):
        least = None if field.allow_blank else 1
        return _given(minLength=field.min_length or least, maxLength=field.max_length)
    if isinstance(field, serializers.IntegerField):
        return _given(minimum=field.min_value, maximum=field.max_value)
    return {}


def _given(**limits: int | None) -> dict[str, Any]:
    return {name: limit for name, limit in limits.items() if limit is not None}


def _is_required(field: serializers.Field) -> bool:
    return bool(field.required and field.default is empty)
