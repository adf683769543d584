"""Only the scanner's one clear word clears a file; whatever else it does leaves it waiting."""

from __future__ import annotations

from typing import Any

import pytest

from referrals.files import scanner
from referrals.files.scanner import Verdict
from tests.referrals.files.clamd import ANSWERS, clamd
from tests.referrals.files.making import eicar

BIG = [b"a" * 300_000, b"b" * 5]


def test_a_clean_file_is_clean(settings: Any) -> None:
    with clamd() as settings.CLAMD_SOCKET:
        assert scanner.scan(BIG, seconds=10) is Verdict.CLEAN


def test_the_test_virus_is_found_across_pieces(settings: Any) -> None:
    virus = eicar()
    with clamd() as settings.CLAMD_SOCKET:
        assert scanner.scan([b"x" * 9, virus[:20], virus[20:]], seconds=10) is Verdict.INFECTED


@pytest.mark.parametrize("how", [*ANSWERS, "closes"])
def test_nonsense_is_never_clean(settings: Any, how: str) -> None:
    with clamd(how) as settings.CLAMD_SOCKET:
        assert scanner.scan(BIG, seconds=10) is Verdict.UNSURE


def test_a_scanner_that_hangs_costs_its_time_and_no_more(settings: Any) -> None:
    with clamd("hangs") as settings.CLAMD_SOCKET:
        assert scanner.scan(BIG, seconds=0.1) is Verdict.UNSURE


def test_a_scanner_that_is_not_there_is_unsure(settings: Any) -> None:
    for place in ("/nowhere/clamd.ctl", "tcp://127.0.0.1:1", "tcp://nonsense"):
        settings.CLAMD_SOCKET = place
        assert scanner.scan(BIG, seconds=1) is Verdict.UNSURE
