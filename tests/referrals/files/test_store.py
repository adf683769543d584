"""What is stored is sealed, bound to its document, and noticed when it is not whole."""

from __future__ import annotations

import hashlib
import io
import uuid
from pathlib import Path
from typing import Any

import pytest

from referrals.files import store

DATA = b"A letter about a patient. " * 40_000  # several pieces


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def kept(data: bytes = DATA) -> tuple[uuid.UUID, store.Stored]:
    document = uuid.uuid4()
    return document, store.write(document, io.BytesIO(data))


def files(media: Path) -> list[Path]:
    return [p for p in media.rglob("*") if p.is_file()]


@pytest.mark.parametrize("size", [1, store.PIECE - 1, store.PIECE, store.PIECE + 1, len(DATA)])
def test_what_was_put_in_comes_out(size: int) -> None:
    document, stored = kept(DATA[:size])
    assert b"".join(store.read(document, stored.name)) == DATA[:size]
    assert stored.sha256 == hashlib.sha256(DATA[:size]).hexdigest()
    assert stored.size == size
    store.check(document, stored.name, stored.sha256)


def test_nothing_of_it_is_readable_on_the_disk(media: Path) -> None:
    kept()
    (only,) = files(media)
    assert b"patient" not in only.read_bytes()
    assert oct(only.stat().st_mode)[-3:] == "600"


def test_the_same_bytes_are_another_file_each_time(media: Path) -> None:
    kept(), kept()
    first, second = files(media)
    assert first.read_bytes() != second.read_bytes()


def test_another_documents_bytes_do_not_open() -> None:
    _, stored = kept()
    with pytest.raises(store.Damaged):
        list(store.read(uuid.uuid4(), stored.name))


@pytest.mark.parametrize("where", [0, 5, 200, -1])
def test_one_flipped_byte_is_noticed(where: int) -> None:
    document, stored = kept()
    path = store.path_of(stored.name)
    damaged = bytearray(path.read_bytes())
    damaged[where] ^= 1
    path.write_bytes(bytes(damaged))
    with pytest.raises(store.Damaged):
        store.check(document, stored.name, stored.sha256)


def pieces(data: bytes) -> list[bytes]:
    found = []
    while data:
        length = 4 + int.from_bytes(data[:4], "big")
        found.append(data[:length])
        data = data[length:]
    return found


@pytest.mark.parametrize(
    "change",
    [lambda p: p[:-1], lambda p: p[1:], lambda p: [p[1], p[0], *p[2:]], lambda p: [p[0], *p],
     lambda p: []],
    ids=["tail cut", "head cut", "swapped", "doubled", "emptied"],
)  # fmt: skip
def test_pieces_cannot_be_cut_moved_or_doubled(change: Any) -> None:
    document, stored = kept()
    path = store.path_of(stored.name)
    whole = pieces(path.read_bytes())
    assert len(whole) > 3
    path.write_bytes(b"".join(change(whole)))
    with pytest.raises(store.Damaged):
        store.check(document, stored.name, stored.sha256)


def test_a_missing_file_is_damage_and_no_crash() -> None:
    document, stored = kept()
    store.remove(stored.name)
    with pytest.raises(store.Damaged):
        store.check(document, stored.name, stored.sha256)
    store.remove(stored.name)


def test_a_write_that_breaks_off_leaves_nothing(media: Path) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the line is gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        store.write(uuid.uuid4(), Breaking(DATA))
    assert files(media) == []


def test_files_are_sealed_anew_under_a_new_key(settings: Any) -> None:
    document, stored = kept()
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = ["k2:" + "QUJD" * 10 + "QUI=", *old]
    assert store.sealed_under(stored.name) == old[0].split(":")[0]
    fresh = store.reseal(document, stored.name)
    assert store.sealed_under(fresh.name) == "k2"
    assert fresh.sha256 == stored.sha256
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    store.check(document, fresh.name, stored.sha256)
    with pytest.raises(store.Damaged):
        store.check(document, stored.name, stored.sha256)
