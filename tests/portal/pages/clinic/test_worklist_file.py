"""The worklist as a file, and its filters by name."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from portal.presenters import csv_rows
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Membership, Organisation, SavedFilter
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import act, inputs, referral_at

EXPORT, SAVE, REMOVE = "/worklist/export/", "/worklist/filters/", "/worklist/filters/remove/"

# --- Formulas -----------------------------------------------------------------------------------

PREFIXES = [
    "=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20",
    " =", "\u00a0=", "'=", '"=', "\u200b=", "\ufeff=", "\u200e+", "\u3000@", "\x00=",
]  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES, ids=lambda p: p.encode("unicode_escape").decode())
def test_nothing_begins_a_formula_and_the_text_comes_back(prefix: str) -> None:
    typed = f'{prefix}cmd("x", 1)'
    text = "".join(csv_rows.lines(["Patient"], [[typed]]))
    ((head,), (value,)) = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert head == "Patient"
    assert value == f"'{typed}"


@pytest.mark.parametrize("plain", ["Marisol", "O'Neil, Ann", "", "3-day plan", "a=b", 'say "hi"'])
def test_what_is_no_formula_stays_as_it_is(plain: str) -> None:
    text = "".join(csv_rows.lines(["x"], [[plain]]))
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [plain]


# --- The file -----------------------------------------------------------------------------------


def rows(client: Client, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(EXPORT, query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def shown(client: Client, **query: str) -> list[str]:
    page = client.get("/worklist/", query)
    return [row["reference"] for row in page.context["rows"]]


@pytest.fixture
def busy(cast: Cast) -> Client:
    for number, state in enumerate((State.SUBMITTED, State.SUBMITTED, State.IN_REVIEW,
                                    State.ACCEPTED, State.INFO_REQUESTED)):  # fmt: skip
        referral_at(state, cast, patient={"given_name": f"Marisol{number}"})
    return browser(cast, "coordinator")


@pytest.mark.parametrize(
    "query",
    [{"folder": "unclaimed"}, {"folder": "all"}, {"folder": "all", "sort": "latest"},
     {"folder": "all", "state": "accepted"}, {"folder": "mine", "priority": "p3"},
     {"folder": "waiting"}],
    ids=str,
)  # fmt: skip
def test_the_file_is_the_list(busy: Client, query: dict[str, str]) -> None:
    assert [row["Reference"] for row in rows(busy, **query)] == shown(busy, **query) != []


def test_the_file_is_logged_with_its_rows(busy: Client) -> None:
    found = rows(busy, folder="all")
    total, part = (json.loads(e.detail) if isinstance(e.detail, str) else e.detail
                   for e in AccessEntry.objects.filter(verb="export").order_by("pk"))  # fmt: skip
    assert total["count"] == part["count"] == len(found) == 5
    assert len(part["referrals"]) == 5


def test_content_that_consent_closed_is_left_out(cast: Cast, busy: Client) -> None:
    referral = referral_at(State.IN_REVIEW, cast, patient={"given_name": "Zora"})
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"),
        inputs(Action.REVOKE_CONSENT, cast))  # fmt: skip
    (row,) = [r for r in rows(busy, folder="all") if r["Reference"] == referral.reference]
    assert "Zora" not in str(row) and "no consent" in row["Patient"]


def test_a_right_that_ends_on_the_way_ends_the_rows(cast: Cast, busy: Client) -> None:
    answer: Any = busy.get(EXPORT, {"folder": "all"})
    stream = iter(answer.streaming_content)
    next(stream)  # the head
    Organisation.objects.filter(pk=cast.clinic.pk).update(active=False)
    Membership.objects.filter(user=cast.coordinator).delete()
    text = b"".join(stream).decode()
    assert text == ""
    assert browser(cast, "coordinator").get(EXPORT).status_code == 403


@pytest.mark.parametrize("part", ["physician", "privacy", "nobody"])
def test_others_get_no_file(cast: Cast, part: str) -> None:
    assert browser(cast, part).get(EXPORT).status_code == 403


def test_another_clinic_gets_its_own_rows(cast: Cast, busy: Client) -> None:
    assert rows(browser(cast, "other_coordinator"), folder="all") == []


def test_a_practices_name_that_is_a_formula_is_text(cast: Cast, busy: Client) -> None:
    Organisation.objects.filter(pk=cast.practice.pk).update(name='=HYPERLINK("http://x")')
    assert {row["Practice"] for row in rows(busy, folder="all")} == {'\'=HYPERLINK("http://x")'}


# --- Filters by name ----------------------------------------------------------------------------


def test_a_filter_is_saved_for_everybody_of_the_clinic(cast: Cast, busy: Client) -> None:
    here = "/worklist/?folder=all&priority=p3&state=accepted&after=abc&nonsense=1"
    busy.post(SAVE, {"name": " Accepted,  routine ", "here": here})
    page = browser(cast, "clinician").get("/worklist/").content.decode()
    assert "Accepted, routine" in page
    assert SavedFilter.objects.get().query == "folder=all&priority=p3&state=accepted"
    assert (
        "Accepted, routine"
        not in browser(cast, "other_coordinator").get("/worklist/").content.decode()
    )


def test_the_same_name_is_the_newer_list(busy: Client) -> None:
    for folder in ("mine", "overdue"):
        busy.post(SAVE, {"name": "Morning", "here": f"/worklist/?folder={folder}"})
    assert SavedFilter.objects.get().query == "folder=overdue"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_filter_needs_a_name(busy: Client, name: str) -> None:
    answer = busy.post(SAVE, {"name": name, "here": "/worklist/?folder=mine"}, follow=True)
    assert "Give it a name" in answer.content.decode()
    assert not SavedFilter.objects.exists()


def test_a_filter_is_removed_by_its_clinic_alone(cast: Cast, busy: Client) -> None:
    busy.post(SAVE, {"name": "Morning", "here": "/worklist/?folder=mine"})
    saved = SavedFilter.objects.get()
    browser(cast, "other_coordinator").post(REMOVE, {"filter": saved.pk})
    assert SavedFilter.objects.exists()
    busy.post(REMOVE, {"filter": "no number"})
    busy.post(REMOVE, {"filter": saved.pk, "here": "/worklist/?folder=all"})
    assert not SavedFilter.objects.exists()


def test_no_address_leaves_the_worklist(busy: Client) -> None:
    answer = busy.post(SAVE, {"name": "x", "here": "https://evil.example/?folder=all"})
    assert answer["Location"] == "/worklist/?folder=all"
