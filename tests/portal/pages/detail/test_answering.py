"""Answering the clinic's request: in place, in words, by file, partly, or why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from referrals.lifecycle import Action, State
from referrals.models import AnswerDraft, Document, Referral
from tests import files
from tests.cast import Cast
from tests.portal.pages.doors import act_url, browser, detail_url, hidden
from tests.walks import act, inputs, referral_at

store_of_its_own = files.store_of_its_own


@pytest.fixture(autouse=True)
def media(store_of_its_own: Path) -> Path:
    return store_of_its_own


def asked(cast: Cast, *codes: str) -> Referral:
    referral = referral_at(State.IN_REVIEW, cast)
    data = {**inputs(Action.REQUEST_INFO, cast), "items": [{"code": code} for code in codes]}
    return act(referral, Action.REQUEST_INFO, cast.actor("coordinator"), data)


def keys(referral: Referral) -> list[str]:
    request = referral.information_requests.get(answered_at__isnull=True)
    return [str(item.pk) for item in request.items.all()]


def send(client: Any, referral: Referral, **typed: Any) -> Any:
    address = act_url(referral, Action.PROVIDE_INFO)
    return client.post(address, {**hidden(client.get(address)), **typed})


def test_the_page_shows_each_item_in_its_own_place(cast: Cast) -> None:
    referral = asked(cast, "pain.mechanism", "medications", "imaging", "instruments.audit-c")
    page = browser(cast, "physician").get(act_url(referral, Action.PROVIDE_INFO))
    text = page.content.decode()
    assert 'name="pain-mechanism"' in text
    assert 'name="medical-medications-rows"' in text
    assert 'name="audit-c-on"' in text
    assert text.count('type="file"') == 4


def test_an_answer_in_place_is_the_amendment_that_it_is(cast: Cast) -> None:
    referral = asked(cast, "pain.mechanism", "imaging")
    mechanism, imaging = keys(referral)
    answer = send(browser(cast, "delegate"), referral, **{
        "pain-mechanism": "neuropathic", f"answer__{imaging}": "None was made."})  # fmt: skip
    assert answer.status_code == 303, answer.context["form"].errors
    fresh = Referral.objects.get(pk=referral.pk)
    assert fresh.state == State.IN_REVIEW
    assert fresh.content.pain["mechanism"] == "neuropathic"
    assert fresh.versions.count() == 2
    assert [e.action for e in fresh.timeline.all()][-2:] == ["amend", "provide_info"]
    request = fresh.information_requests.get()
    said = {str(item.pk): item.answer for item in request.items.all()}
    assert said == {mechanism: "Answered in the referral", imaging: "None was made."}


def test_a_file_and_a_reason_are_answers_too(cast: Cast) -> None:
    referral = asked(cast, "imaging", "insurance")
    imaging, insurance = keys(referral)
    answer = send(browser(cast, "physician"), referral, **{
        f"files__{imaging}": files.pdf("mri.pdf"), f"declined_because__{insurance}": "Uninsured.",
        **files.ATTESTED})  # fmt: skip
    assert answer.status_code == 303, answer.context["form"].errors
    assert str(Document.objects.get().item_id) == imaging
    assert "mri.pdf" in browser(cast, "coordinator").get(detail_url(referral)).content.decode()


def test_every_item_is_answered_or_nothing_is_sent(cast: Cast, media: Path) -> None:
    referral = asked(cast, "pain.mechanism", "imaging")
    _, imaging = keys(referral)
    answer = send(browser(cast, "physician"), referral, **{
        "pain-mechanism": "neuropathic", **files.ATTESTED})  # fmt: skip
    assert answer.status_code == 400
    fresh = Referral.objects.get(pk=referral.pk)
    assert (fresh.state, fresh.versions.count()) == (State.INFO_REQUESTED, 1)
    assert "mechanism" not in fresh.content.pain
    assert 'value="neuropathic"' in answer.content.decode()
    answer = send(browser(cast, "physician"), referral, **{
        "pain-mechanism": "neuropathic", f"files__{imaging}": files.bad(), **files.ATTESTED,
    })  # fmt: skip
    assert answer.status_code == 400
    assert "not what its name says" in answer.content.decode()
    assert files.stored(media) == []
    answer = send(browser(cast, "physician"), referral, **{
        "pain-mechanism": "neuropathic", f"files__{imaging}": files.pdf()})  # fmt: skip
    assert answer.status_code == 400
    assert "psychotherapy" in answer.content.decode()
    assert not Document.objects.exists()


def test_part_of_the_answers_is_saved_for_the_whole_practice(cast: Cast) -> None:
    referral = asked(cast, "pain.mechanism", "imaging")
    _, imaging = keys(referral)
    saved = send(browser(cast, "delegate"), referral, go="keep", **{
        f"answer__{imaging}": "Looked up tomorrow", f"files__{imaging}": files.pdf("mri.pdf"),
        **files.ATTESTED})  # fmt: skip
    assert saved["Location"] == act_url(referral, Action.PROVIDE_INFO)
    assert Referral.objects.get(pk=referral.pk).state == State.INFO_REQUESTED
    page = browser(cast, "physician").get(act_url(referral, Action.PROVIDE_INFO))
    text = page.content.decode()
    assert "Looked up tomorrow" in text and "mri.pdf" in text and "Saved by Delegate" in text
    assert (
        "Looked up tomorrow"
        not in browser(cast, "coordinator").get(detail_url(referral)).content.decode()
    )
    done = send(browser(cast, "physician"), referral, **{"pain-mechanism": "nociceptive"})
    assert done.status_code == 303, done.context["form"].errors
    assert not AnswerDraft.objects.exists()


def test_a_row_is_added_without_losing_what_is_typed(cast: Cast) -> None:
    referral = asked(cast, "medications", "imaging")
    _, imaging = keys(referral)
    answer = send(browser(cast, "physician"), referral, add="medical-medications", **{
        "medical-medications-rows": "1", "medical-medications-0-name": "Sertraline",
        f"answer__{imaging}": "None."})  # fmt: skip
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Sertraline" in text and "None.</textarea>" in text
    assert 'name="medical-medications-1-name"' in text
    assert Referral.objects.get(pk=referral.pk).state == State.INFO_REQUESTED


def test_a_wrong_answer_in_place_is_said_at_its_field(cast: Cast) -> None:
    referral = asked(cast, "medical.weight_kg")
    answer = send(browser(cast, "physician"), referral, **{"medical-weight_kg": "9000"})
    assert answer.status_code == 400
    assert "9000" in answer.content.decode()
    assert Referral.objects.get(pk=referral.pk).version == referral.version


def test_two_people_answer_once(cast: Cast) -> None:
    referral = asked(cast, "imaging")
    (imaging,) = keys(referral)
    client, address = browser(cast, "physician"), act_url(referral, Action.PROVIDE_INFO)
    page = hidden(client.get(address))
    assert send(browser(cast, "delegate"), referral, **{f"answer__{imaging}": "One."})
    late = client.post(address, {**page, f"answer__{imaging}": "Two."})
    assert late.status_code in (409, 412)
    kept = client.post(address, {**page, f"answer__{imaging}": "Two.", "go": "keep"})
    assert kept.status_code == 409


def test_what_is_missing_is_offered_and_nothing_is_ticked(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, "coordinator").get(act_url(referral, Action.REQUEST_INFO))
    text = page.content.decode()
    assert "Not in this referral yet" in text
    assert 'value="pain.mechanism"' in text
    boxes = [part.split(">")[0] for part in text.split('type="checkbox"')[1:]]
    assert boxes and not any("checked" in box for box in boxes)


def test_the_clinic_has_no_such_page(cast: Cast) -> None:
    referral = asked(cast, "imaging")
    address = reverse("referrals:act", args=[referral.pk, "provide-info"])
    assert browser(cast, "coordinator").get(address).status_code == 403
    assert browser(cast, "stranger").get(address).status_code == 404
