"""What every answer has in common, and one line of text, on which most answers build."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from . import text


class Answer:
    """Every answer may be missing or null, unless an entry makes no sense without it.

    `key` is the field's key in the catalogue of fields, where it has one.
    """

    def __init__(self, *, key: str = "", **kwargs: Any) -> None:
        required = kwargs.setdefault("required", False)
        kwargs.setdefault("allow_null", not required)
        self.key = key
        super().__init__(**kwargs)

    @staticmethod
    def from_text(typed: str) -> Any:
        """The JSON value of what a person typed in an HTML form; blank is null."""
        return typed if typed.strip() else None


REQUIRED = {
    "required": "This answer is needed here.",
    "null": "This answer is needed here.",
}


class Line(Answer, serializers.CharField):
    """One line of text."""

    multiline = False
    default_error_messages = {
        **REQUIRED,
        "invalid": "Use text here.",
        "blank": "Write something here, or send null to clear the answer.",
        "max_length": "Use {max_length} characters or fewer.",
        "characters": "Remove the characters that cannot be seen, then try again.",
    }

    def __init__(self, *, max_length: int = 120, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        # Both are part of text.clean, which answers in the portal's words.
        self.validators = [v for v in self.validators if not text.is_character_validator(v)]

    def run_validation(self, data: Any = empty) -> Any:
        if data is not empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)

    def to_internal_value(self, data: str) -> str:
        cleaned = text.clean(data, multiline=self.multiline)
        if cleaned is None:
            self.fail("characters")
        if not cleaned:
            self.fail("blank")
        return self.normalise(cleaned)

    def normalise(self, value: str) -> str:
        return value
