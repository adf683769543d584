"""What was revoked in part stays closed on the referral that follows: sent on, or sent again."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from referrals import clock, disclosure
from referrals.content_classes import ContentClass
from referrals.files import store
from referrals.lifecycle import Action, State
from referrals.models import Document, Referral, ScanState
from referrals.operations import documents, drafts
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.api.calls import Caller, one
from tests.walks import act, inputs, referral_at

pytestmark = pytest.mark.django_db
SUBSTANCE = {"diagnoses": ["F11.20"], "opioid_use": "yes"}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def today() -> str:
    return clock.now().date().isoformat()


def taken_back(cast: Cast, *, scope: str = "substance", **changes: Any) -> Referral:
    row = referral_at(State.IN_REVIEW, cast, substance=SUBSTANCE, **changes)
    for side in ("practice", "clinic"):
        _file(row, side)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": scope})
    return Referral.objects.get(pk=row.pk)


def _file(row: Referral, side: str) -> None:
    pk = uuid.uuid4()
    kept = store.write(pk, io.BytesIO(b"%PDF-1.7 letter"))
    Document.objects.create(
        id=pk, referral=row, name=f"{side}.pdf", media_type="application/pdf", size=kept.size,
        sha256=kept.sha256, stored_as=kept.name, side=side, scan_state=ScanState.NOT_SCANNED,
    )  # fmt: skip


def sent_on(cast: Cast, old: Referral, consent: dict[str, Any] | None = None) -> Referral:
    data = {"clinic": "winter-park"} | ({"consent": consent} if consent else {})
    act(old, Action.REDIRECT, cast.actor("coordinator"), data)
    return Referral.objects.get(replaces=old)


def sent_again(cast: Cast, old: Referral, consent: dict[str, Any] | None = None) -> Referral:
    act(old, Action.DECLINE, cast.actor("coordinator"), inputs(Action.DECLINE, cast))
    act(old, Action.RESUBMIT, cast.actor("physician"))
    draft = Referral.objects.get(replaces=old)
    if consent:
        drafts.change(
            draft.pk, by=cast.actor("physician"), data={"consent": consent}, version=None,
            door="portal",
        )  # fmt: skip
    return act(draft, Action.SUBMIT, cast.actor("physician"))


def on_treatment(cast: Cast, old: Referral) -> Referral:
    return sent_on(cast, old, {"basis": "treatment"})


def on_written(cast: Cast, old: Referral) -> Referral:
    return sent_on(cast, old, {"basis": "written", "obtained_on": today()})


WAYS: dict[str, tuple[Callable[[Cast, Referral], Referral], str]] = {
    "redirected": (on_treatment, "other_clinician"),
    "redirected with a written one": (on_written, "other_clinician"),
    "sent again": (sent_again, "clinician"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_part_that_was_revoked_stays_closed(way: str, cast: Cast) -> None:
    follow, reader = WAYS[way]
    new = follow(cast, taken_back(cast))
    answer = Caller(getattr(cast, reader)).get(one(new))
    found = answer.json()
    assert found["pain"]["diagnoses"] == ["M54.16"]
    assert "F11.20" not in answer.content.decode()
    assert "substance" not in found["disclosure"]["open"]
    mine = Caller(cast.physician).get(one(new)).json()
    assert mine["substance"]["diagnoses"] == ["F11.20"]


@pytest.mark.parametrize("way", WAYS)
def test_the_files_stay_closed_too(way: str, cast: Cast) -> None:
    follow, reader = WAYS[way]
    new = follow(cast, taken_back(cast))
    assert documents.listed(new, by=cast.actor(reader)) == []
    assert [f.name for f in documents.listed(new, by=cast.actor("physician"))] == ["practice.pdf"]


def test_files_go_along_where_nothing_was_revoked(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast)
    for side in ("practice", "clinic"):
        _file(row, side)
    new = on_written(cast, row)
    assert len(documents.listed(new, by=cast.actor("other_clinician"))) == 2


@pytest.mark.parametrize("named", [None, ["substance"], ["identity", "pain", "substance"]])
def test_the_consent_given_on_the_way_does_not_name_what_was_revoked(
    named: list[str] | None, cast: Cast
) -> None:
    old = taken_back(cast)
    record = {**old.content.consent["written"], "content_classes": named}
    old.content.consent = {**old.content.consent, "written": record}
    old.content.save()
    new = on_written(cast, old)
    kept = new.content.consent["written"]["content_classes"]
    assert kept and "substance" not in kept
    assert ("pain" in kept) is (named != ["substance"])
    reading = disclosure.reading_of(new, cast.actor("other_clinician"))
    assert ContentClass.SUBSTANCE not in reading.classes


def test_a_new_written_consent_on_the_draft_opens_what_it_names(cast: Cast) -> None:
    named = ["identity", "pain", "mental_health", "substance"]
    written = {"signed_on": today(), "content_classes": named}
    new = sent_again(cast, taken_back(cast), {"basis": "written", "written": written})
    assert not new.content.revoked_classes
    found = Caller(cast.clinician).get(one(new)).json()
    assert found["substance"]["diagnoses"] == ["F11.20"]


def test_the_practice_is_shown_what_is_closed_and_the_clinic_is_not(cast: Cast) -> None:
    new = sent_again(cast, taken_back(cast))
    address = reverse("referrals:detail", args=[new.pk])
    shown = "until a new written consent names it: substance use."
    assert shown in browser(cast, "physician").get(address).content.decode()
    assert "Taken back" not in browser(cast, "clinician").get(address).content.decode()


# --- The day of a revocation is the practice's ---------------------------------------------------

EVENING = datetime(2027, 1, 13, 1, 30, tzinfo=UTC)  # January 12, 8:30 PM in Florida


def test_a_consent_signed_on_the_evening_of_the_revocation_counts(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast)
    with clock.at(EVENING):
        act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
        body = {"consent": {"basis": "written", "written": {"signed_on": "2027-01-12"}},
                "amendment_reason": "She signed again."}  # fmt: skip
        etag = f'"{Referral.objects.get(pk=row.pk).version}"'
        answer = Caller(cast.physician).patch(one(row), body, If_Match=etag)
        assert answer.status_code == 200, answer.content
        assert answer.json()["consent_revoked_at"] is None


def test_a_consent_of_that_evening_sends_it_on(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast)
    with clock.at(EVENING):
        act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
        assert sent_on(cast, row, {"basis": "written", "obtained_on": "2027-01-12"})
