"""The broker is away: nobody at the portal notices, and partners get everything later."""

from __future__ import annotations

import json
import time

import pytest
from django.test import Client

from integrations import topology
from integrations.models import Delivery
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from portal.local import processes
from referrals.lifecycle import Action
from tests.cast import complete_answers
from tests.integrations.fake_broker import FakeBroker
from tests.referrals.api.test_walk import client, post
from tests.walks import inputs

pytestmark = pytest.mark.django_db

WALK = (
    ("physician", Action.SUBMIT), ("coordinator", Action.CLAIM), ("coordinator", Action.ACCEPT),
    ("coordinator", Action.SCHEDULE), ("clinician", Action.START_CARE),
)  # fmt: skip
TOLD = ["submitted", "received", "accepted", "appointment_booked", "care_started"]


@pytest.fixture
def no_broker(settings):
    """A port on which nobody listens."""
    settings.AMQP_URL = f"amqp://tandem:x@127.0.0.1:{processes.free_ports(1)[0]}/"
    return settings.AMQP_URL


def walk(cast):
    made = post(client(cast.physician), "/api/v1/referrals/", complete_answers())
    etag = made["ETag"]
    for part, action in WALK:
        api = client(getattr(cast, part))
        done = post(api, f"{made['Location']}{action.slug}/", inputs(action, cast), etag)
        assert done.status_code == 200, done.content
        etag = done["ETag"]
    return made.json()["id"]


def test_the_portal_works_and_says_degraded_not_unready(no_broker, cast, partner):
    referral = walk(cast)
    page = client(cast.physician).get(f"/referrals/{referral}/")
    assert page.status_code == 200
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert client(cast.coordinator).get("/worklist/").status_code == 200


def test_events_wait_without_an_attempt_and_drain_in_order_later(no_broker, cast, partner):
    walk(cast)
    away = Relay(Publisher(no_broker, exchange=topology.EVENTS))
    until = time.monotonic() + 1
    while time.monotonic() < until:
        away.run_once(wait=0.05)
    away.close(1)
    waiting = Delivery.objects.values_list("status", "attempts")
    assert list(waiting) == [("pending", 0)] * len(TOLD)

    broker = FakeBroker("ehr-tests")
    back = Relay(broker)
    while Delivery.objects.exclude(status="sent").exists():
        assert back.run_once(wait=0.05)
    events = [json.loads(body) for body in broker.bodies("ehr-tests")]
    assert [event["type"].split(".")[2] for event in events] == TOLD
    assert [int(event["sequence"]) for event in events] == [1, 2, 3, 4, 5]


def test_the_feed_has_them_all_the_while(no_broker, cast, partner):
    walk(cast)
    feed = client(cast.physician).get("/api/v1/events/").json()
    assert [event["type"].split(".")[2] for event in feed["results"]] == TOLD
