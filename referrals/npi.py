"""The National Provider Identifier and its check digit (45 CFR 162.406).

Ten digits, the first 1 or 2, with a Luhn check digit over 80840 followed by the number. A
right digit is not a real provider: that is for a look-up in NPPES, a step of its own.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

SHAPE = re.compile(r"\A[12][0-9]{9}\Z")
PREFIX = "80840"


def is_npi(text: str) -> bool:
    return bool(SHAPE.match(text)) and _luhn(PREFIX + text) % 10 == 0


def validate_npi(text: str) -> None:
    """Django validator; says what is wrong without repeating what was typed."""
    if not SHAPE.match(text):
        raise ValidationError("An NPI has 10 digits and begins with 1 or 2.", code="npi_shape")
    if not is_npi(text):
        raise ValidationError(
            "The last digit does not fit the others. Compare it with your NPI.", code="npi_check"
        )


def _luhn(digits: str) -> int:
    """The Luhn sum: every second digit from the right is doubled, digits of products added."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total
