"""The sealer: in order, once, anchored, and taken up where a turn died."""

import json
from pathlib import Path

import pytest
from django.db import transaction

from referrals.access import anchor, sealer
from referrals.access.models import AccessEntry, AccessSeal


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_entries_are_linked_in_order_and_the_head_is_anchored(read, anchor_file: Path) -> None:
    entries = read(7)
    assert sealer.seal_pending(limit=5) == 5
    assert sealer.seal_pending(limit=5) == 2
    assert sealer.seal_pending(limit=5) == 0
    seals = list(AccessSeal.objects.order_by("number"))
    assert [seal.entry_id for seal in seals] == [entry.pk for entry in entries]
    assert [seal.number for seal in seals] == list(range(1, 8))
    assert [seal.batch for seal in seals] == [1] * 5 + [2] * 2
    assert [seal.previous_hash for seal in seals[1:]] == [seal.hash for seal in seals[:-1]]
    assert [(line["batch"], line["number"], line["hash"]) for line in lines(anchor_file)] == [
        (1, 5, seals[4].hash),
        (2, 7, seals[6].hash),
    ]
    assert anchor_file.stat().st_mode & 0o777 == 0o600


def test_an_entry_that_turns_up_late_is_sealed_behind_the_others(read) -> None:
    first, late, last = read(3)
    values = AccessEntry.objects.filter(pk=late.pk).values().get()
    from referrals.access import triggers

    with triggers.lifted(late._meta.db_table):
        late.delete()
    assert sealer.seal_pending() == 2
    AccessEntry.objects.create(**values)
    assert sealer.seal_pending() == 1
    order = AccessSeal.objects.order_by("number").values_list("entry_id", flat=True)
    assert list(order) == [first.pk, last.pk, values["id"]]


def test_a_turn_that_died_before_its_anchor_is_made_good(
    read, anchor_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(3)
    with monkeypatch.context() as patch:
        patch.setattr(anchor, "append", lambda head: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            sealer.seal_pending()
    assert not anchor_file.exists()
    assert sealer.seal_pending() == 0
    assert [line["number"] for line in lines(anchor_file)] == [3]


def test_nothing_more_is_sealed_while_the_anchor_cannot_be_written(
    read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchor, "append", lambda head: (_ for _ in ()).throw(OSError("disk full")))
    read(2)
    for _ in range(3):
        with pytest.raises(OSError, match="disk full"):
            sealer.seal_pending()
        read(2)
    assert AccessSeal.objects.count() == 2


def test_sealing_inside_a_transaction_is_refused(read) -> None:
    read(1)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        sealer.seal_pending()


def test_seal_all_leaves_nothing_waiting(read, monkeypatch: pytest.MonkeyPatch) -> None:
    read(30)
    assert sealer.unsealed() == 30
    assert sealer.seal_all() == 30
    assert sealer.unsealed() == 0


def test_the_last_anchored_head_is_read_without_the_whole_file(read, anchor_file: Path) -> None:
    for _ in range(60):
        read(1)
        sealer.seal_pending()
    assert anchor_file.stat().st_size > 4096
    last = anchor.last()
    assert last is not None
    assert last.number == 60
    assert [head.number for head in anchor.heads()] == list(range(1, 61))
