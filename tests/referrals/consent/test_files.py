"""A file's bytes close with the consent: by page and by API, at the very next request."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from referrals.files import store
from referrals.lifecycle import Action, State
from referrals.models import Document, Referral, ScanState
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.api.calls import Caller, one
from tests.referrals.consent.test_windows import PART_2
from tests.walks import act, referral_at

pytestmark = pytest.mark.django_db
BYTES = b"%PDF-1.7 Zolpicanary"


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def filed(cast: Cast, **changes: Any) -> tuple[Referral, uuid.UUID]:
    row = referral_at(State.ACCEPTED, cast, **changes)
    pk = uuid.uuid4()
    kept = store.write(pk, io.BytesIO(BYTES))
    Document.objects.create(
        id=pk, referral=row, name="letter.pdf", media_type="application/pdf", size=kept.size,
        sha256=kept.sha256, stored_as=kept.name, side="practice",
        scan_state=ScanState.NOT_SCANNED,
    )  # fmt: skip
    return row, pk


def fetched(cast: Cast, row: Referral, pk: uuid.UUID, part: str = "clinician") -> list[bytes]:
    """The bytes by each door; nothing where the door answers 404."""
    page = browser(cast, part).get(reverse("referrals:document", args=[row.pk, pk]))
    api = Caller(getattr(cast, part)).get(one(row) + f"documents/{pk}/")
    found = [b"".join(a) if a.status_code == 200 else b"" for a in (page, api)]
    for answer in (page, api):
        answer.close()
    return found


@pytest.mark.parametrize("scope", [{}, {"scope": "documents"}])
def test_the_bytes_close_at_the_next_request(scope: dict[str, str], cast: Cast) -> None:
    row, pk = filed(cast)
    assert fetched(cast, row, pk) == [BYTES, BYTES]
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), scope)
    assert fetched(cast, row, pk) == [b"", b""]
    assert fetched(cast, row, pk, "physician") == [BYTES, BYTES]
    listed = Caller(cast.clinician).get(one(row) + "documents/")
    assert b"letter.pdf" not in listed.content
    page = browser(cast, "clinician").get(reverse("referrals:detail", args=[row.pk]))
    assert b"letter.pdf" not in page.content


def test_with_a_part_2_source_files_close_with_the_substance_content(cast: Cast) -> None:
    row, pk = filed(cast, consent=PART_2)
    assert fetched(cast, row, pk) == [BYTES, BYTES]
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "substance"})
    assert fetched(cast, row, pk) == [b"", b""]
