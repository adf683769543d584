"""The practice's list in its orders, as a file, and its filters by name."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.pages.referral_list_saved import REFERRALS
from referrals import clock
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Membership, Organisation, Referral, SavedFilter
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import act, draft, inputs, referral_at

LIST, EXPORT = "/referrals/", "/referrals/export/"
SAVE, REMOVE = "/referrals/filters/", "/referrals/filters/remove/"


def rows(client: Client, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(EXPORT, query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def shown(client: Client, **query: str) -> list[str]:
    return [row["reference"] for row in client.get(LIST, query).context["rows"]]


@pytest.fixture
def made(cast: Cast) -> dict[State, Referral]:
    states = (State.DRAFT, State.SUBMITTED, State.INFO_REQUESTED, State.ACCEPTED, State.CANCELLED)
    return {s: referral_at(s, cast, patient={"given_name": s.name.title()}) for s in states}


@pytest.fixture
def doctor(cast: Cast, made: dict[State, Referral]) -> Client:
    return browser(cast, "physician")


@pytest.mark.parametrize(
    "query",
    [{}, {"sort": "due"}, {"sort": "oldest"}, {"folder": "waiting"}, {"state": "accepted"},
     {"folder": "with-clinic", "sort": "oldest"}, {"priority": "p3", "clinic": "apopka"},
     {"phase": "draft", "sort": "nonsense"}],
    ids=str,
)  # fmt: skip
def test_the_file_is_the_list(doctor: Client, query: dict[str, str]) -> None:
    assert [row["Reference"] for row in rows(doctor, **query)] == shown(doctor, **query) != []


@pytest.mark.parametrize("query", [{"state": "bogus"}, {"clinic": "elsewhere"}], ids=str)
def test_a_value_that_is_none_finds_nothing_in_the_file_either(
    doctor: Client, query: dict[str, str]
) -> None:
    assert rows(doctor, **query) == shown(doctor, **query) == []


def test_orders(doctor: Client, made: dict[State, Referral]) -> None:
    now = clock.now()
    for hours, row in enumerate(made.values()):
        due = None if row.state == State.CANCELLED else now + timedelta(hours=9 - hours)
        Referral.objects.filter(pk=row.pk).update(
            due_at=due, state_since=now - timedelta(days=hours)
        )
    in_order = [row.reference for row in made.values()]
    assert shown(doctor, sort="due") == [*in_order[3::-1], in_order[4]]
    assert shown(doctor, sort="oldest") == in_order[::-1]


def test_a_row_of_the_file_in_the_words_of_the_practice(
    doctor: Client, made: dict[State, Referral]
) -> None:
    asked = made[State.INFO_REQUESTED]
    (row,) = rows(doctor, folder="waiting")
    assert row["Reference"] == asked.reference and row["State"] == "Waiting for you"
    assert row["Patient"] == "Info_Requested Quintrell"
    assert row["Clinic"] == "Apopka Integrated Care" and row["Priority"] == "P3"
    assert "Reviewer" not in row and "Practice" not in row
    (drafted,) = rows(doctor, folder="drafts")
    assert drafted["Priority"] == drafted["Sent"] == ""


def test_the_file_is_logged_with_its_rows(doctor: Client) -> None:
    found = rows(doctor)
    total, part = (json.loads(e.detail) if isinstance(e.detail, str) else e.detail
                   for e in AccessEntry.objects.filter(verb="export").order_by("pk"))  # fmt: skip
    assert total["count"] == part["count"] == len(found) == len(part["referrals"]) == 5


def test_names_that_are_formulas_are_text(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast, patient={"given_name": "=Marisol"})
    Organisation.objects.filter(pk=cast.clinic.pk).update(name="@SUM(1)")
    (row,) = rows(browser(cast, "physician"))
    assert row["Patient"] == "'=Marisol Quintrell" and row["Clinic"] == "'@SUM(1)"


def test_another_practice_gets_its_own_rows(cast: Cast, made: dict[State, Referral]) -> None:
    assert rows(browser(cast, "stranger")) == []


def test_what_another_practice_shared_is_not_in_the_file(
    cast: Cast, made: dict[State, Referral]
) -> None:
    shared = made[State.ACCEPTED]
    invited = replace(cast.actor("stranger"), shared=frozenset({shared.pk}))
    assert list(Referral.objects.visible_to(invited)) == [shared]
    assert not REFERRALS.rows(cast.other_practice, invited).exists()


@pytest.mark.parametrize("part", ["coordinator", "clinician", "practice_admin", "privacy"])
def test_only_a_practice_s_own_people_have_file_and_filters(cast: Cast, part: str) -> None:
    client = browser(cast, part)
    assert client.get(EXPORT).status_code == 403
    assert client.post(SAVE, {"name": "x"}).status_code == 403
    assert client.post(REMOVE, {"filter": "1"}).status_code == 403
    page = client.get(LIST).content.decode()
    assert EXPORT not in page and "Save this list" not in page


def test_a_right_that_ends_on_the_way_ends_the_rows(cast: Cast, doctor: Client) -> None:
    answer: Any = doctor.get(EXPORT)
    stream = iter(answer.streaming_content)
    next(stream)  # the head
    Membership.objects.filter(user=cast.physician).delete()
    assert b"".join(stream) == b""


def test_a_filter_is_saved_for_everybody_of_the_practice(cast: Cast, doctor: Client) -> None:
    here = f"{LIST}?folder=with-clinic&priority=p3&sort=oldest&after=abc&nonsense=1"
    doctor.post(SAVE, {"name": " With them ", "here": here})
    assert SavedFilter.objects.get().query == "folder=with-clinic&priority=p3&sort=oldest"
    (saved,) = browser(cast, "delegate").get(LIST).context["saved"]
    assert saved["label"] == "With them"
    assert shown(browser(cast, "delegate"), folder="with-clinic", priority="p3", sort="oldest")
    assert browser(cast, "stranger").get(LIST).context["saved"] == []


def test_a_name_typed_as_a_reference_is_not_kept(doctor: Client) -> None:
    doctor.post(SAVE, {"name": "x", "here": f"{LIST}?reference=Quintrell&folder=drafts"})
    assert SavedFilter.objects.get().query == "folder=drafts"


def test_a_filter_is_removed_by_its_practice_alone(cast: Cast, doctor: Client) -> None:
    doctor.post(SAVE, {"name": "Morning", "here": f"{LIST}?folder=waiting"})
    saved = SavedFilter.objects.get()
    browser(cast, "stranger").post(REMOVE, {"filter": saved.pk})
    assert SavedFilter.objects.exists()
    answer = doctor.post(REMOVE, {"filter": saved.pk, "here": "https://evil.example/?folder=ended"})
    assert answer["Location"] == f"{LIST}?folder=ended"
    assert not SavedFilter.objects.exists()


# --- Marks --------------------------------------------------------------------------------------


def write(client: Client, referral: Referral) -> None:
    answer = client.post(f"{LIST}{referral.pk}/messages/", {"body": "Is Tuesday possible?"})
    assert answer.status_code == 303


def unread(client: Client, url: str) -> list[bool]:
    page = client.get(url)
    found = [row["unread"] for row in page.context["rows"]]
    assert ("New message" in page.content.decode()) == any(found)
    return found


def test_a_message_is_new_until_somebody_of_the_other_side_has_read_it(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    practice, clinic = browser(cast, "physician"), browser(cast, "coordinator")
    worklist = "/worklist/?folder=all"
    assert unread(practice, LIST) == unread(clinic, worklist) == [False]
    write(practice, referral)
    assert (unread(practice, LIST), unread(clinic, worklist)) == ([False], [True])
    browser(cast, "clinician").get(f"{LIST}{referral.pk}/")
    assert unread(clinic, worklist) == [False]
    write(clinic, referral)
    assert (unread(practice, LIST), unread(clinic, worklist)) == ([True], [False])
    assert "New message" in practice.get("/").content.decode()


def test_what_consent_closed_has_nothing_to_read(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    write(browser(cast, "physician"), referral)
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"),
        inputs(Action.REVOKE_CONSENT, cast))  # fmt: skip
    assert unread(browser(cast, "coordinator"), "/worklist/?folder=all") == [False]


def test_more_rows_take_no_more_queries(cast: Cast) -> None:
    client = browser(cast, "physician")
    counts = []
    for round_ in range(2):
        for n in range(3):
            patient = {"family_name": f"Quintrell {round_}{n}"}
            write(browser(cast, "coordinator"), referral_at(State.IN_REVIEW, cast, patient=patient))
            draft(cast)
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]
