"""The stand-in for clamd against clamd itself: the same questions, the same answers.

The real one has one signature, that of the harmless test virus, written here at run time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.local import processes
from portal.local.clamav import ClamAV
from referrals.actors import SYSTEM
from referrals.files import checking, sandbox, scanner, uploads
from referrals.files.scanner import Verdict
from referrals.lifecycle import State
from referrals.models import Document, ScanState
from referrals.operations import documents
from tests.cast import Cast
from tests.referrals.files import clamd as stand_in
from tests.referrals.files import making
from tests.servers.fixtures import open_to_servers
from tests.walks import referral_at

MIB = 1024 * 1024
VIRUS = making.eicar()
# What is sent; what comes back; what it means.
EXCHANGES: dict[str, tuple[list[bytes], bytes, Verdict]] = {
    "clean": ([b"a" * 300_000, b"b" * 5], b"stream: OK\0", Verdict.CLEAN),
    "a letter": ([making.pdf()], b"stream: OK\0", Verdict.CLEAN),
    "virus": ([VIRUS], stand_in.FOUND, Verdict.INFECTED),
    "virus across pieces": ([b"x" * 9, VIRUS[:20], VIRUS[20:]], stand_in.FOUND, Verdict.INFECTED),
    "virus in a document": (
        [making.docx({"word/media/a.png": VIRUS}, method=0)], stand_in.FOUND, Verdict.INFECTED,
    ),
    "larger than it looks into": (
        [b"a" * MIB] * 13, stand_in.ANSWERS["limit"], Verdict.UNSURE,
    ),
    "larger than it takes": ([b"a" * MIB] * 20, stand_in.ANSWERS["error"], Verdict.UNSURE),
}  # fmt: skip


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamAV]:
    server = ClamAV(
        open_to_servers(tmp_path_factory, "clamav"),
        signatures={"Eicar-Test-Signature": VIRUS},
        options={
            "StreamMaxLength": str(stand_in.MOST_STREAM),
            "MaxFileSize": str(stand_in.MOST_FILE),
            "MaxScanSize": str(stand_in.MOST_FILE),
            "AlertExceedsMax": "yes",
        },
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["stand-in", pytest.param("real", marks=pytest.mark.pg)])
def scanning(request: pytest.FixtureRequest, settings: Any) -> Iterator[str]:
    if request.param == "real":
        settings.CLAMD_SOCKET = request.getfixturevalue("real").address
        yield settings.CLAMD_SOCKET
    else:
        with stand_in.clamd() as settings.CLAMD_SOCKET:
            yield settings.CLAMD_SOCKET


@pytest.mark.parametrize("what", EXCHANGES)
def test_each_answers_the_same(scanning: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, answer, verdict = EXCHANGES[what]
    heard: list[str] = []
    receive = scanner._receive
    monkeypatch.setattr(
        scanner, "_receive", lambda *args: heard.append(receive(*args)) or heard[-1]
    )
    assert scanner.scan(sent, seconds=30) is verdict
    # A line that is closed while we still send leaves no answer to read; it is unsure as well.
    assert heard == [answer.rstrip(b"\0").decode()] or (not heard and verdict is Verdict.UNSURE)


# --- The real one in trouble ----------------------------------------------------------------------


@pytest.mark.pg
def test_it_is_asked_over_a_local_socket_too(real: ClamAV, settings: Any) -> None:
    settings.CLAMD_SOCKET = real.local_socket
    assert scanner.scan([VIRUS], seconds=30) is Verdict.INFECTED
    assert scanner.scan([b"plain"], seconds=30) is Verdict.CLEAN


@pytest.fixture
def document(
    cast: Cast, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Document:
    monkeypatch.setattr(sandbox, "check", checking.check)
    settings.MEDIA_ROOT, settings.CLAMD_SOCKET = str(tmp_path), "/nowhere"
    referral = referral_at(State.IN_REVIEW, cast)
    with uploads.stored([SimpleUploadedFile("letter.pdf", making.pdf())]) as files:
        (added,) = documents.add(
            referral.pk, by=cast.actor("physician"), files=files,
            data={"no_psychotherapy_notes": True}, door="portal",
        )  # fmt: skip
    return added


@pytest.mark.pg
@pytest.mark.django_db
def test_a_stopped_scanner_leaves_a_file_waiting_and_clears_it_later(
    real: ClamAV, settings: Any, document: Document
) -> None:
    """Stopped in the middle, then killed, then started again."""
    settings.CLAMD_SOCKET = real.address
    assert real.process is not None
    os.kill(real.process.pid, signal.SIGSTOP)
    assert documents.settle(document.pk, by=SYSTEM, seconds=0.3) == ScanState.PENDING
    real.kill()
    assert not processes.is_listening(real.port)
    assert documents.settle(document.pk, by=SYSTEM) == ScanState.PENDING
    real.start()
    assert documents.settle(document.pk, by=SYSTEM) == ScanState.CLEAN
