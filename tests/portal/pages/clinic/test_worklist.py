"""The worklist: order, folders, counts, filters, pages in both directions, assigning many."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.pages import keyset, worklist
from portal.presenters import worklist_rows
from referrals import clock, queries
from referrals.access.models import AccessEntry
from referrals.actors import Role
from referrals.lifecycle import Action, State
from referrals.models import Membership, Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import act, inputs, referral_at

URL = "/worklist/"


def shown(page: Any) -> list[str]:
    return [row["reference"] for row in page.context["rows"]]


def counts(page: Any) -> dict[str, Any]:
    return {folder["label"]: folder["count"] for folder in page.context["folders"]}


def at(state: State, cast: Cast, **changes: Any) -> Referral:
    """A referral for a person of its own, so that none looks like a duplicate."""
    name = f"Quintrell {Referral.objects.count():03}"
    return referral_at(state, cast, patient={"family_name": name}, **changes)


def some(cast: Cast, count: int) -> list[Referral]:
    return [at(State.SUBMITTED, cast) for _ in range(count)]


@pytest.mark.parametrize("part", ["coordinator", "clinician", "clinic_admin"])
def test_the_clinic_s_people_see_its_rows(cast: Cast, part: str) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    page = browser(cast, part).get(URL)
    assert shown(page) == [referral.reference]
    for words in ("Marisol Quintrell", "Lakeside Family Medicine", "Physician"):
        assert words in page.content.decode()


@pytest.mark.parametrize("part", ["physician", "delegate", "stranger", "privacy", "nobody"])
def test_others_have_no_worklist(cast: Cast, part: str) -> None:
    assert browser(cast, part).get(URL).status_code == 403


def test_another_clinic_sees_and_counts_nothing_of_it(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    page = browser(cast, "other_coordinator").get(URL)
    assert shown(page) == []
    assert set(counts(page).values()) == {0}


def test_a_visitor_signs_in_and_other_methods_are_refused(cast: Cast) -> None:
    assert Client().get(URL).status_code == 302
    assert browser(cast, "coordinator").post(URL).status_code == 405


def test_each_look_is_logged_with_its_rows(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    browser(cast, "coordinator").get(URL)
    entry = AccessEntry.objects.latest("pk")
    assert entry.verb == "list"
    assert str(referral.pk) in entry.detail


def test_folders_hold_and_count_what_they_say(cast: Cast) -> None:
    made = {
        state: at(state, cast)
        for state in (State.SUBMITTED, State.IN_REVIEW, State.INFO_REQUESTED, State.ACCEPTED,
                      State.WAITLISTED, State.SCHEDULED, State.IN_CARE, State.CANCELLED)
    }  # fmt: skip
    client = browser(cast, "coordinator")
    Referral.objects.filter(pk=made[State.IN_CARE].pk).update(
        due_at=clock.now() - timedelta(hours=3)
    )
    expected = {
        "unclaimed": [State.SUBMITTED],
        "waiting": [State.INFO_REQUESTED],
        "to-schedule": [State.ACCEPTED, State.WAITLISTED],
        "upcoming": [State.SCHEDULED],
        "in-care": [State.IN_CARE],
        "overdue": [State.IN_CARE],
        "mine": [s for s in made if s not in (State.SUBMITTED, State.CANCELLED)],
        "all": [s for s in made if s is not State.CANCELLED],
    }
    for folder, states in expected.items():
        page = client.get(URL, {"folder": folder})
        assert set(shown(page)) == {made[s].reference for s in states}, folder
        assert counts(page)[worklist_rows.FOLDERS[folder]] == len(states)
    assert "overdue 3 h" in client.get(URL, {"folder": "overdue"}).content.decode()


def test_counts_take_one_query(cast: Cast, django_assert_num_queries: Any) -> None:
    referral_at(State.SUBMITTED, cast)
    visible = Referral.objects.visible_to(cast.actor("coordinator"))
    with django_assert_num_queries(1):
        worklist_rows.counts(
            visible,
            user_id=cast.coordinator.pk, now=clock.now(),
        )  # fmt: skip


def test_counts_stop_where_they_are_said_to(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_COUNTED", 3)
    some(cast, 2)
    for url, part in ((URL, "coordinator"), ("/referrals/", "physician")):
        assert counts(browser(cast, part).get(url))["All"] == 2
    some(cast, 2)
    for url, part in ((URL, "coordinator"), ("/referrals/", "physician")):
        page = browser(cast, part).get(url)
        assert counts(page)["All"] == "2+" and len(shown(page)) == 4


def test_the_most_urgent_then_the_most_overdue_stand_first(cast: Cast) -> None:
    rows = some(cast, 5)
    now = clock.now()
    plan = [("p2", 5), ("p0", None), ("p2", -4), ("p3", -90), ("p2", None)]
    for row, (priority, hours) in zip(rows, plan, strict=True):
        due = now + timedelta(hours=hours) if hours is not None else None
        Referral.objects.filter(pk=row.pk).update(priority=priority, due_at=due)
    page = browser(cast, "coordinator").get(URL)
    assert shown(page) == [rows[n].reference for n in (1, 2, 0, 4, 3)]


@pytest.mark.parametrize("sort", list(worklist_rows.SORTS))
def test_pages_go_forth_and_back_without_gap_or_repeat(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(worklist, "SIZE", 3)
    rows = some(cast, 8)
    for number, row in enumerate(rows):  # ties, and rows without a clock
        Referral.objects.filter(pk=row.pk).update(
            priority="p2" if number % 2 else "p3",
            due_at=None if number in (2, 3, 6) else clock.now() + timedelta(hours=number // 4),
        )
    client = browser(cast, "coordinator")
    pages, url = [], f"{URL}?sort={sort}"
    while url:
        pages.append(client.get(url))
        url = pages[-1].context["next_url"]
    forth = [shown(page) for page in pages]
    assert [len(page) for page in forth] == [3, 3, 2]
    assert sorted(reference for page in forth for reference in page) == sorted(
        row.reference for row in rows
    )
    back, url = [], pages[-1].context["previous_url"]
    while url:
        page = client.get(url)
        back.insert(0, shown(page))
        url = page.context["previous_url"]
    assert back == forth[:2]


@pytest.mark.parametrize("cursor", ["x", "eA", "WyJwMiJd", "W251bGwsbnVsbCxudWxsXQ", "é" * 500])
def test_a_broken_cursor_shows_the_first_page(cast: Cast, cursor: str) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    for name in ("after", "before"):
        page = browser(cast, "coordinator").get(URL, {name: cursor})
        assert page.status_code == 200
        assert page.context["rows"] == [] or shown(page) == [referral.reference]


def test_a_cursor_says_nothing_of_a_patient(cast: Cast) -> None:
    found = keyset.page(
        Referral.objects.filter(pk__in=[r.pk for r in some(cast, 2)]),
        worklist_rows.SORTS["urgent"][1], size=1,
    )  # fmt: skip
    assert found.after is not None
    columns = {column.name for _, listed in worklist_rows.SORTS.values() for column in listed}
    assert columns == {"priority", "due_at", "id", "updated_at", "state_since"}


def test_filters_stand_in_the_address_and_come_off_as_chips(cast: Cast) -> None:
    mine, other = some(cast, 2)
    Referral.objects.filter(pk=mine.pk).update(priority="p1")
    client = browser(cast, "coordinator")
    page = client.get(URL, {"folder": "all", "priority": "p1", "state": "submitted"})
    assert shown(page) == [mine.reference]
    labels = [chip["label"] for chip in page.context["chips"]]
    assert labels == ["Priority: P1 Urgent", "State: Sent"]
    wider = client.get(page.context["chips"][0]["remove_url"])
    assert set(shown(wider)) == {mine.reference, other.reference}


def test_a_state_asked_for_by_name_shows_ended_ones(cast: Cast) -> None:
    ended = referral_at(State.CANCELLED, cast)
    client = browser(cast, "coordinator")
    assert shown(client.get(URL, {"folder": "all"})) == []
    assert shown(client.get(URL, {"folder": "all", "state": "cancelled"})) == [ended.reference]


def test_unknown_filters_are_left_out(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    page = browser(cast, "coordinator").get(
        URL, {"folder": "x", "priority": "p9", "practice": "1' or 1", "sort": "x", "state": "?"}
    )
    assert shown(page) == [referral.reference]
    assert page.context["chips"] == []


def test_a_reference_is_found_in_whatever_state_however_it_is_typed(cast: Cast) -> None:
    referral = referral_at(State.CANCELLED, cast)
    client = browser(cast, "coordinator")
    for typed in (referral.reference, referral.reference.replace("-", " ").lower()):
        assert shown(client.get(URL, {"reference": typed})) == [referral.reference]
    assert shown(browser(cast, "other_coordinator").get(
        URL, {"reference": referral.reference})) == []  # fmt: skip
    assert shown(client.get(URL, {"reference": "nonsense"})) == []


def test_the_number_of_queries_is_the_same_for_one_row_and_for_forty(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "SIZE", 50)
    client = browser(cast, "coordinator")
    some(cast, 1)
    client.get(URL)  # the first request of a session does more
    few, rows = _queries(client)
    assert rows == 1
    some(cast, 39)
    assert _queries(client) == (few, 40)


def _queries(client: Client) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as captured:
        page = client.get(URL)
    return len(captured), len(page.context["rows"])


# --- Assigning many ----------------------------------------------------------------------------


def row_value(referral: Referral) -> str:
    referral.refresh_from_db()
    return f"{referral.pk}:{referral.version}"


def test_many_are_assigned_and_what_failed_is_said_row_by_row(cast: Cast) -> None:
    good, changed = some(cast, 2)
    ended = at(State.CANCELLED, cast)
    foreign = at(State.SUBMITTED, cast, clinic="winter-park")
    values = [row_value(r) for r in (good, changed, ended, foreign)]
    act(changed, Action.CLAIM, cast.actor("second_coordinator"))
    answer = browser(cast, "coordinator").post(
        reverse("worklist-assign"),
        {"selected": values, "reviewer": str(cast.clinician.pk), "here": "/worklist/?folder=all"},
        follow=True,
    )
    said = [str(message) for message in answer.context["messages"]]
    assert said[0] == f"1 of 4 assigned to Clinician: {good.reference}."
    assert said[1].startswith(f"{changed.reference}: somebody changed it")
    assert said[2].startswith(f"{ended.reference}: it is in the state “Cancelled”")
    assert said[3] == "One referral: it is not in your worklist."
    assert foreign.reference not in answer.content.decode()
    good.refresh_from_db()
    changed.refresh_from_db()
    assert good.reviewer_id == cast.clinician.pk
    assert changed.reviewer_id == cast.second_coordinator.pk


def test_assigning_asks_for_a_person_of_the_clinic_and_rows(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    client = browser(cast, "coordinator")
    row = row_value(referral)
    foreign = {"selected": row, "reviewer": str(cast.physician.pk)}
    for data in ({}, {"selected": row}, foreign):
        page = client.post(reverse("worklist-assign"), data, follow=True)
        assert "Choose a person and at least one referral" in page.content.decode()
    referral.refresh_from_db()
    assert referral.reviewer_id is None


@pytest.mark.parametrize(
    ("part", "status"), [("physician", 403), ("clinic_admin", 403), ("nobody", 403)]
)
def test_a_role_without_triage_assigns_nothing(cast: Cast, part: str, status: int) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    data = {"selected": row_value(referral), "reviewer": str(cast.coordinator.pk)}
    assert browser(cast, part).post(reverse("worklist-assign"), data).status_code == status
    assert browser(cast, "coordinator").get(reverse("worklist-assign")).status_code == 405


def test_it_goes_back_to_its_own_list_alone(cast: Cast) -> None:
    answer = browser(cast, "coordinator").post(
        reverse("worklist-assign"), {"here": "https://elsewhere.example/?folder=mine"}
    )
    assert answer["Location"] == "/worklist/?folder=mine"


# --- Exact search ------------------------------------------------------------------------------

PERSON = {"given_name": "marisol", "family_name": "QUINTRELL ", "birth_date": "1979-04-12"}


def test_a_patient_is_found_by_post_and_the_search_is_logged(cast: Cast) -> None:
    referral = referral_at(State.CANCELLED, cast)
    page = browser(cast, "coordinator").post(reverse("worklist-search"), PERSON)
    assert shown(page) == [referral.reference]
    entry = AccessEntry.objects.latest("pk")
    assert entry.verb == "search"
    assert "quintrell" not in entry.detail.lower()


def test_the_search_is_exact_and_stays_in_the_clinic(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    near = {**PERSON, "family_name": "Quintrel"}
    assert shown(browser(cast, "coordinator").post(reverse("worklist-search"), near)) == []
    page = browser(cast, "other_coordinator").post(reverse("worklist-search"), PERSON)
    assert shown(page) == []
    assert browser(cast, "physician").post(reverse("worklist-search"), PERSON).status_code == 403


def test_a_search_in_an_address_finds_nothing_and_an_unfinished_one_says_what_is_missing(
    cast: Cast,
) -> None:
    client = browser(cast, "coordinator")
    assert client.get(reverse("worklist-search"), PERSON).status_code == 302
    for data in ({**PERSON, "birth_date": ""}, {**PERSON, "birth_date": "yesterday"}):
        page = client.post(reverse("worklist-search"), data)
        assert page.status_code == 400
        assert page.context["problem"]


# --- Acting for another organization -------------------------------------------------------------


def test_the_worklist_follows_the_chosen_organization(cast: Cast) -> None:
    Membership.objects.create(user=cast.coordinator, organisation=cast.other_clinic, role=Role.CO)
    here = referral_at(State.SUBMITTED, cast)
    there = referral_at(State.SUBMITTED, cast, clinic="winter-park")
    client = browser(cast, "coordinator")
    assert shown(client.get(URL)) == [here.reference]
    answer = client.post(
        reverse("switch-organisation"), {"organisation": str(cast.other_clinic.pk)}
    )
    assert answer.status_code == 303
    assert shown(client.get(URL)) == [there.reference]
    # What may be seen does not change with it.
    assert client.get(reverse("referrals:detail", args=[here.pk])).status_code == 200


@pytest.mark.parametrize("value", ["", "nonsense", "foreign"])
def test_only_one_s_own_organization_can_be_chosen(cast: Cast, value: str) -> None:
    client = browser(cast, "coordinator")
    chosen = str(cast.other_clinic.pk) if value == "foreign" else value
    answer = client.post(reverse("switch-organisation"), {"organisation": chosen})
    assert answer.status_code == 403
    assert client.get(reverse("switch-organisation")).status_code == 405


def test_a_stale_choice_falls_back_to_an_organization_of_one_s_own(cast: Cast) -> None:
    seat = Membership.objects.create(
        user=cast.coordinator, organisation=cast.other_clinic, role=Role.CO
    )
    client = browser(cast, "coordinator")
    client.post(reverse("switch-organisation"), {"organisation": str(cast.other_clinic.pk)})
    seat.ended_at = clock.now()
    seat.save()
    referral = referral_at(State.SUBMITTED, cast)
    assert shown(client.get(URL)) == [referral.reference]


def test_a_row_after_revocation_names_nobody(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"),
        inputs(Action.REVOKE_CONSENT, cast))  # fmt: skip
    text = browser(cast, "coordinator").get(URL, {"folder": "all"}).content.decode()
    assert referral.reference in text
    assert "Quintrell" not in text
