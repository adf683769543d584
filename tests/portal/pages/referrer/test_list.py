"""The list: filters in the address, keyset pages that lose and repeat nothing, exact search."""

import re
from typing import Any

import pytest
from django.urls import reverse

from portal.pages import referral_list
from referrals.access.models import AccessEntry
from referrals.lifecycle import State
from referrals.models import Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import draft, referral_at

LIST = "/referrals/"
SEARCH = "/referrals/search/"
MARISOL = {
    "patient-family_name": "Quintrell",
    "patient-given_name": "marisol",
    "patient-birth_date": "4/12/1979",
}


def references(page: Any) -> list[str]:
    text = page.content.decode()
    return re.findall(r'<span class="td-ref">([^<]+)</span>', text)


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("", {State.DRAFT, State.SUBMITTED, State.ACCEPTED}),
        ("?state=submitted", {State.SUBMITTED}),
        ("?phase=active", {State.ACCEPTED}),
        ("?phase=draft&state=submitted", set()),
        ("?priority=p3", {State.SUBMITTED, State.ACCEPTED}),
        ("?priority=p0", set()),
        ("?clinic=apopka&state=draft", {State.DRAFT}),
        ("?state=bogus", set()),
        ("?folder=drafts", {State.DRAFT}),
        ("?folder=with-clinic", {State.SUBMITTED, State.ACCEPTED}),
        ("?folder=waiting", set()),
        ("?folder=with-clinic&state=accepted", {State.ACCEPTED}),
        ("?folder=bogus", set()),
        ("?clinic=winter-park", set()),
    ],
)
def test_filters(cast: Cast, query: str, states: set[State]) -> None:
    states_made = (State.DRAFT, State.SUBMITTED, State.ACCEPTED)
    made = {s: referral_at(s, cast, patient={"given_name": s.name.title()}) for s in states_made}
    found = references(browser(cast, "physician").get(LIST + query))
    assert sorted(found) == sorted(made[s].reference for s in states)


def test_folders_count_what_they_hold(cast: Cast) -> None:
    for state in (State.DRAFT, State.SUBMITTED, State.DECLINED, State.COMPLETED, State.SCHEDULED):
        referral_at(state, cast, patient={"given_name": state.name.title()})
    client = browser(cast, "physician")
    folders = client.get(LIST).context["folders"]
    counted = {folder["label"]: folder["count"] for folder in folders}
    assert counted == {
        "Waiting on you": 2, "With the clinic": 1, "Upcoming": 1, "In care": 0, "Drafts": 1,
        "Ended": 0, "All": 5,
    }  # fmt: skip
    for folder in folders:
        assert len(references(client.get(folder["url"]))) == folder["count"]


def test_a_reference_is_found_however_it_is_typed(cast: Cast) -> None:
    one, _ = draft(cast), draft(cast)
    page = browser(cast, "physician").get(LIST, {"reference": f" {one.reference.lower()} "})
    assert references(page) == [one.reference]


def test_a_filter_is_a_chip_that_comes_off(cast: Cast) -> None:
    draft(cast)
    page = browser(cast, "physician").get(f"{LIST}?state=draft&clinic=apopka").content.decode()
    assert "State: Draft" in page and "Clinic: Apopka Integrated Care" in page
    assert f'href="{LIST}?clinic=apopka"' in page and f'href="{LIST}?state=draft"' in page


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_show_each_row_once_both_ways(cast: Cast, size: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(referral_list, "PAGE", size)
    made = [draft(cast) for _ in range(5)]
    Referral.objects.filter(pk__in=[r.pk for r in made[:3]]).update(updated_at=made[4].updated_at)
    client = browser(cast, "physician")
    url, seen, pages = LIST, [], []
    while url:
        page = client.get(url).content.decode()
        pages.append(url)
        seen += re.findall(r'<span class="td-ref">([^<]+)</span>', page)
        url = _link(page, "next")
    assert sorted(seen) == sorted(r.reference for r in made)
    back = [client.get(pages[-1]).content.decode()]
    while previous := _link(back[-1], "prev"):
        back.append(client.get(previous).content.decode())
    rows = [re.findall(r'<span class="td-ref">([^<]+)</span>', p) for p in reversed(back)]
    assert [one for page_rows in rows for one in page_rows] == seen


def _link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("cursor", ["x", "2026-01-01~", "~", "2026-01-01~" + "0" * 32, "\x00"])
def test_a_broken_cursor_begins_at_the_beginning(cast: Cast, cursor: str) -> None:
    one = draft(cast)
    page = browser(cast, "physician").get(LIST, {"after": cursor})
    assert references(page) == [one.reference]


@pytest.mark.parametrize("part", ["stranger", "coordinator", "privacy", "nobody"])
def test_drafts_of_others_are_not_listed(cast: Cast, part: str) -> None:
    draft(cast)
    assert references(browser(cast, part).get(LIST)) == []


# --- Exact search ------------------------------------------------------------------------------


def test_a_patient_is_found_by_name_and_birth_date(cast: Cast) -> None:
    one = referral_at(State.SUBMITTED, cast)
    draft(cast, patient={"given_name": "Marisa"})
    page = browser(cast, "physician").post(SEARCH, MARISOL)
    assert page.status_code == 200 and references(page) == [one.reference]


@pytest.mark.parametrize("part", ["stranger", "other_coordinator", "privacy", "nobody"])
def test_the_search_stays_inside_the_scope(cast: Cast, part: str) -> None:
    referral_at(State.SUBMITTED, cast)
    page = browser(cast, part).post(SEARCH, MARISOL)
    assert page.status_code == 200 and references(page) == []
    assert "No referral fits" in page.content.decode()


@pytest.mark.parametrize("left_out", sorted(MARISOL))
def test_a_search_needs_all_three(cast: Cast, left_out: str) -> None:
    page = browser(cast, "physician").post(SEARCH, {**MARISOL, left_out: ""})
    assert page.status_code == 400
    kept = next(value for name, value in MARISOL.items() if name != left_out)
    assert kept in page.content.decode()


def test_no_name_stands_in_an_address(cast: Cast) -> None:
    page = browser(cast, "physician").get(SEARCH, MARISOL)
    assert page["Location"] == reverse("referrals:list")
    text = browser(cast, "physician").get(LIST).content.decode()
    form = text.split(f'action="{SEARCH}"')[0].rsplit("<form", 1)[1]
    assert 'method="post"' in form


def test_a_search_is_logged_without_the_name(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    browser(cast, "physician").post(SEARCH, MARISOL)
    entry = AccessEntry.objects.filter(verb="search").latest("pk")
    assert "uintrell" not in str(entry.detail)
