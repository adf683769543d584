"""Blind indexes: spellings of one name meet, everything else stays apart."""

import pytest

from referrals.encryption import KeyringError, Unsealable, blind_index


@pytest.fixture(autouse=True)
def ring(settings) -> None:
    settings.BLIND_INDEX_KEY = "one-key-for-the-tests-of-blind-indexes"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien", "o’brien"),
        ("O'Brien", "OBRIEN"),
        ("Smith-Jones", "Smith‐Jones"),  # noqa: RUF001
        ("Smith-Jones", " smith   jones "),
        ("STRASSE", "straße"),
        ("José", "José"),
        ("Anna", "An\u200bna"),
        ("ﬁnn", "Finn"),
        ("Ana\u00a0Lu", "ana lu"),
    ],
)
def test_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert blind_index("name", one) == blind_index("name", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("José",), ("Jose",)),
        (("ab", "c"), ("a", "bc")),
        (("ab", ""), ("ab",)),
        (("a", "b"), ("b", "a")),
        (("Smith Jones",), ("Smithjones",)),
    ],
)
def test_different_values_stay_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert blind_index("name", *one) != blind_index("name", *other)


def test_purposes_and_keys_keep_indexes_apart(settings) -> None:
    name = blind_index("name", "x")
    assert name != blind_index("phone", "x")
    settings.BLIND_INDEX_KEY = "another-key-for-the-tests-of-blind-indexes"
    assert name != blind_index("name", "x")


def test_an_index_is_sixty_four_hex_digits_without_the_value() -> None:
    index = blind_index("name", "Quintero")
    assert len(index) == 64
    assert int(index, 16)


def test_no_key_and_no_utf8_are_refused(settings) -> None:
    with pytest.raises(Unsealable):
        blind_index("name", "\ud800")
    settings.BLIND_INDEX_KEY = ""
    with pytest.raises(KeyringError):
        blind_index("name", "x")
