"""The check digit of the NPI (clinical reference 12.1)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from referrals.npi import is_npi, validate_npi

# Full-width digits: int() would take them, an NPI does not have them.
WIDE = "".join(chr(ord(c) + 0xFEE0) for c in "1234567893")
VALID = ["1234567893", "1558598797", "1245319599", "2123456784", "1000000004", "1999999992"]
INVALID = [
    "1234567890", "1234567894", "3000000000", "123456789", "12345678931", "12345678a3", "",
    "1234567893\n", " 1234567893", WIDE, "-234567893", "1234567893 ",
]  # fmt: skip


@pytest.mark.parametrize("number", VALID)
def test_valid(number: str) -> None:
    assert is_npi(number)
    validate_npi(number)


@pytest.mark.parametrize("number", INVALID)
def test_invalid(number: str) -> None:
    assert not is_npi(number)
    with pytest.raises(ValidationError) as error:
        validate_npi(number)
    assert not number.strip() or number.strip() not in str(error.value)


@pytest.mark.parametrize("number", VALID)
def test_every_single_wrong_digit_is_found(number: str) -> None:
    for place in range(10):
        for digit in "0123456789":
            changed = number[:place] + digit + number[place + 1 :]
            assert is_npi(changed) == (changed == number)
