"""Verifying the access log: whatever was altered is found, and named where it is."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from referrals.access import anchor, chain, triggers
from referrals.access.models import AccessEntry, AccessSeal
from referrals.access.verify import Report, verify
from tests.referrals.access import tampering

ROUNDS = 200
NOW = timedelta(0)


class Undo(Exception):
    """Ends a round and takes its tampering back."""


def after(
    act: Callable[[random.Random, int], set[int]], seed: int, grace: timedelta = NOW
) -> tuple[Report, set[int]]:
    """What verify says after a tampering, which is undone again."""
    kept = anchor.path().read_bytes() if anchor.path().exists() else None
    outcome = None
    try:
        with transaction.atomic(), triggers.suspended(connection):
            expected = act(random.Random(seed), AccessSeal.objects.count())
            outcome = verify(grace=grace), expected
            raise Undo
    except Undo:
        pass
    if kept is not None:
        anchor.path().write_bytes(kept)
    assert outcome is not None
    return outcome


def located(report: Report, expected: set[int]) -> bool:
    first = report.first
    if first is None:
        return False
    if not expected:
        forged = first.entry_id is not None and first.number is None
        return forged and first.kind == "entry without a seal"
    return first.number in expected


def test_a_whole_log_has_no_fault(sealed) -> None:
    report = verify(grace=NOW)
    assert report.faults == []
    assert (report.entries, report.seals, report.anchored, report.waiting) == (120, 120, 6, 0)


def test_every_one_of_two_hundred_tamperings_is_found_and_located(sealed) -> None:
    dice = random.Random(20261123)
    missed, tried = [], Counter()
    for round_number in range(ROUNDS):
        act = tampering.ALL[round_number % len(tampering.ALL)]
        tried[act.__name__] += 1
        seed = dice.randrange(2**32)
        report, expected = after(act, seed)
        if not located(report, expected):
            missed.append((act.__name__, seed, expected, str(report.first)))
    assert missed == []
    assert sum(tried.values()) == ROUNDS
    assert min(tried.values()) >= ROUNDS // len(tampering.ALL)
    assert verify(grace=NOW).faults == []


@pytest.mark.parametrize("act", tampering.ALL, ids=lambda act: act.__name__)
def test_each_kind_is_found_and_located(sealed, act) -> None:
    for seed in range(4):
        report, expected = after(act, seed)
        assert located(report, expected), (seed, expected, list(map(str, report.faults)))


def test_with_the_chain_off_nothing_is_found(read) -> None:
    """The control: the same falsified entries, in a log that nobody sealed."""
    entries = read(120)

    def falsify(dice: random.Random, links: int) -> set[int]:
        row = AccessEntry.objects.filter(pk=dice.choice(entries).pk)
        touched = row.update(user_id="8", verb="list") if dice.random() < 0.5 else row.delete()[0]
        assert touched == 1
        return set()

    day = timedelta(days=1)
    assert [after(falsify, seed, grace=day)[0].faults for seed in range(ROUNDS)] == [[]] * ROUNDS


def test_with_a_hash_that_hashes_nothing_edits_are_not_found(
    read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the hash: everything else is in place."""
    from referrals.access import sealer

    monkeypatch.setattr(chain, "link_hash", lambda *parts: "0" * 64)
    read(40)
    sealer.seal_pending(limit=20)
    sealer.seal_pending(limit=20)
    acts = [tampering.edit_entry, tampering.move_text_between_columns]
    assert [after(act, seed)[0].faults for act in acts for seed in range(10)] == [[]] * 20


def test_without_the_anchor_file_a_cut_tail_would_pass(sealed, anchor_file: Path) -> None:
    """The control of the anchor: cut it to the same point as the chain."""
    report, _ = after(tampering.cut_tail, 1)
    assert not report.ok
    lines = anchor_file.read_bytes().splitlines(keepends=True)

    def cut_both(dice: random.Random, links: int) -> set[int]:
        gone = AccessSeal.objects.filter(number__gt=80)
        AccessEntry.objects.filter(pk__in=list(gone.values_list("entry_id", flat=True))).delete()
        gone.delete()
        anchor_file.write_bytes(b"".join(lines[:4]))
        return set()

    assert after(cut_both, 1)[0].faults == []


def test_a_dated_back_entry_is_named_as_such(sealed) -> None:
    report, _ = after(tampering.insert_dated_back_and_let_it_be_sealed, 3)
    assert [str(fault).split(" (")[0] for fault in report.faults] == [
        "entry dated back at number 121"
    ]


def test_what_waits_longer_than_its_grace_is_reported(read) -> None:
    read(2)
    assert verify().ok
    assert verify().waiting == 2
    faults = verify(grace=timedelta(seconds=-1)).faults
    assert [fault.kind for fault in faults] == ["entry without a seal"] * 2


def test_a_damaged_anchor_line_is_named(sealed, anchor_file: Path) -> None:
    lines = anchor_file.read_bytes().splitlines(keepends=True)
    anchor_file.write_bytes(b"".join([*lines[:2], b'{"batch":\n', *lines[3:]]))
    assert "anchor line 3 unreadable" in [fault.kind for fault in verify(grace=NOW).faults]


def test_two_anchor_lines_that_disagree_are_named(sealed, anchor_file: Path) -> None:
    line = anchor_file.read_text().splitlines()[2]
    with anchor_file.open("a") as file:
        file.write(line + "\n")
    assert verify(grace=NOW).ok  # the same line twice says nothing new
    with anchor_file.open("a") as file:
        file.write(line.replace('"hash":"', '"hash":"0') + "\n")
    assert [fault.kind for fault in verify(grace=NOW).faults] == ["anchor lines disagree"]


def test_the_command_prints_figures_and_leaves_with_0(sealed, capsys) -> None:
    call_command("verify_audit")
    printed = capsys.readouterr().out
    assert "120 entries, 120 sealed, 0 waiting, 6 batches anchored" in printed
    assert "The access log is whole." in printed


def test_the_command_names_the_first_bad_entry_and_leaves_with_1(sealed, capsys) -> None:
    seal = AccessSeal.objects.get(pk=77)
    with triggers.suspended(connection):
        AccessEntry.objects.filter(pk=seal.entry_id).update(user_id="8")
    with pytest.raises(SystemExit) as left:
        call_command("verify_audit")
    assert left.value.code == 1
    expected = f"First: entry or link altered at number 77 (entry {seal.entry_id})"
    assert expected in capsys.readouterr().err
