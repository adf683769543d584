"""Serializers that take nothing they do not know, and say where and why they refuse."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from referrals.errors import FieldError, Invalid

# Line breaks and tabs are text; other control characters, lone surrogates and the marks
# that reverse the reading order are not.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

_PLAIN_NAME = re.compile(r"[a-z0-9_-]{1,60}", re.ASCII)


class Text(serializers.CharField):
    """Text as a person types it: a JSON string, NFC, trimmed, without control characters."""

    default_error_messages = {
        "not_text": "Write this as text.",
        "characters": "Remove the control characters.",
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        if _REFUSED.search(data):
            self.fail("characters")
        return super().to_internal_value(unicodedata.normalize("NFC", data))

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, str) and _REFUSED.search(data):
            self.fail("characters")
        return super().run_validation(data)


class StrictSerializer(serializers.Serializer):
    """Refuses unknown fields by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(key) for key in data if key not in self.fields]
            if unknown:
                raise ValidationError(
                    {key: [ErrorDetail("There is no such field.", "unknown_field")]
                     for key in unknown}
                )  # fmt: skip
        return super().to_internal_value(data)


def field_errors(detail: Any, pointer: str = "") -> list[FieldError]:
    """DRF's nested error detail as a flat list with JSON pointers (RFC 6901)."""
    if isinstance(detail, Mapping):
        return [
            error
            for key, value in detail.items()
            for error in field_errors(value, pointer + _step(key))
        ]
    if isinstance(detail, list) and any(not isinstance(item, ErrorDetail) for item in detail):
        return [
            error
            for index, item in enumerate(detail)
            for error in field_errors(item, f"{pointer}/{index}")
        ]
    details = detail if isinstance(detail, list) else [detail]
    return [FieldError(pointer, getattr(d, "code", "invalid"), str(d)) for d in details]


def _step(key: Any) -> str:
    """An unknown name may be anything that somebody typed, so only plain ones are repeated."""
    plain = key != "non_field_errors" and _PLAIN_NAME.fullmatch(str(key))
    return f"/{key}" if plain else ""


def checked(serializer: serializers.BaseSerializer) -> Any:
    """The validated data, or `Invalid` with a pointer for each thing to mend."""
    if serializer.is_valid():
        return serializer.validated_data
    raise Invalid(errors=field_errors(serializer.errors))
