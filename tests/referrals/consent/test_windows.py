"""Consent revoked in one window: the other window's next request is closed, by every door."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Event
from referrals import clock, disclosure, timers
from referrals.content_classes import ContentClass
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import drafts
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.api.calls import Caller, one, partner_caller
from tests.walks import act, referral_at

pytestmark = pytest.mark.django_db
CANARIES = ("Quintrell", "Marisol", "1979-04-12", "M54.16", "Zolpicanary", "Both conditions, tried")
MEDICAL = {"medications": [{"name": "Zolpicanary", "dose": "5 mg"}]}
WRITTEN = {"signed_on": "2026-01-05", "evidence": "on_paper"}


def accepted(cast: Cast, **changes: Any) -> Referral:
    changes.setdefault("medical", MEDICAL)
    return referral_at(State.ACCEPTED, cast, **changes)


def page(name: str) -> Callable[[Cast, Referral], bytes]:
    def read(cast: Cast, row: Referral) -> bytes:
        answer = browser(cast, "clinician").get(reverse(f"referrals:{name}", args=[row.pk]))
        assert answer.status_code == 200
        return answer.content

    return read


def api(path: str) -> Callable[[Cast, Referral], bytes]:
    def read(cast: Cast, row: Referral) -> bytes:
        answer = Caller(cast.clinician).get(one(row) + path)
        assert answer.status_code == 200
        return answer.content

    return read


def listed(cast: Cast, row: Referral) -> bytes:
    return Caller(cast.clinician).get("referrals/").content


def worklist(cast: Cast, row: Referral) -> bytes:
    return browser(cast, "clinician").get(reverse("worklist") + "?folder=all").content


def partner(cast: Cast, row: Referral) -> bytes:
    return partner_caller(cast).get(one(row)).content


# Every way in which the receiving side reads a referral's content.
DOORS: dict[str, Callable[[Cast, Referral], bytes]] = {
    "page": page("detail"), "print": page("print"), "api": api(""), "fhir": api("fhir/"),
    "list": listed, "worklist": worklist, "partner": partner,
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_the_other_windows_next_request_is_closed(door: str, cast: Cast) -> None:
    row = accepted(cast)
    before = DOORS[door](cast, row).decode()
    assert any(word in before for word in CANARIES), "the door shows nothing even before"
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
    after = DOORS[door](cast, row).decode()
    assert [word for word in CANARIES if word in after] == []
    assert row.reference in after


@pytest.mark.parametrize("door", ["page", "api", "fhir"])
def test_an_expired_consent_closes_by_itself(door: str, cast: Cast) -> None:
    ends = (clock.now() + timedelta(days=2)).date().isoformat()
    row = accepted(cast, consent={"written": {**WRITTEN, "expires_on": ends}})
    assert "Quintrell" in DOORS[door](cast, row).decode()
    with clock.at(clock.now() + timedelta(days=4)):
        assert "Quintrell" not in DOORS[door](cast, row).decode()


def test_the_end_of_a_consent_is_told_once(cast: Cast) -> None:
    ends = (clock.now() + timedelta(days=2)).date().isoformat()
    row = accepted(cast, consent={"written": {**WRITTEN, "expires_on": ends}})
    told = Event.objects.filter(subject=row.pk, type__contains="consent_revoked")
    assert timers.tell_expired_consents() == 0
    with clock.at(clock.now() + timedelta(days=4)):
        assert [timers.tell_expired_consents(), timers.tell_expired_consents()] == [1, 0]
    (event,) = told
    assert event.data["automatic"] is True
    assert event.data["referral"]["version"] == row.version + 1
    assert row.timeline.last().action == "expire_consent"  # type: ignore[union-attr]


def test_a_search_by_name_finds_nothing_that_is_closed(cast: Cast) -> None:
    row = accepted(cast)
    asked = {"family_name": "Quintrell", "given_name": "Marisol", "birth_date": "1979-04-12"}
    found = Caller(cast.clinician).post("referrals/search/", asked).json()["results"]
    assert [r["id"] for r in found] == [str(row.pk)]
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
    assert Caller(cast.clinician).post("referrals/search/", asked).json()["results"] == []
    assert Caller(cast.physician).post("referrals/search/", asked).json()["results"]


def test_messages_notes_and_what_was_said_close_too(cast: Cast) -> None:
    row = accepted(cast)
    client = browser(cast, "physician")
    client.post(reverse("referrals:message", args=[row.pk]), {"body": "Zolpicanary at night."})
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"reason": "Zolpicanary again."})
    for part in ("timeline/", "messages/", "documents/", "plan/"):
        assert b"Zolpicanary" not in Caller(cast.clinician).get(one(row) + part).content
    assert b"Zolpicanary" not in DOORS["page"](cast, row)
    assert b"Consent revoked" in DOORS["page"](cast, row)
    assert b"Zolpicanary" in client.get(reverse("referrals:detail", args=[row.pk])).content


def test_an_answer_that_was_kept_for_repeats_is_withdrawn(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    caller, path = Caller(cast.clinician), one(row, "claim/")
    sent = {"If_Match": f'"{row.version}"', "Idempotency_Key": "claim-once"}
    first = caller.post(path, {}, **sent)
    assert first.status_code == 200 and b"Quintrell" in first.content
    assert caller.post(path, {}, **sent).content == first.content
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "pain"})
    again = caller.post(path, {}, **sent)
    assert again.status_code == 409 and b"Quintrell" not in again.content
    fresh = Referral.objects.get(pk=row.pk)
    assert (fresh.state, fresh.reviewer_id) == (State.IN_REVIEW, cast.clinician.pk)


# --- A part of it ------------------------------------------------------------------------------

SUBSTANCE = {"opioid_use": "yes",
             "opioids": [{"drug": "tramadol", "daily_dose": 500, "unit": "mg_day",
                          "route": "oral"}]}  # fmt: skip


def read(cast: Cast, row: Referral, part: str = "clinician") -> dict[str, Any]:
    return Caller(getattr(cast, part)).get(one(row)).json()


def test_one_class_is_revoked_and_the_rest_stays(cast: Cast) -> None:
    row = accepted(cast, substance=SUBSTANCE)
    assert read(cast, row)["assessment"]["mme"]
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "substance"})
    found = read(cast, row)
    assert found["consent_revoked_at"] is None
    assert "substance" not in found["disclosure"]["open"]
    assert not any(found["substance"].values()) and found["pain"]["diagnoses"] == ["M54.16"]
    assert found["assessment"]["mme"] is None
    assert not [f for f in found["assessment"]["flags"] if f["rule"] == "K-14"]
    assert b"ramadol" not in DOORS["page"](cast, row) + DOORS["fhir"](cast, row)
    assert Event.objects.filter(subject=row.pk, type__contains="consent_revoked").count() == 1
    assert read(cast, row, "physician")["substance"]["opioid_use"] == "yes"


def test_what_was_revoked_once_is_not_revoked_again(cast: Cast) -> None:
    row = accepted(cast)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "pain"})
    caller, path = Caller(cast.physician), one(row) + "revoke-consent/"
    etag = f'"{Referral.objects.get(pk=row.pk).version}"'
    assert caller.post(path, {"scope": "pain"}, If_Match=etag).status_code == 400
    assert caller.post(path, {"scope": "gossip"}, If_Match=etag).status_code == 400
    assert caller.post(path, {"scope": "all"}, If_Match=etag).status_code == 200


@pytest.mark.parametrize(
    ("consent", "shut"),
    [
        ({"written": {"content_classes": ["identity", "pain"]}}, {"mental_health", "substance",
                                                                  "medical", "documents"}),
        ({"part2_source": "unknown"}, {"substance"}),
        ({"part2_source": None}, {"substance"}),
        ({"part2_source": "yes"}, {"substance"}),
        ({}, set()),
    ],
)  # fmt: skip
def test_the_scope_says_what_is_open(consent: dict[str, Any], shut: set[str], cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast, substance=SUBSTANCE, medical=MEDICAL)
    sections = row.content
    record = {**sections.consent, **consent}
    record["written"] = {**sections.consent["written"], **consent.get("written", {})}
    sections.consent = record
    sections.save()
    fresh = Referral.objects.get(pk=row.pk)
    reading = disclosure.reading_of(fresh, cast.actor("clinician"))
    assert {one.value for one in frozenset(ContentClass) - reading.classes} == shut
    assert disclosure.opens_file(reading, disclosure.PRACTICE) is not bool(
        {"documents"} & shut or (consent.get("part2_source") == "yes")
    )


def test_a_consent_for_others_does_not_cover_this_clinic(cast: Cast) -> None:
    row = drafts.create(
        by=cast.actor("physician"), door="portal",
        data={**_answers(), "clinic": "apopka"},
    )  # fmt: skip
    answer = Caller(cast.physician).post(one(row) + "submit/", {}, If_Match=f'"{row.version}"')
    assert answer.status_code == 400
    assert {e["code"] for e in answer.json()["errors"]} == {"recipient_not_named"}


def _answers() -> dict[str, Any]:
    from tests.cast import complete_answers

    return complete_answers(consent={"written": {**WRITTEN, "recipients": ["Sunset Orthopedics"]}})


# --- And opened again --------------------------------------------------------------------------


def amend(cast: Cast, row: Referral, consent: dict[str, Any]) -> Any:
    etag = f'"{Referral.objects.get(pk=row.pk).version}"'
    body = {"consent": consent, "amendment_reason": "The patient signed anew."}
    return Caller(cast.physician).patch(one(row), body, If_Match=etag)


def test_a_new_written_consent_opens_it_again(cast: Cast) -> None:
    row = accepted(cast)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
    old = {"written": {"signed_by": "Patient herself"}}
    assert amend(cast, row, old).status_code == 200
    assert b"Quintrell" not in DOORS["api"](cast, row)  # signed before the revocation
    today = clock.now().date().isoformat()
    answer = amend(cast, row, {"basis": "written", "written": {"signed_on": today}})
    assert answer.status_code == 200
    assert answer.json()["consent_revoked_at"] is None
    assert b"Quintrell" in DOORS["api"](cast, row)


def test_a_new_consent_opens_only_the_classes_that_it_names(cast: Cast) -> None:
    row = accepted(cast, substance=SUBSTANCE)
    for scope in ("substance", "medical"):
        act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": scope})
    named = ["identity", "pain", "mental_health", "medical"]
    written = {"signed_on": clock.now().date().isoformat(), "content_classes": named}
    assert amend(cast, row, {"basis": "written", "written": written}).status_code == 200
    assert set(read(cast, row)["disclosure"]["open"]) == set(named)


# --- The notice --------------------------------------------------------------------------------

PART_2 = {
    "part2_source": "yes",
    "part2_consent": {
        "disclosing_party": "The program", "information": "Dates of treatment",
        "recipients": ["My treating providers"], "purpose": "Treatment",
        "right_to_revoke": "yes", "signed_on": "2026-01-05", "evidence": "on_paper",
    },
}  # fmt: skip
STATEMENT = b"42 CFR part 2 prohibits unauthorized use or disclosure of these records."


@pytest.mark.parametrize("door", ["page", "print", "api", "fhir", "partner"])
def test_the_notice_and_the_scope_stand_on_every_view(door: str, cast: Cast) -> None:
    row = accepted(cast, consent=PART_2, substance=SUBSTANCE)
    found = DOORS[door](cast, row)
    assert STATEMENT in found and b"Dates of treatment" in found
    plain = accepted(cast, patient={"family_name": "Other"})
    assert STATEMENT not in DOORS[door](cast, plain)


def test_an_action_page_carries_the_notice_too(cast: Cast) -> None:
    row = accepted(cast, consent=PART_2)
    found = Client()
    found.force_login(cast.coordinator)
    page = found.get(reverse("referrals:act", args=[row.pk, "decline"]))
    assert STATEMENT in page.content


def test_the_privacy_officer_reads_no_content(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    act(row, Action.MARK_ERROR, cast.actor("clinic_admin"), {"reason": "Wrong person."})
    found = Caller(cast.privacy).get(one(row)).json()
    assert found["disclosure"] == {
        "open": [],
        "closed_because": "not_for_role",
        "words_open": False,
        "notices": [],
    }
    assert "Quintrell" not in json.dumps(found)
