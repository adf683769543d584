"""Hostile files are refused, files as people send them are taken, within memory and time.

The files are made at run time; none is kept. Both counts have a floor, and the corpus goes
red with the check taken away.
"""

from __future__ import annotations

import io
import resource
import tempfile
import time
import zlib

import pytest

from referrals.files import checking, sandbox
from referrals.files.refusal import REASONS, Refused
from tests.referrals.files import making
from tests.referrals.files.benign import benign
from tests.referrals.files.hostile import Sample, hostile

LEAST_HOSTILE, LEAST_BENIGN = 120, 40
MOST_MEMORY_KB = 100 * 1024
MOST_SECONDS = 5.0


def verdict(sample: Sample) -> str:
    """ "taken", or the code of the refusal."""
    _, name, data = sample
    try:
        checking.check(io.BytesIO(data), checking.media_type_of(name))
    except Refused as refused:
        return refused.code
    return "taken"


@pytest.fixture(scope="module")
def bad() -> list[Sample]:
    return hostile()


@pytest.fixture(scope="module")
def good() -> list[Sample]:
    return benign()


def test_every_hostile_file_is_refused_in_bounds(bad: list[Sample]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest, taken = 0.0, []
    for sample in bad:
        began = time.process_time()
        if verdict(sample) not in REASONS:
            taken.append(sample[0])
        slowest = max(slowest, time.process_time() - began)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert taken == []
    assert len(bad) >= LEAST_HOSTILE
    assert grown <= MOST_MEMORY_KB
    assert slowest <= MOST_SECONDS


def test_every_benign_file_is_taken(good: list[Sample]) -> None:
    refused = {sample[0]: word for sample in good if (word := verdict(sample)) != "taken"}
    assert refused == {}
    assert len(good) >= LEAST_BENIGN


def test_without_the_look_at_the_content_the_corpus_is_red(
    bad: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "CHECKS", dict.fromkeys(checking.CHECKS, lambda file: None))
    taken = [sample[0] for sample in bad if verdict(sample) == "taken"]
    assert len(taken) > LEAST_HOSTILE


@pytest.mark.parametrize(
    ("label", "code"),
    [("pdf script at opening", "active"), ("png of 65535 squared", "pixels"),
     ("docx with overlapping entries", "unpacked"), ("pdf with a password", "encrypted"),
     ("pdf + zip", "mixed"), ("docx with image from elsewhere", "external"),
     ("pdf with 501 pages", "pages"), ("page called pdf", "content")],
)  # fmt: skip
def test_a_refusal_says_which_it_is(bad: list[Sample], label: str, code: str) -> None:
    (sample,) = [one for one in bad if one[0] == label]
    assert verdict(sample) == code


def test_a_pdf_with_a_damaged_table_is_told_how_to_be_mended() -> None:
    data = making.pdf(3)
    at = data.rindex(b"startxref") + len(b"startxref\n")
    bent = data[:at] + b"7" + data[at:]
    sample = ("a table that is elsewhere", "letter.pdf", bent)
    assert verdict(sample) == "table"
    assert "Print" in REASONS["table"] and "Save as PDF" in REASONS["table"]


def test_a_file_is_looked_at_in_a_process_of_its_own(bad: list[Sample]) -> None:
    (launch,) = [one for one in bad if one[0] == "pdf launch"]
    with tempfile.TemporaryFile() as file:
        file.write(making.pdf())
        sandbox.check(file, "application/pdf")
    with tempfile.TemporaryFile() as file, pytest.raises(Refused, match="active"):
        file.write(launch[2])
        sandbox.check(file, "application/pdf")


def test_a_file_that_swells_in_the_parser_takes_its_own_process_down() -> None:
    """A cross-reference stream of gigabytes: the limits of the process end it, not ours."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryFile() as file, pytest.raises(Refused):
        file.write(swelling_pdf(2_000_000_000))
        sandbox.check(file, "application/pdf")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before <= MOST_MEMORY_KB


def swelling_pdf(size: int) -> bytes:
    """`size` zeros, squeezed twice, as the table of a PDF."""
    once, zeros = zlib.compressobj(9), b"\0" * 1_000_000
    first = once.compress(zeros) + once.flush(zlib.Z_FULL_FLUSH)
    block = once.compress(zeros) + once.flush(zlib.Z_FULL_FLUSH)  # stands alone, so it repeats
    packed = zlib.compress(first + block * (size // len(zeros)), 1)
    head = b"%PDF-1.5\n"
    table = (
        b"1 0 obj<</Type/XRef/Size 2/W[1 2 1]/Root 2 0 R/Filter[/FlateDecode/FlateDecode]"
        b"/Length %d>>stream\n" % len(packed)
    )
    return head + table + packed + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def test_a_process_that_gives_no_answer_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryFile() as file, pytest.raises(Refused, match="complex"):
        file.write(making.pdf())
        sandbox.check(file, "application/pdf", seconds=0.001)
