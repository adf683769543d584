"""One referral through the API, from draft to closed loop, by the people of the cast."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from referrals.lifecycle import Action
from referrals.models import TimelineEntry
from tests.cast import Cast, complete_answers
from tests.walks import inputs


def client(user: Any) -> Client:
    signed_in = Client()
    signed_in.force_login(user)
    return signed_in


def post(api: Client, path: str, body: Any, etag: str | None = None, **headers: str) -> Any:
    extra = {"If-Match": etag, **headers} if etag else headers
    return api.post(path, json.dumps(body), content_type="application/json", headers=extra)


def test_the_whole_loop(cast: Cast) -> None:
    physician, coordinator, clinician = (
        client(cast.physician), client(cast.coordinator), client(cast.clinician),
    )  # fmt: skip
    made = post(physician, "/api/v1/referrals/", complete_answers())
    assert made.status_code == 201, made.content
    address, etag = made["Location"], made["ETag"]
    assert made.json()["assessment"]["completeness"]["submit"]["complete"] is True
    steps = [
        (physician, Action.SUBMIT), (coordinator, Action.CLAIM),
        (coordinator, Action.REQUEST_INFO), (physician, Action.PROVIDE_INFO),
        (coordinator, Action.ACCEPT), (coordinator, Action.SCHEDULE),
        (coordinator, Action.RECORD_NO_SHOW), (coordinator, Action.SCHEDULE),
        (clinician, Action.START_CARE), (clinician, Action.COMPLETE), (physician, Action.CLOSE),
    ]  # fmt: skip
    for api, action in steps:
        offered = api.get(f"{address}actions/").json()
        assert action.value in {a["action"] for a in offered["actions"]}
        done = post(api, f"{address}{action.slug}/", inputs(action, cast), etag)
        assert done.status_code == 200, (action, done.content)
        assert done["ETag"] != etag
        etag = done["ETag"]
    closed = physician.get(address).json()
    assert (closed["state"], closed["phase"]) == ("closed", "ended")
    told = [e["action"] for e in physician.get(f"{address}timeline/").json()["results"]]
    assert told == ["create", *(action.value for _, action in steps)]
    assert TimelineEntry.objects.count() == len(steps) + 1
    feed = physician.get("/api/v1/events/").json()
    assert len(feed["results"]) == len(steps)
    timeline = physician.get(f"{address}timeline/").json()["results"]
    assert [e["event_id"] for e in timeline[1:]] == [e["id"] for e in feed["results"]]
    assert [e["sequence"] for e in feed["results"]] == [f"{n:010d}" for n in range(1, 12)]
    assert physician.get("/api/v1/events/", {"after": feed["next_after"]}).json()["results"] == []
