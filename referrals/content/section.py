"""What every section of the content has in common."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from .fields import Answer


class Entry(Answer, serializers.Serializer):
    """An object of answers that refuses what it does not know."""

    default_error_messages = {
        "required": "This answer is needed here.",
        "null": "This answer is needed here.",
        "invalid": "Use an object of answers here.",
        "unknown_field": "This field is not part of a referral.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError(
                {"non_field_errors": [self.error_messages["invalid"]]}, code="invalid"
            )
        errors = self.unknown(data)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as refused:
            raise serializers.ValidationError({**errors, **dict(refused.detail)}) from None  # type: ignore[arg-type]
        if errors:
            raise serializers.ValidationError(errors)
        return dict(values)

    def unknown(self, data: dict[str, Any]) -> dict[str, Any]:
        detail = ErrorDetail(str(self.error_messages["unknown_field"]), "unknown_field")
        return {str(name): [detail] for name in data if name not in self.fields}


class Section(Entry):
    """One section of the referral; all its answers may be missing in a draft."""
