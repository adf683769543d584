"""Words of one's own have no class: while a part is closed, those of the other side are too."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from referrals import disclosure
from referrals.files import store
from referrals.lifecycle import Action, State
from referrals.models import Document, DuplicateDecision, DuplicateVerdict, Referral, ScanState
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.api.calls import Caller, one, partner_caller
from tests.referrals.consent.test_windows import PART_2, SUBSTANCE, WRITTEN
from tests.walks import act, inputs, referral_at

pytestmark = pytest.mark.django_db
CANARY = "Zolpicanary"
OWN = "Ownwordcanary"
BOTH = ("pain", "mental_health")
ASKED = ("reason", "goals", "faster_option_reason", "lifestyle")
REQUEST = {name: f"{CANARY} {name}" for name in ASKED}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def spoken(cast: Cast, **changes: Any) -> Referral:
    """A referral in care on which both sides have said something in every way there is."""
    row = referral_at(State.IN_REVIEW, cast, request=REQUEST, **changes)
    act(row, Action.REQUEST_INFO, cast.actor("coordinator"),
        {**inputs(Action.REQUEST_INFO, cast), "message": f"{OWN}: asked"})  # fmt: skip
    answers = [{"item": "medications", "answer": f"{CANARY} answer"}]
    act(row, Action.PROVIDE_INFO, cast.actor("physician"), {"answers": answers})
    act(row, Action.ACCEPT, cast.actor("clinician"), inputs(Action.ACCEPT, cast))
    act(row, Action.START_CARE, cast.actor("clinician"))
    act(row, Action.ADD_INTERIM_NOTE, cast.actor("clinician"), {"note": f"{OWN}: note"})
    for part, words in (("physician", CANARY), ("clinician", OWN)):
        caller = Caller(getattr(cast, part))
        assert caller.post(one(row, "messages/"), {"body": f"{words} message"}).status_code == 201
        plan = {"side": "daily_life", "text": f"{words} plan"}
        assert caller.post(one(row, "plan/"), plan).status_code == 201
        _filed(row, f"{words}.pdf", "practice" if part == "physician" else "clinic")
    _amended(cast, row)
    other = referral_at(State.SUBMITTED, cast, patient={"family_name": "Other"})
    DuplicateDecision.objects.create(
        referral=row, other=other, verdict=DuplicateVerdict.ACKNOWLEDGED,
        note=f"{CANARY} twice", decided_by=cast.physician,
    )  # fmt: skip
    return Referral.objects.get(pk=row.pk)


def _amended(cast: Cast, row: Referral) -> None:
    changed = {**REQUEST, "reason": f"{CANARY} reason, again"}
    body = {"request": changed, "amendment_reason": f"{CANARY} amended"}
    etag = f'"{Referral.objects.get(pk=row.pk).version}"'
    assert Caller(cast.physician).patch(one(row), body, If_Match=etag).status_code == 200


def _filed(row: Referral, name: str, side: str) -> None:
    pk = uuid.uuid4()
    kept = store.write(pk, io.BytesIO(f"%PDF-1.7 {name}".encode()))
    Document.objects.create(
        id=pk, referral=row, name=name, media_type="application/pdf", size=kept.size,
        sha256=kept.sha256, stored_as=kept.name, side=side, scan_state=ScanState.NOT_SCANNED,
    )  # fmt: skip


PAGES = ("detail", "print", "plan", "documents", "versions")
PARTS = (
    "", "timeline/", "messages/", "information-requests/", "plan/", "documents/", "fhir/",
    "versions/", "versions/1/", "duplicates/",
)  # fmt: skip


def doors(cast: Cast, row: Referral, part: str = "clinician") -> Iterator[tuple[str, str]]:
    """All that the person may open of this referral: each door with what it says."""
    client, caller = browser(cast, part), Caller(getattr(cast, part))
    for name in PAGES:
        answer = client.get(reverse(f"referrals:{name}", args=[row.pk]))
        assert answer.status_code == 200, name
        yield name, answer.content.decode()
    for number in range(1, row.content_version + 1):
        frozen = client.get(reverse("referrals:version", args=[row.pk, number]))
        yield f"version {number}", frozen.content.decode()
        read = caller.get(one(row, f"versions/{number}/"))
        assert read.status_code == 200, number
        yield f"api version {number}", read.content.decode()
    for name in PARTS:
        answer = caller.get(one(row) + name)
        assert answer.status_code == 200, name
        yield f"api/{name}", answer.content.decode()
    for document in row.documents.all():
        page = client.get(reverse("referrals:document", args=[row.pk, document.pk]))
        if page.status_code == 200:
            yield f"file {document.side}", b"".join(page).decode()  # type: ignore[arg-type]
        page.close()


def told(found: dict[str, str], words: str) -> set[str]:
    return {door for door, text in found.items() if words in text}


@pytest.mark.parametrize("scope", ["mental_health", "substance"])
def test_words_of_the_practice_close_at_every_door(scope: str, cast: Cast) -> None:
    row = spoken(cast)
    before = dict(doors(cast, row))
    assert told(before, CANARY) == set(before) - {"file clinic"}, "a door shows nothing before"
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"),
        {"scope": scope, "reason": f"{CANARY} said"})  # fmt: skip
    after = dict(doors(cast, row))
    assert told(after, CANARY) == set()
    assert told(after, OWN) == told(before, OWN) and len(told(after, OWN)) >= 6
    assert "file clinic" in after and "file practice" not in after
    assert "M54.16" in after["detail"] and "M54.16" in after["api/"]
    assert "so is what the practice wrote" in after["detail"]
    assert "The answer is closed." in after["detail"]
    assert CANARY not in partner_caller(cast).get(one(row, "messages/")).content.decode()
    mine = dict(doors(cast, row, "physician"))
    assert told(mine, CANARY) == set(mine) - {"file clinic"}


def test_an_invited_clinician_hears_neither_side(cast: Cast) -> None:
    from tests.referrals.consent.test_sharing import joined

    row = spoken(cast)
    user = joined(cast, row)
    cast.nobody = user
    assert CANARY in Caller(user).get(one(row, "messages/")).content.decode()
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "mental_health"})
    caller = Caller(user)
    assert caller.post(one(row, "plan/"), {"side": "pain", "text": "Hers."}).status_code == 201
    found = {name: caller.get(one(row) + name).content.decode() for name in PARTS}
    assert told(found, CANARY) == told(found, OWN) == set()
    assert "Hers." in found["plan/"] and "M54.16" in found[""]


@pytest.mark.parametrize(
    ("consent", "is_open"),
    [
        ({}, True),
        ({"part2_source": "unknown"}, True),  # the section waits, the words do not
        ({"part2_source": "yes"}, False),
        (PART_2, True),
        ({"written": {**WRITTEN, "content_classes": [*BOTH, "documents"]}}, False),
        ({"written": {**WRITTEN, "content_classes": [*BOTH, "substance"]}}, True),
    ],
)  # fmt: skip
def test_what_closes_words(consent: dict[str, Any], is_open: bool, cast: Cast) -> None:
    """A class that the consent leaves out closes them where the referral holds some of it."""
    row = referral_at(State.SUBMITTED, cast, substance=SUBSTANCE)
    row.content.consent = {**row.content.consent, **consent}
    row.content.save()
    reading = disclosure.reading_of(Referral.objects.get(pk=row.pk), cast.actor("clinician"))
    assert reading.words_open is is_open and not reading.closed


def test_files_alone_taken_back_leave_the_words(cast: Cast) -> None:
    row = spoken(cast)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "documents"})
    found = dict(doors(cast, row))
    assert told(found, f"{CANARY} message") and "file practice" not in found


def test_what_tells_of_the_mind_closes_wherever_it_stands(cast: Cast) -> None:
    team = [{"role": "psychiatrist", "name": "Dr. Mindcanary"}, {"role": "pcp", "name": "Dr. Own"}]
    row = referral_at(State.ACCEPTED, cast, care_team=team, medical={"k01": "no", "k03": "no"})
    caller = Caller(cast.clinician)
    assert caller.get(one(row)).json()["medical"]["k03"] == "no"
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "mental_health"})
    found = caller.get(one(row)).json()
    assert (found["medical"]["k01"], found["medical"]["k03"]) == ("no", None)
    assert told(dict(doors(cast, row)), "Mindcanary") == set()
    assert [member["role"] for member in found["care_team"]] == ["pcp"]


def test_who_gave_a_part_2_consent_closes_with_the_substance_content(cast: Cast) -> None:
    """The name of the program tells of the treatment, and so does that there is one."""
    row = referral_at(State.ACCEPTED, cast, consent=PART_2, substance=SUBSTANCE)
    assert "The program" in dict(doors(cast, row))["api/"]
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "substance"})
    found = dict(doors(cast, row))
    assert told(found, "The program") == told(found, "42CFRPart2") == set()
    assert Caller(cast.clinician).get(one(row)).json()["consent"]["part2_source"] is None
