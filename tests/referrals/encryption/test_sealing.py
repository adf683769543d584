"""Sealing and opening bytes, and the key ring."""

import base64

import pytest

from referrals.encryption import CannotOpen, KeyringError, LostKey, open_bytes, seal_bytes
from referrals.encryption.keyring import parse
from referrals.encryption.sealing import open_text, seal_text
from tests.referrals.encryption.conftest import NEW, OLD, key

PLACE = "table|column|row"
SAID = b"a confided word"


@pytest.fixture(autouse=True)
def ring(settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]


def test_every_flipped_bit_of_a_file_is_refused() -> None:
    sealed = seal_bytes("document|1", SAID)
    assert open_bytes("document|1", sealed) == SAID
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << (position % 8)
        with pytest.raises((CannotOpen, LostKey)):
            open_bytes("document|1", bytes(changed))


def test_every_changed_character_of_a_column_is_refused() -> None:
    stored = seal_text(PLACE, SAID)
    for position, character in enumerate(stored):
        for other in {"A", "b", ".", "=", "\n", " ", "+"} - {character}:
            with pytest.raises((CannotOpen, LostKey)):
                open_text(PLACE, stored[:position] + other + stored[position + 1 :])


@pytest.mark.parametrize("cut", [0, 1, 3, 7, 20])
def test_what_was_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(CannotOpen):
        open_text(PLACE, seal_text(PLACE, SAID)[:cut])
    with pytest.raises((CannotOpen, LostKey)):
        open_bytes("c", seal_bytes("c", SAID)[:cut])


def test_another_context_and_another_kind_are_refused() -> None:
    with pytest.raises(CannotOpen):
        open_bytes("document|2", seal_bytes("document|1", SAID))
    column = seal_text(PLACE, SAID).split(".")[2]
    as_file = b"T1\x03old" + base64.urlsafe_b64decode(column + "=" * (-len(column) % 4))
    with pytest.raises(CannotOpen):
        open_bytes(PLACE, as_file)


def test_the_first_key_seals_and_every_key_opens(settings) -> None:
    before = seal_text(PLACE, SAID)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    after = seal_text(PLACE, SAID)
    assert after.startswith("v1.new.")
    assert open_text(PLACE, before) == open_text(PLACE, after) == SAID


def test_a_lost_key_is_named_and_the_value_is_not(settings) -> None:
    stored = seal_text(PLACE, SAID)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(LostKey, match="'old'") as caught:
        open_text(PLACE, stored)
    assert stored not in str(caught.value)
    assert caught.value.key_id == "old"


def test_another_key_under_the_same_id_does_not_open(settings) -> None:
    stored = seal_text(PLACE, SAID)
    settings.FIELD_ENCRYPTION_KEYS = [key("old", 9)]
    with pytest.raises(CannotOpen):
        open_text(PLACE, stored)


def test_nonces_do_not_repeat() -> None:
    nonces = {seal_bytes("c", b"")[6:18] for _ in range(2000)}
    assert len(nonces) == 2000


SHORT = base64.b64encode(b"short").decode()


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ((), "no key"),
        (("nocolon",), "not 'id:base64'"),
        ((f"bad id:{SHORT}",), "not 'id:base64'"),
        ((f"k:{SHORT}",), "has 5 bytes"),
        (("k:***",), "not base64"),
        ((OLD, OLD), "twice"),
    ],
)
def test_an_unusable_ring_says_why_without_the_key(entries: tuple[str, ...], says: str) -> None:
    with pytest.raises(KeyringError, match=says) as caught:
        parse(entries)
    assert SHORT not in str(caught.value)


def test_a_ring_shows_ids_only() -> None:
    assert repr(parse((NEW, OLD))) == "<Keyring new, old>"
