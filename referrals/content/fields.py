"""The fields that the referral's sections are made of: strict types, and errors without echo.

A value is taken as it is typed in JSON or refused; nothing is coerced ("1" is not 1, "yes"
is not true). What comes out is plain JSON too, normalised, so that content can be stored,
compared and shown as it stands. No error repeats what was typed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, cast

from rest_framework import serializers
from rest_framework.fields import empty

from . import text
from .base import REQUIRED, Answer, Line
from .codes import Choices
from .dates import BirthDate, Day, Moment, Onset

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)

__all__ = [
    "AbsentReasons",
    "Answer",
    "BirthDate",
    "Code",
    "Day",
    "DiagnosisCode",
    "Language",
    "Line",
    "Many",
    "Moment",
    "Number",
    "Onset",
    "PersonName",
    "Phone",
    "Prose",
    "State",
    "Whole",
    "YesNo",
]


class Prose(Line):
    """Several lines of text."""

    multiline = True

    def __init__(self, *, max_length: int = 1000, rows: int = 4, **kwargs: Any) -> None:
        kwargs.setdefault("style", {"base_template": "textarea.html", "rows": rows})
        super().__init__(max_length=max_length, **kwargs)


class PersonName(Line):
    """A name as its owner writes it: any script, hyphens, apostrophes, one letter."""

    default_error_messages = {"no_letter": "Write the name with at least one letter."}

    def normalise(self, value: str) -> str:
        if not any(character.isalpha() for character in value):
            self.fail("no_letter")
        return value


class Phone(Line):
    """A phone number; typed in any usual US way, kept as E.164."""

    default_error_messages = {
        "phone": "Write a phone number with its area code, like 407-555-0123, or start with + "
        "and the country code."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def normalise(self, value: str) -> str:
        return text.e164(value) or self.fail("phone")


class Language(Line):
    """A BCP 47 language tag."""

    default_error_messages = {"language": "Write a language code, like en, es or ht."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=35, **kwargs)

    def normalise(self, value: str) -> str:
        return text.language_tag(value) or self.fail("language")


class DiagnosisCode(Line):
    """An ICD-10-CM code by its form; whether a release lists it is a warning elsewhere."""

    default_error_messages = {
        "icd10": "Write an ICD-10-CM code: a letter, two characters, then a dot and up to four "
        "more, like M54.16."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=12, **kwargs)

    def normalise(self, value: str) -> str:
        return text.icd10(value) or self.fail("icd10")


class Code(Answer, serializers.ChoiceField):
    """One code of a closed list."""

    default_error_messages = {
        **REQUIRED,
        "invalid_choice": "Choose one of the listed answers.",
    }

    def __init__(self, choices: Choices, **kwargs: Any) -> None:
        super().__init__(choices=list(choices), **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choice_strings_to_values:
            self.fail("invalid_choice")
        return data


class State(Code):
    """A USPS state code; small letters are taken too."""

    default_error_messages = {"invalid_choice": "Choose a state, like FL."}

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data.upper() if isinstance(data, str) else data)


class YesNo(Answer, serializers.BooleanField):
    """JSON true, false or null (not answered)."""

    default_error_messages = {**REQUIRED, "invalid": "Answer true, false or null."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data

    def run_validation(self, data: Any = empty) -> Any:
        # DRF reads "" and "null" as null; here only null is null.
        if isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)

    @staticmethod
    def from_text(typed: str) -> Any:
        return {"true": True, "false": False, "": None}.get(typed.strip().lower(), typed)


class Whole(Answer, serializers.IntegerField):
    """A whole number."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "Use a whole number.",
        "min_value": "Use a number that is {min_value} or more.",
        "max_value": "Use a number that is {max_value} or less.",
    }

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data

    @staticmethod
    def from_text(typed: str) -> Any:
        typed = typed.strip()
        return int(typed) if _INTEGER.fullmatch(typed) else (typed or None)


class Number(Answer, serializers.FloatField):
    """A number with up to three decimal places, kept as JSON writes it."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "Use a number.",
        "places": "Use at most three decimal places.",
        "min_value": "Use a number that is {min_value} or more.",
        "max_value": "Use a number that is {max_value} or less.",
    }

    def to_internal_value(self, data: Any) -> int | float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        if isinstance(data, float) and not math.isfinite(data):
            self.fail("invalid")
        if abs(data) < 10**9 and round(data, 3) != data:
            self.fail("places")
        return int(data) if data == int(data) else data

    def to_representation(self, value: Any) -> Any:
        return value

    @staticmethod
    def from_text(typed: str) -> Any:
        typed = typed.strip()
        return float(typed) if _NUMBER.fullmatch(typed) else (typed or None)


class Many(Answer, serializers.ListField):
    """A list; the newest write replaces it as a whole."""

    default_error_messages = {
        **REQUIRED,
        "not_a_list": "Use a list here.",
        "max_length": "List at most {max_length}.",
    }

    def __init__(self, *, max_length: int = 20, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list")
        # Before the children run, so that a huge list costs nothing.
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class AbsentReasons(Answer, serializers.DictField):
    """Why an answer is not there: `{"<field>": "unknown" | "clinic_to_obtain" | ...}`."""

    default_error_messages = {
        "not_a_dict": "Use an object of field names and reasons.",
        "unknown_field": "This field is not part of the section.",
    }

    def __init__(self, choices: Choices, *, also: Iterable[str] = (), **kwargs: Any) -> None:
        self.also = frozenset(also)
        super().__init__(child=Code(choices), **kwargs)

    def names(self) -> frozenset[str]:
        """Every field that a reason may stand for."""
        section = cast("serializers.Serializer", self.parent)
        return frozenset(section.fields) - {str(self.field_name)} | self.also

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and not self.names().issuperset(data):
            self.fail("unknown_field")
        return super().to_internal_value(data)
