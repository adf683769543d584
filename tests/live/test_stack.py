"""The whole of `make stack`: a referral walked over HTTP, heard by a consumer of another make."""

import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.cast import complete_answers
from tests.live.stack import PARTNER, Consumer, Person, Stack, partner_feed, send_command
from tests.repository.test_ground_processes import gone_within
from tests.servers.fixtures import open_to_servers

pytestmark = pytest.mark.broker

READY_WITHIN = 480
PATIENCE = 120
WALKED = [
    "submitted", "received", "info_requested", "info_provided", "accepted", "appointment_booked",
    "care_started", "completed", "closed",
]  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory, record_testsuite_property):
    began = time.monotonic()
    made = Stack(open_to_servers(tmp_path_factory, "stack"))
    try:
        made.wait_ready(READY_WITHIN)
        record_testsuite_property("stack ready, seconds", round(time.monotonic() - began))
        yield made
        children = made.children()
        assert len(children) >= 6
        assert made.end() == 0
        assert all(gone_within(pid, 5) for pid in children)
        assert not (made.home / "stack.env").exists()
    finally:
        made.end()


def a_day(days):
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def an_appointment(version):
    start = datetime.now(UTC) + timedelta(days=3)
    return {
        "expected_version": version,
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "time_zone": "America/New_York",
        "mode": "video",
    }


def walk_to_acceptance(physician, coordinator, reviewer):
    referral = physician.write("/referrals/", complete_answers(clinic="apopka"))
    physician.act(referral, "submit")
    coordinator.act(referral, "claim")
    coordinator.act(
        referral,
        "request-info",
        {"items": [{"code": "medications"}], "due_on": a_day(9), "message": "Which medicines?"},
    )
    physician.act(
        referral, "provide-info", {"answers": [{"item": "medications", "answer": "None now."}]}
    )
    decision = {"expected_by": a_day(14), "licensed_reviewer": reviewer}
    return coordinator.act(referral, "accept", decision)


def partner_schedules(stack, consumer, referral):
    """The partner's command; returns its answer as the consumer heard it."""
    command = {
        "specversion": "1.0",
        "id": f"schedule-{referral['id']}",
        "source": "urn:demo-ehr",
        "type": "tandem.command.schedule.v1",
        "subject": referral["id"],
        "data": an_appointment(referral["version"]),
    }
    send_command(stack.addresses["PARTNER_AMQP_URL"], command)

    def answers():
        parsed = [JSONFormat().read(CloudEvent, body) for body in consumer.bodies]
        return [e for e in parsed if e.get_extension("correlationid") == command["id"]
                and e.get_type().startswith("tandem.command.")]  # fmt: skip

    consumer.wait(answers, PATIENCE)
    return answers()


@pytest.fixture
def opened():
    """`opened(thing)`: the thing, closed when the test ends. A socket left open fails the run."""
    with ExitStack() as things:
        yield lambda thing: things.enter_context(closing(thing))


def test_every_event_of_a_walked_referral_arrives_in_order_and_as_the_feed_has_it(stack, opened):
    base = stack.addresses["BASE_URL"]
    consumer = opened(Consumer(stack.addresses["AMQP_ADMIN_URL"], f"{PARTNER}.#"))
    physician, coordinator, clinician = (
        opened(Person(base, name)) for name in ("physician", "coordinator", "clinician")
    )

    referral = walk_to_acceptance(physician, coordinator, clinician.read("/me/")["id"])
    answers = partner_schedules(stack, consumer, referral)
    told = [answer.get_type() for answer in answers]
    assert told == ["tandem.command.accepted.v1"], "".join(stack.lines[-20:])
    clinician.act(referral, "start-care")
    clinician.act(
        referral,
        "complete",
        {
            "disposition": "treated_back_to_referrer",
            "report": "Evaluated and treated.",
            "plan": {"pain": "Paced movement.", "trauma": "Go on.", "daily_life": "Sleep first."},
        },
    )
    assert physician.act(referral, "close")["state"] == "closed"

    consumer.wait(lambda: len(heard(consumer, referral)) >= len(WALKED), PATIENCE)
    bodies = heard(consumer, referral)
    events = [JSONFormat().read(CloudEvent, body) for body in bodies]
    assert [e.get_type() for e in events] == [f"tandem.referral.{name}.v1" for name in WALKED]
    assert [int(e.get_extension("sequence")) for e in events] == list(range(1, len(WALKED) + 1))
    feed = b"".join(partner_feed(base))
    assert [body for body in bodies if body not in feed] == []


def heard(consumer, referral):
    """The referral's events, without the answers to commands, which have the same subject."""
    return [b for b in consumer.about(referral["id"]) if b'"tandem.referral.' in b]
