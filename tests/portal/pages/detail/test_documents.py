"""The files' page, and files with a message: taken without JavaScript, refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from referrals.files import limits, uploads
from referrals.lifecycle import State
from referrals.models import Document, Message, Referral
from tests import files
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.referrals.files import making
from tests.walks import referral_at

store_of_its_own = files.store_of_its_own


@pytest.fixture(autouse=True)
def media(store_of_its_own: Path) -> Path:
    return store_of_its_own


def url(referral: Referral, name: str = "documents", *more: Any) -> str:
    return reverse(f"referrals:{name}", args=[referral.pk, *more])


def upload(client: Any, referral: Referral, *sent: Any, **fields: Any) -> Any:
    return client.post(url(referral), {"files": list(sent), **files.ATTESTED, **fields})


def test_several_files_are_added_at_once_and_shown_on_every_page(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "delegate")
    answer = upload(client, referral, files.pdf("letter.pdf"), files.pdf("results.pdf"))
    assert (answer.status_code, answer["Location"]) == (303, url(referral))
    for page in (url(referral), detail_url(referral)):
        shown = browser(cast, "coordinator").get(page).content.decode()
        assert "letter.pdf" in shown and "results.pdf" in shown
        assert "Not virus-scanned" in shown


def test_a_good_file_is_kept_where_another_is_not(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    answer = upload(browser(cast, "physician"), referral, files.pdf(), files.bad("page.pdf"))
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert "1 added, 1 not" in shown
    assert "What is in this file is not what its name says" in shown
    assert Document.objects.get().name == "letter.pdf"


def test_a_script_in_a_name_is_text(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "physician")
    upload(client, referral, files.pdf("<img src=x onerror=alert(1)>.pdf"))
    shown = client.get(url(referral)).content.decode()
    assert "<img src=x" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;.pdf" in shown


def test_a_double_click_adds_one_file(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "physician")
    for _ in range(2):
        assert upload(client, referral, files.pdf(), attempt="w" * 32).status_code == 303
    assert Document.objects.count() == 1


def test_each_file_by_script_gets_its_answer_in_json(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "physician")
    client.defaults["HTTP_ACCEPT"] = "application/json"
    assert upload(client, referral, files.pdf()).json() == {"added": 1, "refused": []}
    refused = upload(client, referral, files.bad())
    assert refused.status_code == 400
    assert refused.json()["refused"][0]["name"] == "letter.pdf"


@pytest.mark.parametrize("fields", [{"no_psychotherapy_notes": ""}, {"files": []}])
def test_what_is_missing_is_said(cast: Cast, fields: dict[str, Any]) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    answer = browser(cast, "physician").post(
        url(referral), {"files": [files.pdf()], **files.ATTESTED, **fields}
    )
    assert answer.status_code == 400
    assert not Document.objects.exists()


def test_a_file_that_is_too_large_is_413_in_words(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    answer = upload(browser(cast, "physician"), referral_at(State.IN_REVIEW, cast), files.pdf())
    assert answer.status_code == 413
    assert "up to 15 MB" in answer.content.decode()


def test_no_other_address_takes_files(cast: Cast, media: Path) -> None:
    client = browser(cast, "physician")
    client.post(reverse("referrals:new"), {"files": [files.pdf()]})
    client.logout()
    client.post(reverse("account_login"), {"files": [files.pdf()]})
    client.post(url(referral_at(State.IN_REVIEW, cast)), {"files": [files.pdf()]})
    assert not media.exists() or files.stored(media) == []


def test_a_file_opens_by_its_one_view(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    upload(browser(cast, "physician"), referral, files.pdf())
    document = Document.objects.get()
    got = browser(cast, "clinician").get(url(referral, "document", document.pk))
    assert got["Content-Disposition"].startswith("attachment")
    assert got["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert b"".join(got.streaming_content) == making.pdf()
    for part, status in (("stranger", 404), ("other_coordinator", 404), ("nobody", 404)):
        answer = browser(cast, part).get(url(referral, "document", document.pk))
        assert answer.status_code == status
    for guess in ("/media/", "/documents/", f"/media/documents/{document.stored_as}"):
        assert browser(cast, "physician").get(guess).status_code == 404


def test_a_file_that_does_not_open_says_why(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    upload(browser(cast, "physician"), referral, files.pdf())
    Document.objects.update(scan_state="pending")
    answer = browser(cast, "coordinator").get(url(referral, "document", Document.objects.get().pk))
    assert answer.status_code == 409
    assert "still being scanned" in answer.content.decode()


def test_the_clinic_blocks_a_file_on_its_page(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    upload(browser(cast, "physician"), referral, files.pdf())
    document = Document.objects.get()
    client, address = browser(cast, "coordinator"), url(referral, "document-block", document.pk)
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 400
    assert client.post(address, {"reason": "Session notes."})["Location"] == url(referral)
    shown = browser(cast, "physician").get(url(referral)).content.decode()
    assert "Blocked by the clinic: Session notes." in shown
    assert "Take off" in shown
    assert browser(cast, "physician").get(address).status_code == 403


def test_a_draft_takes_files_at_its_last_step_and_gives_them_back(cast: Cast) -> None:
    referral = referral_at(State.DRAFT, cast)
    client = browser(cast, "physician")
    check = reverse("referrals:edit", args=[referral.pk, "check"])
    assert upload(client, referral, files.pdf(), next="check")["Location"] == check
    assert "letter.pdf" in client.get(check).content.decode()
    off = url(referral, "document-remove", Document.objects.get().pk)
    assert client.post(off, {"next": "check"})["Location"] == check
    assert "letter.pdf" not in client.get(check).content.decode()


def test_a_file_that_still_waits_holds_the_sending_and_is_named(cast: Cast) -> None:
    referral = referral_at(State.DRAFT, cast)
    client = browser(cast, "physician")
    upload(client, referral, files.pdf())
    Document.objects.update(scan_state="pending")
    check = reverse("referrals:edit", args=[referral.pk, "check"])
    answer = client.post(check, {"version": Referral.objects.get(pk=referral.pk).version})
    assert answer.status_code == 400
    assert 'href="#documents"' in answer.content.decode()


# --- With a message -----------------------------------------------------------------------------


def test_files_go_with_a_message(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "coordinator")
    answer = client.post(url(referral, "message"), {
        "body": "Our form.", "files": [files.pdf("form.pdf")], **files.ATTESTED})  # fmt: skip
    assert answer.status_code == 303
    document = Document.objects.get()
    assert (document.message, document.side) == (Message.objects.get(), "clinic")
    shown = browser(cast, "physician").get(detail_url(referral)).content.decode()
    assert url(referral, "document", document.pk) in shown


@pytest.mark.parametrize(
    ("sent", "attested", "status"), [("bad", True, 400), ("pdf", False, 400), ("large", True, 413)]
)
def test_a_refused_file_keeps_the_text(
    cast: Cast, media: Path, monkeypatch: pytest.MonkeyPatch, sent: str, attested: bool,
    status: int,
) -> None:  # fmt: skip
    referral = referral_at(State.IN_REVIEW, cast)
    if sent == "large":
        monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    file = files.bad() if sent == "bad" else files.pdf()
    word = files.ATTESTED if attested else {}
    answer = browser(cast, "physician").post(
        url(referral, "message"), {"body": "With a letter.", "files": [file], **word}
    )
    assert answer.status_code == status
    assert "With a letter." in answer.content.decode()
    assert not Message.objects.exists() and files.stored(media) == []


def test_the_whole_request_has_its_limit_and_the_text_stays(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_REQUEST_BYTES", 500)
    referral = referral_at(State.IN_REVIEW, cast)
    answer = browser(cast, "physician").post(
        url(referral, "message"), {"body": "Long.", "files": [files.pdf()], **files.ATTESTED}
    )
    assert answer.status_code == 413
    assert "Long." in answer.content.decode()


def test_more_files_than_may_be_sent_are_passed_over(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    referral = referral_at(State.IN_REVIEW, cast)
    answer = upload(browser(cast, "physician"), referral, files.pdf("a.pdf"), files.pdf("b.pdf"))
    assert answer.status_code == 413
    assert [d.name for d in Document.objects.all()] == ["a.pdf"]
    assert limits.MOST_FILES == 10
