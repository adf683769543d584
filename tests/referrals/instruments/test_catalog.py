"""The instruments as data: complete, consistent, and free of Django."""

import subprocess
import sys
from itertools import pairwise

import pytest

from referrals.instruments import INSTRUMENTS

NAMES = {
    "pc-ptsd-5", "pcl-5", "peg", "phq-9", "gad-7", "c-ssrs", "isi", "ort", "ort-oud", "audit-c",
    "dast-10", "nrs",
}  # fmt: skip


def passes_mod_10(code: str) -> bool:
    """The LOINC check digit: Luhn over the digits before the hyphen."""
    digits, check = code.split("-")
    doubled = [int(d) * 2 if n % 2 == 0 else int(d) for n, d in enumerate(reversed(digits))]
    return (10 - sum(d // 10 + d % 10 for d in doubled) % 10) % 10 == int(check)


def test_the_contracts_names():
    assert set(INSTRUMENTS) == NAMES


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=list(INSTRUMENTS))
def test_each_says_where_it_comes_from(instrument):
    assert instrument.source
    assert instrument.licence
    assert instrument.look_back
    assert instrument.accepts <= {"items", "total", "level", "item9"}
    assert bool(instrument.topics) == ("items" in instrument.accepts)


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=list(INSTRUMENTS))
def test_bands_cover_the_range_without_gap_or_overlap(instrument):
    if not instrument.bands:
        return
    assert (instrument.bands[0].low, instrument.bands[-1].high) == instrument.total_range
    assert all(a.high + 1 == b.low for a, b in pairwise(instrument.bands))


@pytest.mark.parametrize("name", ["pcl-5", "peg", "pc-ptsd-5", "c-ssrs"])
def test_no_bands_are_invented(name):
    assert INSTRUMENTS[name].bands == ()


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=list(INSTRUMENTS))
def test_loinc_codes_pass_their_check_digit(instrument):
    codes = [instrument.loinc_panel, instrument.loinc_total, *instrument.loinc_items]
    assert [code for code in codes if code and not passes_mod_10(code)] == []
    assert len(instrument.loinc_items) in (0, len(instrument.topics))


def test_the_check_digit_test_catches_a_typing_error():
    assert passes_mod_10("44261-6")
    assert not passes_mod_10("44261-7")
    assert not passes_mod_10("42461-6")


def test_instruments_and_rules_import_no_django():
    program = (
        "import sys, referrals.instruments, referrals.rules, referrals.assessment;"
        "print([m for m in sys.modules if m.split('.')[0] in ('django', 'rest_framework')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
