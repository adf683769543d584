"""Passwords: long, unknown to attackers, nothing else; kept exactly as typed."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from portal.accounts.models import User

# Full-width letters and digits, which fold to plain ones.
WIDE = "".join(chr(ord(c) + 0xFEE0) for c in "password1234")
PERSON = User(email="marisol.quintrell@lakeside.example", full_name="Marisol Quintrell")


@pytest.mark.parametrize(
    "password",
    ["gravel otter lantern seventeen", "zebra stapler window fog", "a" + "bcdefghijk" * 12,
     "x" + "ábçđéfğhïjķl" * 5, "пять зелёных тюленей", "🦉🌊🪵 kettle brisk moth",
     "brisk kettle ", "correct horse moth lamp", "ALLUPPERCASEWORDSFOG", "nodigitsatallhere",
     "48205719364820957136"],
)  # fmt: skip
def test_good_ones_of_any_kind(password: str) -> None:
    validate_password(password, PERSON)


@pytest.mark.parametrize(
    "password",
    ["short", "elevenchars", "tandem-demo", "passwordpassword", "password123456",
     "Password1234!", "123456789012", "qwertyuiop123", "iloveyou1234", "tandemtandemtandem",
     "tandem-referral", "ketamine clinic", "marisolquintrell", "quintrell-lakeside",
     "letmein letmein", "PASSWORDPASSWORD", WIDE, "x" * 129, "welcome tandem 1"],
)  # fmt: skip
def test_bad_ones(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, PERSON)


def test_nothing_is_cut_or_folded() -> None:
    user = User(email="x@tests.example")
    for password in ("y" * 127 + "z", " brisk kettle moth ", "Brisk Kettle Moth"):
        user.set_password(password)
        assert user.check_password(password)
        assert not user.check_password(password[:-1])
        assert not user.check_password(password.swapcase())
