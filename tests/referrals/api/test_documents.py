"""Files by the API: sent as a form, listed, fetched as they are, blocked, taken off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse

from referrals.files import limits, uploads
from referrals.lifecycle import State
from referrals.models import Document, Message, Referral
from tests import files
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of, one, partner_caller
from tests.referrals.files import making
from tests.walks import referral_at

YES = {"no_psychotherapy_notes": "true"}


store_of_its_own = files.store_of_its_own


@pytest.fixture(autouse=True)
def media(store_of_its_own: Path) -> Path:
    return store_of_its_own


def send(caller: Caller, referral: Referral, *sent: Any, **fields: Any) -> HttpResponse:
    body = {"files": list(sent), **(fields.pop("said", YES))}
    return caller.client.post(
        f"/api/v1/{one(referral, 'documents/')}", body, headers={**caller.headers, **fields}
    )


def sent(caller: Caller, referral: Referral) -> dict[str, Any]:
    (found,) = json.loads(send(caller, referral, files.pdf()).content)["results"]
    return found


def test_files_are_sent_listed_and_fetched_as_they_are(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    answer = send(Caller(cast.physician), referral, files.pdf("a.pdf"), files.pdf("b.pdf"))
    assert answer.status_code == 201, answer.content
    listed = json.loads(Caller(cast.coordinator).get(one(referral, "documents/")).content)
    assert [row["name"] for row in listed["results"]] == ["a.pdf", "b.pdf"]
    assert {row["scan_state"] for row in listed["results"]} == {"not_scanned"}
    first = listed["results"][0]
    for caller in (Caller(cast.clinician), partner_caller(cast)):
        got = caller.get(one(referral, f"documents/{first['id']}/"), Accept="application/pdf")
        assert b"".join(got.streaming_content) == making.pdf()


def test_the_bytes_come_with_the_headers_that_make_them_inert(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    name = "Überweisung.pdf"
    send(Caller(cast.physician), referral, files.pdf(name))
    got = Caller(cast.physician).get(one(referral, f"documents/{Document.objects.get().pk}/"))
    assert got["Content-Type"] == "application/pdf"
    assert got["Content-Disposition"].startswith('attachment; filename="Uberweisung.pdf"')
    assert got["Content-Disposition"].endswith("filename*=UTF-8''%C3%9Cberweisung.pdf")
    assert got["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Cross-Origin-Resource-Policy"] == "same-origin"
    assert got["Cache-Control"] == "no-store"
    assert len(b"".join(got.streaming_content)) == int(got["Content-Length"])


def test_a_bad_file_keeps_all_out_and_is_named_by_its_place(cast: Cast, media: Path) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    answer = send(Caller(cast.physician), referral, files.pdf(), files.bad())
    assert answer.status_code == 400
    assert kind_of(answer) == "validation"
    assert json.loads(answer.content)["errors"][0]["pointer"] == "/files/1"
    assert b"script" not in answer.content
    assert files.stored(media) == []


@pytest.mark.parametrize(
    ("said", "pointer"),
    [({}, "/no_psychotherapy_notes"), ({"no_psychotherapy_notes": "false"},
     "/no_psychotherapy_notes"), ({**YES, "other": "x"}, "/other")],
)  # fmt: skip
def test_the_word_on_psychotherapy_notes_is_needed(
    cast: Cast, said: dict[str, str], pointer: str
) -> None:
    answer = send(
        Caller(cast.physician), referral_at(State.IN_REVIEW, cast), files.pdf(), said=said
    )
    assert answer.status_code == 400
    assert json.loads(answer.content)["errors"][0]["pointer"] == pointer
    assert not Document.objects.exists()


def test_sizes_are_refused_with_413(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    answer = send(Caller(cast.physician), referral, files.pdf())
    assert (answer.status_code, kind_of(answer)) == (413, "too-large")
    monkeypatch.setattr(uploads, "MOST_BYTES", limits.MOST_BYTES)
    many = [files.pdf(f"{n}.pdf") for n in range(limits.MOST_FILES + 1)]
    assert send(Caller(cast.physician), referral, *many).status_code == 413
    path = f"/api/v1/{one(referral, 'documents/')}"
    caller = partner_caller(cast)  # a bearer's body is told from its headers, unread
    large = caller.client.generic(
        "POST", path, b"x", content_type="multipart/form-data; boundary=x",
        headers={**caller.headers, "Content-Length": "999999999"},
    )  # fmt: skip
    assert large.status_code == 413
    assert not Document.objects.exists()


def test_a_body_of_another_type_and_one_without_a_file_are_refused(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    caller = Caller(cast.physician)
    assert caller.post(one(referral, "documents/"), {}).status_code == 415
    assert send(caller, referral).status_code == 400
    broken = caller.call("POST", one(referral, "documents/"), b"--x\r\nnonsense",
                         kind="multipart/form-data; boundary=x")  # fmt: skip
    assert broken.status_code == 400


def test_the_same_key_sends_once(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    caller = Caller(cast.physician)
    first = send(caller, referral, files.pdf(), **{"Idempotency-Key": "k"})
    second = send(caller, referral, files.pdf(), **{"Idempotency-Key": "k"})
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert Document.objects.count() == 1
    third = send(caller, referral, files.pdf("other.pdf"), **{"Idempotency-Key": "k"})
    assert third.status_code == 422


def test_a_file_is_blocked_by_the_clinic_and_then_taken_off(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    document = sent(Caller(cast.physician), referral)
    path = one(referral, f"documents/{document['id']}/")
    clinic = Caller(cast.coordinator)
    assert Caller(cast.physician).call("DELETE", path).status_code == 409
    blocked = clinic.post(path + "block/", {"reason": "Session notes."})
    assert json.loads(blocked.content)["scan_state"] == "blocked"
    assert clinic.post(path + "block/", {"reason": "Again."}).status_code == 409
    assert clinic.get(path).status_code == 409
    assert Caller(cast.physician).call("DELETE", path).status_code == 204
    assert clinic.get(path).status_code == 404


def test_a_file_is_not_there_for_strangers(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    document = sent(Caller(cast.physician), referral)
    path = one(referral, f"documents/{document['id']}/")
    other = partner_caller(cast, "ehr-other", clinic=cast.other_clinic)
    for caller in (Caller(cast.stranger), Caller(cast.other_coordinator), other):
        assert caller.get(path).status_code == 404
        assert caller.post(path + "block/", {"reason": "x"}).status_code == 404
        assert caller.call("DELETE", path).status_code == 404
        assert send(caller, referral, files.pdf()).status_code == 404


def test_a_file_goes_with_a_message_by_its_id(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    caller = Caller(cast.physician)
    document = sent(caller, referral)
    body = {"body": "The letter.", "attachments": [document["id"]]}
    answer = caller.post(one(referral, "messages/"), body)
    assert json.loads(answer.content)["documents"] == [document["id"]]
    again = caller.post(one(referral, "messages/"), body)
    assert json.loads(again.content)["errors"][0]["code"] == "unknown_document"
    foreign = Caller(cast.coordinator).post(
        one(referral, "messages/"), {"body": "Ours.", "attachments": [document["id"]]}
    )
    assert foreign.status_code == 400
    assert Message.objects.count() == 1


def test_a_flood_of_parts_is_refused_quickly(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    caller, path = Caller(cast.physician), one(referral, "documents/")
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n1\r\n'
    field = b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n'
    for flood in (part * 10_000, field * 10_000):
        answer = caller.call("POST", path, flood + b"--x--\r\n",
                             kind="multipart/form-data; boundary=x")  # fmt: skip
        assert answer.status_code in (400, 413)
    huge = caller.call("POST", path, b"x", kind="multipart/form-data; boundary=" + "x" * 5000)
    assert huge.status_code == 400
    assert not Document.objects.exists()
