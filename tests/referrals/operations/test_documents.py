"""Files on a referral: who adds, opens, blocks and takes off, and what the scanner decides."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from integrations.models import Event
from referrals import clock
from referrals.access.models import AccessEntry
from referrals.actors import SYSTEM
from referrals.errors import Conflict, Forbidden, Invalid, NotFound, QuotaReached
from referrals.files import checking, limits, sandbox, store, upkeep, uploads
from referrals.lifecycle import Action, State
from referrals.models import Document, Referral, ScanState
from referrals.operations import documents
from tests.cast import Cast
from tests.referrals.files import making
from tests.referrals.files.clamd import clamd
from tests.walks import act, inputs, referral_at

YES = {"no_psychotherapy_notes": True}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own; the check runs in this process, where it takes milliseconds."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(sandbox, "check", checking.check)
    return tmp_path


@contextmanager
def incoming(*names: str, data: bytes = b"") -> Iterator[list[uploads.Incoming]]:
    files = [SimpleUploadedFile(name, data or making.pdf()) for name in names]
    with uploads.stored(files) as found:
        yield found


def add(cast: Cast, referral: Referral, by: str = "physician", *names: str,
        data: bytes = b"") -> list[Document]:  # fmt: skip
    with incoming(*(names or ("letter.pdf",)), data=data) as files:
        return documents.add(referral.pk, by=cast.actor(by), files=files, data=YES, door="portal")


def stored(media: Path) -> list[Path]:
    return [p for p in media.rglob("*") if p.is_file()]


def told(referral: Referral) -> list[str]:
    """The events on files, by their short names, in order."""
    types = Event.objects.filter(subject=referral.pk).order_by("sequence")
    names = [name.split(".")[2] for name in types.values_list("type", flat=True)]
    return [name for name in names if name.startswith("document_")]


# --- Adding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "side"), [("physician", "practice"), ("delegate", "practice"),
                     ("coordinator", "clinic"), ("clinician", "clinic")],
)  # fmt: skip
def test_both_sides_add_files_and_the_other_learns_of_each(cast: Cast, by: str, side: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    added = add(cast, referral, by, "letter.pdf", "results.pdf")
    assert [d.name for d in added] == ["letter.pdf", "results.pdf"]
    assert {d.side for d in added} == {side}
    assert {d.scan_state for d in added} == {ScanState.NOT_SCANNED}
    assert told(referral) == ["document_added", "document_added"]
    entry = AccessEntry.objects.get(verb="upload")
    assert entry.referral_id == referral.pk


def test_no_name_leaves_the_portal(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    add(cast, referral, "physician", "Quintrell-letter.pdf")
    bodies = "".join(str(e.data) for e in Event.objects.filter(subject=referral.pk))
    assert "Quintrell" not in bodies
    assert "Quintrell" not in "".join(AccessEntry.objects.values_list("detail", flat=True))


def test_nothing_is_told_of_a_draft(cast: Cast) -> None:
    referral = referral_at(State.DRAFT, cast)
    add(cast, referral)
    assert told(referral) == []


@pytest.mark.parametrize(
    ("by", "problem"), [("stranger", NotFound), ("other_coordinator", NotFound),
                        ("clinic_admin", Forbidden), ("practice_admin", NotFound)],
)  # fmt: skip
def test_others_add_nothing(cast: Cast, media: Path, by: str, problem: type[Exception]) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    with pytest.raises(problem):
        add(cast, referral, by)
    assert stored(media) == []


def test_the_clinic_adds_nothing_to_a_practices_draft(cast: Cast) -> None:
    with pytest.raises(NotFound):
        add(cast, referral_at(State.DRAFT, cast), "coordinator")


@pytest.mark.parametrize("said", [{}, {"no_psychotherapy_notes": False}, {"other": True}])
def test_each_upload_needs_the_word_on_psychotherapy_notes(
    cast: Cast, media: Path, said: dict[str, bool]
) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    with pytest.raises(Invalid), incoming("a.pdf") as files:
        documents.add(referral.pk, by=cast.actor("physician"), files=files, data=said, door="api")
    assert stored(media) == []
    assert not referral.documents.exists()


def test_one_bad_file_keeps_all_out_and_is_named_by_its_place(cast: Cast, media: Path) -> None:
    bad = SimpleUploadedFile("b.pdf", b"<html>")
    good = SimpleUploadedFile("a.pdf", making.pdf())
    with pytest.raises(Invalid) as refused, uploads.stored([good, bad]):
        pass
    assert [(e.pointer, e.code) for e in refused.value.errors] == [("/files/1", "content")]
    assert stored(media) == []


def test_the_room_of_a_referral_and_of_a_practice_ends(
    cast: Cast, media: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    monkeypatch.setattr(documents, "MOST_FILES_OF_REFERRAL", 1)
    add(cast, referral)
    with pytest.raises(QuotaReached):
        add(cast, referral)
    settings.STORAGE_PER_PRACTICE_MB = 0
    with pytest.raises(QuotaReached):
        add(cast, referral_at(State.IN_REVIEW, cast, patient={"given_name": "Other"}))
    assert len(stored(media)) == 1
    settings.STORAGE_PER_PRACTICE_MB = 10
    other = referral_at(State.IN_REVIEW, cast, patient={"given_name": "Third"})
    assert add(cast, other)


# --- Opening ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "by", ["physician", "therapist", "delegate", "coordinator", "clinician", "clinic_admin"]
)
def test_both_sides_open_a_file_and_each_opening_is_logged(cast: Cast, by: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    opened = documents.open_file(referral.pk, document.pk, by=cast.actor(by), door="portal")
    assert b"".join(store.read(opened.pk, opened.stored_as)) == making.pdf()
    entry = AccessEntry.objects.get(verb="download")
    assert str(document.pk) in entry.detail


@pytest.mark.parametrize("by", ["stranger", "other_coordinator", "privacy", "practice_admin"])
def test_a_file_is_not_there_for_others(cast: Cast, by: str) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    act(referral, Action.MARK_ERROR, cast.actor("clinic_admin"), inputs(Action.MARK_ERROR, cast))
    with pytest.raises(NotFound):
        documents.open_file(referral.pk, document.pk, by=cast.actor(by), door="portal")
    row = Referral.objects.get(pk=referral.pk)
    assert documents.listed(row, by=cast.actor(by)) == []


def test_a_file_of_another_referral_is_not_there(cast: Cast) -> None:
    first = referral_at(State.IN_REVIEW, cast)
    second = referral_at(State.IN_REVIEW, cast, patient={"given_name": "Other"})
    (document,) = add(cast, first)
    with pytest.raises(NotFound):
        documents.open_file(second.pk, document.pk, by=cast.actor("physician"), door="portal")


def test_once_consent_is_revoked_the_clinic_opens_nothing(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"), {})
    with pytest.raises(NotFound):
        documents.open_file(referral.pk, document.pk, by=cast.actor("coordinator"), door="api")
    assert documents.open_file(referral.pk, document.pk, by=cast.actor("physician"), door="api")


def test_a_damaged_file_is_refused_with_words(cast: Cast, caplog: Any) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    path = store.path_of(document.stored_as)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(bytes(damaged))
    with pytest.raises(Conflict, match="damaged"):
        documents.open_file(referral.pk, document.pk, by=cast.actor("physician"), door="portal")


def test_bytes_swapped_after_the_scan_are_noticed_by_their_hash(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    other = store.write(document.pk, io.BytesIO(b"another content, well sealed"))
    Document.objects.filter(pk=document.pk).update(stored_as=other.name)
    with pytest.raises(Conflict, match="damaged"):
        documents.open_file(referral.pk, document.pk, by=cast.actor("physician"), door="portal")


# --- Blocking and taking off --------------------------------------------------------------------


def test_the_clinic_blocks_a_file_for_everybody(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    documents.block(referral.pk, document.pk, by=cast.actor("coordinator"),
                    data={"reason": "Holds session notes."}, door="portal")  # fmt: skip
    assert told(referral) == ["document_added", "document_blocked"]
    for by in ("physician", "coordinator"):
        with pytest.raises(Conflict, match="blocked"):
            documents.open_file(referral.pk, document.pk, by=cast.actor(by), door="portal")
    with pytest.raises(Conflict):
        documents.block(referral.pk, document.pk, by=cast.actor("clinician"),
                        data={"reason": "Again."}, door="portal")  # fmt: skip


@pytest.mark.parametrize(
    ("by", "data", "problem"),
    [("physician", {"reason": "x"}, Forbidden), ("clinic_admin", {"reason": "x"}, Forbidden),
     ("stranger", {"reason": "x"}, NotFound), ("coordinator", {}, Invalid)],
)  # fmt: skip
def test_blocking_needs_the_clinic_and_a_reason(
    cast: Cast, by: str, data: dict[str, str], problem: type[Exception]
) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    with pytest.raises(problem):
        documents.block(referral.pk, document.pk, by=cast.actor(by), data=data, door="api")
    assert Document.objects.get().scan_state == ScanState.NOT_SCANNED


def test_a_blocked_file_holds_acceptance_until_it_is_taken_off(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    documents.block(referral.pk, document.pk, by=cast.actor("coordinator"),
                    data={"reason": "Holds session notes."}, door="portal")  # fmt: skip
    accepting = (referral, Action.ACCEPT, cast.actor("coordinator"), inputs(Action.ACCEPT, cast))
    with pytest.raises(Invalid):
        act(*accepting)
    documents.remove(referral.pk, document.pk, by=cast.actor("coordinator"), door="portal")
    assert act(*accepting).state == State.ACCEPTED
    assert store.path_of(document.stored_as).exists()  # closed, and kept as evidence


@pytest.mark.django_db(transaction=True)
def test_from_a_draft_a_file_goes_with_its_bytes(cast: Cast, media: Path) -> None:
    referral = referral_at(State.DRAFT, cast)
    (document,) = add(cast, referral)
    documents.remove(referral.pk, document.pk, by=cast.actor("delegate"), door="portal")
    assert documents.listed(referral, by=cast.actor("physician")) == []
    assert stored(media) == []


def test_what_was_sent_stays(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    with pytest.raises(Conflict):
        documents.remove(referral.pk, document.pk, by=cast.actor("physician"), door="portal")


# --- The scanner --------------------------------------------------------------------------------


def waiting(cast: Cast, settings: Any, data: bytes = b"") -> tuple[Referral, Document]:
    settings.CLAMD_SOCKET = "/nowhere/clamd.ctl"
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral, "physician", "letter.docx" if data else "a.pdf", data=data)
    assert document.scan_state == ScanState.PENDING
    return referral, document


def state_of(document: Document) -> str:
    return Document.objects.values_list("scan_state", flat=True).get(pk=document.pk)


def test_a_file_that_waits_opens_for_nobody_and_holds_acceptance(cast: Cast, settings: Any) -> None:
    referral, document = waiting(cast, settings)
    assert documents.settle(document.pk, by=SYSTEM) == ScanState.PENDING
    with pytest.raises(Conflict, match="scanned"):
        documents.open_file(referral.pk, document.pk, by=cast.actor("physician"), door="portal")
    with pytest.raises(Invalid):
        act(referral, Action.ACCEPT, cast.actor("coordinator"), inputs(Action.ACCEPT, cast))


@pytest.mark.parametrize("how", ["error", "garbage", "closes", "limit"])
def test_a_scanner_out_of_order_leaves_it_waiting(cast: Cast, settings: Any, how: str) -> None:
    _, document = waiting(cast, settings)
    with clamd(how) as settings.CLAMD_SOCKET:
        assert documents.settle(document.pk, by=SYSTEM) == ScanState.PENDING
    assert state_of(document) == ScanState.PENDING


def test_the_timer_asks_again_after_a_pause(cast: Cast, settings: Any) -> None:
    _, document = waiting(cast, settings)
    assert upkeep.scan_waiting() == 0
    with clamd() as settings.CLAMD_SOCKET:
        assert upkeep.scan_waiting() == 0  # it was asked a moment ago
        with clock.at(clock.now() + timedelta(minutes=1)):
            assert upkeep.scan_waiting() == 1
    assert state_of(document) == ScanState.CLEAN


def test_a_virus_is_quarantined_and_both_sides_are_told(cast: Cast, settings: Any) -> None:
    data = making.docx({"word/media/a.png": making.eicar()}, method=0)
    referral, document = waiting(cast, settings, data)
    with clamd() as settings.CLAMD_SOCKET:
        assert upkeep.scan_waiting() == 1
    assert state_of(document) == ScanState.BLOCKED
    assert told(referral) == ["document_added", "document_blocked"]
    for by in ("physician", "coordinator"):
        with pytest.raises(Conflict, match="blocked"):
            documents.open_file(referral.pk, document.pk, by=cast.actor(by), door="portal")


def test_what_was_blocked_is_not_cleared_by_a_late_answer(cast: Cast, settings: Any) -> None:
    referral, document = waiting(cast, settings)
    documents.block(referral.pk, document.pk, by=cast.actor("coordinator"),
                    data={"reason": "Wrong patient."}, door="portal")  # fmt: skip
    documents._settled(document, ScanState.CLEAN)
    assert state_of(document) == ScanState.BLOCKED


def test_without_a_scanner_a_file_says_so_and_settles(cast: Cast, settings: Any) -> None:
    referral, document = waiting(cast, settings)
    settings.CLAMD_SOCKET = ""
    assert upkeep.scan_waiting() == 1
    assert state_of(document) == ScanState.NOT_SCANNED
    act(referral, Action.ACCEPT, cast.actor("coordinator"), inputs(Action.ACCEPT, cast))


@pytest.mark.django_db(transaction=True)
def test_a_file_is_scanned_as_soon_as_it_is_added(cast: Cast, settings: Any) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    with clamd() as settings.CLAMD_SOCKET:
        (document,) = add(cast, referral)
    assert state_of(document) == ScanState.CLEAN


# --- Upkeep -------------------------------------------------------------------------------------


def test_files_that_belong_to_nothing_are_removed(
    cast: Cast, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    add(cast, referral)
    store.write(referral.pk, io.BytesIO(b"of nobody"))
    assert upkeep.forget_orphans() == 0  # an upload may still be under way
    monkeypatch.setattr(upkeep, "ORPHAN_AGE", -5)
    assert upkeep.forget_orphans() == 1
    assert len(stored(media)) == 1


def test_files_go_along_when_a_referral_is_sent_again(cast: Cast) -> None:
    declined = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, declined)
    act(declined, Action.DECLINE, cast.actor("coordinator"), inputs(Action.DECLINE, cast))
    act(declined, Action.RESUBMIT, cast.actor("physician"))
    draft = Referral.objects.get(replaces=declined)
    (copy,) = documents.listed(draft, by=cast.actor("physician"))
    assert (copy.name, copy.sha256) == (document.name, document.sha256)
    opened = documents.open_file(draft.pk, copy.pk, by=cast.actor("physician"), door="portal")
    assert b"".join(store.read(opened.pk, opened.stored_as)) == making.pdf()


def test_files_are_sealed_anew_with_the_columns(cast: Cast, media: Path, settings: Any) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    (document,) = add(cast, referral)
    settings.FIELD_ENCRYPTION_KEYS = ["k2:" + "QUJD" * 10 + "QUI=", *settings.FIELD_ENCRYPTION_KEYS]
    assert upkeep.reseal_all() == (1, 0)
    assert upkeep.reseal_all() == (0, 0)
    fresh = Document.objects.get(pk=document.pk)
    assert store.sealed_under(fresh.stored_as) == "k2"
    assert len(stored(media)) == 1


def test_the_limits_are_those_that_are_stated() -> None:
    text = (Path(__file__).parents[3] / "docs" / "documents.md").read_text(encoding="utf-8")
    for figure in (f"{limits.MOST_BYTES // limits.MIB} MB", f"{limits.PDF_PAGES} pages",
                   f"{limits.PIXELS // 1_000_000} megapixels", f"{limits.TIFF_PAGES} pages",
                   f"{limits.MOST_FILES} files", f"{limits.MOST_FILES_OF_REFERRAL} files",
                   f"{limits.MOST_BYTES_OF_REFERRAL // limits.MIB} MB",
                   f"{limits.ZIP_BYTES // limits.MIB} MB"):  # fmt: skip
        assert figure in text, figure
