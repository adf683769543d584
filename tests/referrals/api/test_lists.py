"""Lists: filters, pages that stay whole while rows come in, cursors that cannot be made up."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from itertools import chain
from urllib.parse import parse_qs, urlsplit

import pytest

from referrals import clock
from referrals.lifecycle import State
from referrals.models import Referral
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of
from tests.walks import draft, referral_at

FOREIGN_FIELDS = (
    "ordering", "content__patient", "patient", "patient_index", "search", "expand", "fields",
    "version", "page", "offset", "state__in", "clinic__name", "format", "_method", "a[]",
    "practice__members__user__password",
)  # fmt: skip


@pytest.fixture
def physician(cast: Cast) -> Caller:
    return Caller(cast.physician)


def ids(response) -> list[str]:  # type: ignore[no-untyped-def]
    return [row["id"] for row in response.json()["results"]]


def follow(caller: Caller, link: str | None, step: str) -> list[list[str]]:
    pages = []
    while link:
        page = caller.get(urlsplit(link).path, urlsplit(link).query)
        pages.append(ids(page))
        link = page.json()[step]
    return pages


def test_pages_are_complete_and_without_overlap(physician: Caller, cast: Cast) -> None:
    moment = clock.now()
    made = []
    for n in range(7):
        with clock.at(moment + timedelta(seconds=n // 3)):  # some at the same moment
            made.append(str(draft(cast).pk))
    pages = follow(physician, "/api/v1/referrals/?limit=3", "next")
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(chain.from_iterable(pages)) == sorted(made)


def test_pages_stay_whole_under_inserts(physician: Caller, cast: Cast) -> None:
    first_ones = {str(draft(cast).pk) for _ in range(5)}
    first = physician.get("referrals/", "limit=2")
    newer = {str(draft(cast).pk) for _ in range(3)}
    rest = list(chain.from_iterable(follow(physician, first.json()["next"], "next")))
    assert set(ids(first)) | set(rest) == first_ones
    assert len(ids(first)) + len(rest) == 5
    assert not newer & set(rest)


def test_the_way_back_shows_the_same_pages(physician: Caller, cast: Cast) -> None:
    for _ in range(5):
        draft(cast)
    there = follow(physician, "/api/v1/referrals/?limit=2", "next")
    last = physician.get("referrals/", "limit=2")
    while last.json()["next"]:
        last = physician.get(*_parts(last.json()["next"]))
    back = follow(physician, last.json()["previous"], "previous")
    assert back == there[-2::-1]


def _parts(link: str) -> tuple[str, str]:
    return urlsplit(link).path, urlsplit(link).query


def test_no_cursor_but_ours_is_taken(physician: Caller, cast: Cast) -> None:
    for _ in range(3):
        draft(cast)
    link = physician.get("referrals/", "limit=1").json()["next"]
    good = parse_qs(urlsplit(link).query)["cursor"][0]
    assert physician.get("referrals/", f"cursor={good}").status_code == 200
    made_up = base64.urlsafe_b64encode(
        json.dumps([clock.now().isoformat(), str(Referral.objects.first().pk), False]).encode()
    ).decode()
    bad = [made_up, made_up.rstrip("="), good + "A", good[:-1], good[:-2] + "zz", "0", "%00", "=",
           "é", "A" * 5000, *(good[:n] + ("A" if good[n] != "A" else "B") + good[n + 1:]
                              for n in range(0, len(good), 5))]  # fmt: skip
    for cursor in bad:
        response = physician.get("referrals/", f"cursor={cursor}")
        assert (response.status_code, kind_of(response)) == (400, "validation"), cursor


@pytest.mark.parametrize(
    "query",
    ["state=nope", "state=", "phase=x", "phase=deciding,x", "priority=9", "clinic=%00",
     "clinic=a%20b", "practice=1", "reviewer=x", "overdue=1", "overdue=", "updated_since=today",
     "updated_since=2026-01-01", "updated_since=2026-13-01T00:00:00Z",
     "updated_since=0001-01-01T00:00:00%2B14:00", "reference=1", "limit=0", "limit=-1",
     "limit=a", "limit=%D9%A3", "limit=1.5", "limit=00", "state=draft&state=draft",
     "limit=1&limit=2"],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_400(physician: Caller, query: str) -> None:
    response = physician.get("referrals/", query)
    assert (response.status_code, kind_of(response)) == (400, "validation")


@pytest.mark.parametrize("name", FOREIGN_FIELDS)
def test_no_parameter_but_the_listed_ones(physician: Caller, name: str, cast: Cast) -> None:
    referral = draft(cast)
    for path in ("referrals/", "events/", "me/", "reasons/", f"referrals/{referral.pk}/",
                 f"referrals/{referral.pk}/timeline/"):  # fmt: skip
        assert kind_of(physician.get(path, f"{name}=x")) == "validation"


@pytest.mark.parametrize("limit", ["200", "201", "999999999", "9" * 6000])
def test_a_large_limit_is_capped(physician: Caller, cast: Cast, limit: str) -> None:
    draft(cast)
    assert len(ids(physician.get("referrals/", f"limit={limit}"))) == 1


def test_filters_find_what_they_say(physician: Caller, cast: Cast) -> None:
    waiting, taken = referral_at(State.SUBMITTED, cast), referral_at(
        State.IN_REVIEW, cast, clinic="apopka", patient={"given_name": "Another"}
    )  # fmt: skip
    coordinator = Caller(cast.coordinator)
    found = {
        query: set(ids(coordinator.get("referrals/", query)))
        for query in ("state=submitted", "state=submitted,in_review", "phase=deciding",
                      "phase=active", "clinic=apopka", "clinic=winter-park",
                      f"practice={cast.practice.pk}", f"reviewer={cast.coordinator.pk}",
                      f"reference={taken.reference}", "overdue=true", "overdue=false",
                      "priority=p3", "updated_since=2099-01-01T00:00:00Z")
    }  # fmt: skip
    both = {str(waiting.pk), str(taken.pk)}
    assert found.pop("state=submitted") == {str(waiting.pk)}
    for query in (f"reviewer={cast.coordinator.pk}", f"reference={taken.reference}"):
        assert found.pop(query) == {str(taken.pk)}
    for query in ("phase=active", "clinic=winter-park", "overdue=true",
                  "updated_since=2099-01-01T00:00:00Z"):  # fmt: skip
        assert found.pop(query) == set()
    assert all(rows == both for rows in found.values()), found


def test_a_patient_is_found_exactly_and_by_body_alone(physician: Caller, cast: Cast) -> None:
    referral = draft(cast)
    asked = {"family_name": "quintrell", "given_name": "MARISOL", "birth_date": "1979-04-12"}
    assert ids(physician.post("referrals/search/", asked)) == [str(referral.pk)]
    assert ids(physician.post("referrals/search/", {**asked, "family_name": "Quin"})) == []
    assert ids(Caller(cast.stranger).post("referrals/search/", asked)) == []
    assert kind_of(physician.post("referrals/search/", {"family_name": "Q"})) == "validation"
    assert kind_of(physician.get("referrals/search/")) == "method-not-allowed"
