"""The feed: everything that the caller may see, nothing else, in one order, without an end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Delivery, Event
from referrals.lifecycle import Action, State
from tests.cast import Cast
from tests.referrals.api.calls import Caller, kind_of, one, partner_caller
from tests.walks import act, inputs, referral_at


def subjects(response: Any) -> set[str]:
    return {event["subject"] for event in response.json()["results"]}


def test_an_empty_feed_has_a_cursor(cast: Cast) -> None:
    first = Caller(cast.physician).get("events/").json()
    assert first["results"] == [] and first["next_after"]


def test_after_may_be_empty_or_absent(cast: Cast) -> None:
    referral_at(State.IN_REVIEW, cast)
    caller = Caller(cast.physician)
    assert caller.get("events/").content == caller.get("events/", "after=").content


def test_pages_follow_each_other_without_gap(cast: Cast) -> None:
    referral = referral_at(State.CLOSED, cast)
    caller, after, seen = Caller(cast.physician), "", []
    while True:
        page = caller.get("events/", f"limit=2&after={after}").json()
        after = page["next_after"]
        seen += [event["sequence"] for event in page["results"]]
        if not page["results"]:
            break
    assert seen == [f"{n:010d}" for n in range(1, Event.objects.count() + 1)]
    act(referral, Action.REOPEN, cast.actor("clinician"), inputs(Action.REOPEN, cast))
    (late,) = caller.get("events/", f"after={after}").json()["results"]
    assert late["type"] == "tandem.referral.reopened.v1"


def test_each_person_reads_what_they_may_see(cast: Cast) -> None:
    ours = referral_at(State.IN_REVIEW, cast)
    elsewhere = referral_at(State.SUBMITTED, cast, clinic="winter-park")
    both, first, second = {str(ours.pk), str(elsewhere.pk)}, {str(ours.pk)}, {str(elsewhere.pk)}
    expected = {
        "physician": both, "delegate": both, "coordinator": first, "clinic_admin": first,
        "other_coordinator": second, "stranger": set(), "practice_admin": set(), "privacy": set(),
    }  # fmt: skip
    for part, seen in expected.items():
        assert subjects(Caller(getattr(cast, part)).get("events/")) == seen, part


def test_a_partner_reads_its_own_deliveries_the_same_bytes(cast: Cast) -> None:
    mine, theirs = partner_caller(cast), partner_caller(cast, "ehr-other", clinic=cast.other_clinic)
    referral_at(State.ACCEPTED, cast)
    referral_at(State.SUBMITTED, cast, clinic="winter-park")
    bodies = [
        bytes(body)
        for body in Delivery.objects.filter(partner__slug="ehr-tests").order_by("key_seq")
        .values_list("body", flat=True)
    ]  # fmt: skip
    answer = mine.get("events/")
    assert b",".join(bodies) in answer.content
    assert len(answer.json()["results"]) == len(bodies) == 3
    assert all(event["source"].endswith(":partner:ehr-tests") for event in answer.json()["results"])
    assert len(theirs.get("events/").json()["results"]) == 1


@pytest.mark.parametrize("after", ["0", "x", "%00", "A" * 3000, "MS4wMDAw", "é"])
def test_no_cursor_but_ours_is_taken(cast: Cast, after: str) -> None:
    assert kind_of(Caller(cast.physician).get("events/", f"after={after}")) == "validation"


def test_a_cursor_that_is_not_ours_is_explained_and_not_repeated(cast: Cast) -> None:
    answer = Caller(cast.physician).get("events/", "after=somebody-elses-cursor")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (400, "/after", "cursor")
    assert "next_after" in error["detail"] and b"somebody" not in answer.content


@pytest.mark.parametrize("who", ["person", "partner"])
def test_a_page_costs_the_same_whatever_its_size(cast: Cast, who: str) -> None:
    caller = partner_caller(cast) if who == "partner" else Caller(cast.physician)
    referral_at(State.CLOSED, cast)
    caller.get("events/")
    counts = set()
    for limit in (1, 2, 1000):
        with CaptureQueriesContext(connection) as asked:
            caller.get("events/", f"limit={limit}")
        counts.add(len(asked))
    assert len(counts) == 1, counts


def test_each_changed_letter_of_a_cursor_is_seen(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    caller = Caller(cast.physician)
    good = caller.get("events/").json()["next_after"]
    for n, letter in enumerate(good):
        bad = good[:n] + ("A" if letter != "A" else "B") + good[n + 1 :]
        assert caller.get("events/", f"after={bad}").status_code == 400, n


@pytest.mark.parametrize(("limit", "status"), [
    ("1", 200), ("1000", 200), ("1001", 200), ("9" * 6000, 200), ("0", 400), ("-1", 400),
    ("x", 400), ("1.0", 400), ("%D9%A1", 400), ("1&limit=2", 400),
])  # fmt: skip
def test_limits(cast: Cast, limit: str, status: int) -> None:
    assert Caller(cast.physician).get("events/", f"limit={limit}").status_code == status


def test_the_feed_names_nobody(cast: Cast) -> None:
    referral = referral_at(State.DECLINED, cast)
    told = json.dumps(Caller(cast.physician).get("events/").json())
    for hidden in ("Quintrell", "Marisol", "1979", "M54.16", "no_capacity", "Winter Park has"):
        assert hidden not in told
    assert str(referral.pk) in told


def test_a_part_of_the_timeline_is_tied_to_its_event(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    caller = Caller(cast.physician)
    rows = caller.get(one(referral, "timeline/")).json()["results"]
    events = caller.get("events/").json()["results"]
    assert [row["event_id"] for row in rows if row["event_id"]] == [e["id"] for e in events]
