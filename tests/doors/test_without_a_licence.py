"""A coordinator without a licence: answers and sums at every door, no verdict on any of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from referrals.lifecycle import Action, State
from referrals.models import Referral
from tests.cast import Cast, complete_answers
from tests.portal.pages.doors import act_url, browser, hidden
from tests.referrals.api.calls import Caller, one
from tests.walks import referral_at

pytestmark = pytest.mark.django_db
# Bands, cut points, what a flag says and where it is from.
VERDICTS = (
    "oderately severe", "evel moderate", "LA6751-7", "ositive screen", "egative screen",
    "at or above", "below the cut", "rovisional rule", "sensitive) cut",
    "ASRA", "meaningful fall", "ORT-OUD risk", "cut 33",
)  # fmt: skip


def judged(cast: Cast) -> Referral:
    today = complete_answers()["instruments"][0]["administered_on"]
    results = [
        {"instrument": "phq-9", "total": 16, "item9": 0}, {"instrument": "pcl-5", "total": 40},
        {"instrument": "c-ssrs", "items": [1, 1, 1, 0, 0, 0, None]},
        {"instrument": "pc-ptsd-5", "items": [1, 1, 1, 1, 1, 0]},
        {"instrument": "peg", "items": [5, 5, 5]}, {"instrument": "ort-oud", "total": 4},
    ]  # fmt: skip
    entries: list[dict[str, Any]] = [{**one, "administered_on": today} for one in results]
    earlier = "2026-01-05"
    entries += [{"instrument": "peg", "items": [8, 8, 8], "administered_on": earlier},
                {"instrument": "pcl-5", "total": 60, "administered_on": earlier}]  # fmt: skip
    return referral_at(
        State.IN_REVIEW,
        cast,
        instruments=entries,
        medical={"k01": "yes"},
        trauma={"ptsd_status": "suspected"},
    )


def doors(cast: Cast, row: Referral, part: str) -> Iterator[tuple[str, str]]:
    client, caller = browser(cast, part), Caller(getattr(cast, part))
    pages = {name: reverse(f"referrals:{name}", args=[row.pk])
             for name in ("detail", "print", "versions", "documents", "plan")}  # fmt: skip
    pages["version"] = reverse("referrals:version", args=[row.pk, 1])
    pages["priority"] = act_url(row, Action.CHANGE_PRIORITY)
    pages["ask"] = act_url(row, Action.REQUEST_INFO)
    pages["worklist"] = reverse("worklist") + "?folder=all"
    pages["export"] = reverse("worklist-export") + "?folder=all"
    for name, url in pages.items():
        answer = client.get(url)
        assert answer.status_code == 200, name
        yield name, (b"".join(answer) if answer.streaming else answer.content).decode()
    accept = client.get(act_url(row, Action.ACCEPT))
    refused = client.post(act_url(row, Action.ACCEPT), hidden(accept))
    yield "accept", accept.content.decode() + refused.content.decode()
    for name in ("", "fhir/", "timeline/"):
        yield f"api/{name}", caller.get(one(row) + name).content.decode()
    yield "api/list", caller.get("referrals/").content.decode()


def verdicts(found: dict[str, str]) -> dict[str, list[str]]:
    told = {door: [word for word in VERDICTS if word in text] for door, text in found.items()}
    return {door: words for door, words in told.items() if words}


def test_no_door_gives_a_verdict_to_a_coordinator(cast: Cast) -> None:
    row = judged(cast)
    found = dict(doors(cast, row, "coordinator"))
    assert verdicts(found) == {}
    for words in ("Needs clinician review", "16 of 27", "40 of 80", "P1"):
        assert words in found["detail"], words
    assert row.reference in found["worklist"] and row.reference in found["export"]


def test_a_clinician_is_given_each_of_them(cast: Cast) -> None:
    found = dict(doors(cast, judged(cast), "clinician"))
    assert {"detail", "print", "version", "api/", "api/fhir/"} <= verdicts(found).keys()
    assert {word for words in verdicts(found).values() for word in words} >= {
        "oderately severe", "evel moderate", "at or above", "ASRA",
        "meaningful fall",
    }  # fmt: skip
    mine = Caller(cast.coordinator).get(one(Referral.objects.get())).json()["instruments"]
    cssrs = next(entry for entry in mine if entry["instrument"] == "c-ssrs")
    assert cssrs["items"] and cssrs["band"] is None and cssrs["level"] is None
