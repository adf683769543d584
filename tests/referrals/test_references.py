"""The reference: every single slip and every swap of neighbors is caught."""

from __future__ import annotations

import pytest

from referrals import references

SEVERAL = [references.draw() for _ in range(50)]


@pytest.mark.parametrize("reference", SEVERAL[:10], ids=range(10))
def test_every_single_wrong_character_is_caught(reference: str) -> None:
    plain = reference.replace("-", "")
    for place in range(9):
        for other in set(references.ALPHABET) - {plain[place]}:
            assert references.normalize(plain[:place] + other + plain[place + 1 :]) is None


@pytest.mark.parametrize("reference", SEVERAL, ids=range(50))
def test_every_swap_of_neighbors_is_caught(reference: str) -> None:
    plain = reference.replace("-", "")
    for place in range(8):
        a, b = plain[place], plain[place + 1]
        if a != b:
            assert references.normalize(plain[:place] + b + a + plain[place + 2 :]) is None


def test_the_check_character_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a sum without weights lets a swap through."""
    alphabet = references.ALPHABET
    monkeypatch.setattr(
        references, "_check", lambda body: alphabet[sum(map(alphabet.index, body)) % 19]
    )
    body = "23444444"
    whole = body + references._check(body)
    assert references.normalize("32" + whole[2:]) is not None


@pytest.mark.parametrize("typed", ["7km4xq9r", "7KM-4XQ-9RHH", "", "0O1-I8B-SNA", "²²²²²²²²²"])
def test_what_cannot_be_a_reference(typed: str) -> None:
    assert references.normalize(typed) is None


def test_typed_as_people_type() -> None:
    reference = references.draw()
    assert references.normalize(f" {reference.lower().replace('-', ' ')} ") == reference


def test_the_alphabet_has_no_twins_and_no_vowels() -> None:
    assert len(set(references.ALPHABET)) == len(references.ALPHABET) == 19
    for twins in ("0O", "1I", "8B", "SF", "NM"):
        assert len(set(twins) & set(references.ALPHABET)) <= 1
    assert not set("AEIOU") & set(references.ALPHABET)


def test_nothing_is_told_of_order_or_volume() -> None:
    drawn = [references.draw() for _ in range(500)]
    assert len(set(drawn)) == 500
    assert drawn != sorted(drawn)
    assert len({reference[0] for reference in drawn}) > 12
