"""Commands: stored once, applied once in effect, answered; what cannot be read is parked."""

import json
import uuid

import pytest

from integrations.inbox import parsing, processor, service, storing
from integrations.inbox.parsing import Arrival
from integrations.models import Delivery, InboxMessage
from tests.integrations.samples import a_partner, an_event

pytestmark = pytest.mark.django_db

calls: list[dict] = []
behaviour = {"outcome": (True, None)}


def handler(**command):
    calls.append(command)
    if isinstance(behaviour["outcome"], Exception):
        raise behaviour["outcome"]
    return behaviour["outcome"]


@pytest.fixture(autouse=True)
def domain(settings):
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    calls.clear()
    behaviour["outcome"] = (True, None)


def a_command(**more):
    return {
        "specversion": "1.0",
        "id": "cmd-1",
        "source": "urn:ehr",
        "type": "tandem.command.start_care.v1",
        "subject": str(uuid.uuid4()),
        "data": {"expected_version": 3},
        **more,
    }


def an_arrival(command=None, **more):
    body = command if isinstance(command, bytes) else json.dumps(command or a_command()).encode()
    fields = {
        "body": body,
        "content_type": "application/cloudevents+json",
        "user_id": "ehr",
        "routing_key": "ehr.start_care",
    }
    return Arrival(**{**fields, **more})


def answers():
    bodies = Delivery.objects.order_by("key_seq").values_list("body", flat=True)
    return [json.loads(bytes(body)) for body in bodies]


def telling(*, subject, **call):
    """A handler whose effect is told, as that of a move is."""
    an_event(uuid.UUID(subject))
    return True, None


def test_what_follows_from_a_command_names_it_to_its_sender_alone(settings):
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.telling"
    a_partner("other")
    storing.store(an_arrival(a_command(id="cmd-77")), partner=a_partner("ehr"))
    assert service.process_all() == 1
    told = Delivery.objects.filter(type="tandem.referral.submitted.v1")
    causes = {
        row.partner.slug: json.loads(bytes(row.body)).get("causationid")
        for row in told.select_related("partner")
    }
    assert causes == {"ehr": "cmd-77", "other": None}
    assert b"cmd-77" not in bytes(told.first().event.body)
    an_event()
    assert "causationid" not in json.loads(bytes(Delivery.objects.order_by("pk").last().body))


def test_a_command_is_applied_and_answered():
    partner = a_partner("ehr")
    command = a_command()
    storing.store(an_arrival(command), partner=partner)
    assert service.process_all() == 1
    assert calls == [
        {
            "partner": partner,
            "action": "start_care",
            "subject": command["subject"],
            "data": {"expected_version": 3},
            "command_id": "cmd-1",
        }
    ]
    (answer,) = answers()
    assert answer["type"] == "tandem.command.accepted.v1"
    assert answer["source"] == "urn:tandem:test:commands:partner:ehr"
    assert answer["correlationid"] == "cmd-1"
    assert answer["sequence"] == "0000000001"
    assert Delivery.objects.get().routing_key == "ehr.command.accepted.v1"
    assert InboxMessage.objects.get().status == "done"


def test_a_refused_command_is_answered_with_the_type_of_the_problem():
    partner = a_partner("ehr")
    behaviour["outcome"] = (False, "stale")
    storing.store(an_arrival(), partner=partner)
    service.process_all()
    (answer,) = answers()
    assert answer["type"] == "tandem.command.rejected.v1"
    assert answer["data"]["problem"] == {"type": "stale"}


def test_the_same_bytes_again_have_no_second_effect_and_the_same_answer():
    partner = a_partner("ehr")
    arrival = an_arrival()
    for _ in range(5):
        storing.store(arrival, partner=partner)
        service.process_all()
    assert len(calls) == 1
    first = bytes(Delivery.objects.get().body)
    Delivery.objects.update(status="sent", confirmed_at="2026-03-04T15:16:17Z")
    storing.store(arrival, partner=partner)
    assert (bytes(Delivery.objects.get().body), Delivery.objects.get().status) == (first, "pending")
    assert InboxMessage.objects.get().duplicates == 5


def test_other_bytes_under_a_known_id_are_quarantined_without_effect():
    partner = a_partner("ehr")
    storing.store(an_arrival(a_command(subject=str(uuid.uuid4()))), partner=partner)
    row = storing.store(an_arrival(a_command(subject=str(uuid.uuid4()))), partner=partner)
    assert (row.status, row.reason) == ("quarantined", "other_bytes_under_a_known_id")
    assert row.original == InboxMessage.objects.get(message_id="cmd-1")
    service.process_all()
    assert len(calls) == len(answers()) == 1


@pytest.mark.parametrize(
    ("reason", "arrival"),
    [
        ("not_json", an_arrival(b"\xff not json")),
        ("not_json", an_arrival(b"[" * 100_000)),
        ("not_json", an_arrival(b'{"a": NaN}')),
        # Half of a surrogate pair is no text: nobody could keep it.
        ("not_json", an_arrival(json.dumps(a_command(data={"reason": "\ud800"})).encode())),
        ("not_a_cloudevent", an_arrival(b"[]")),
        ("not_a_cloudevent", an_arrival(a_command(specversion="0.3"))),
        ("not_a_cloudevent", an_arrival(a_command(id=None))),
        ("not_a_cloudevent", an_arrival(a_command(id="two words"))),
        ("not_a_cloudevent", an_arrival(a_command(data=[1]))),
        ("unknown_type", an_arrival(a_command(type="tandem.command.start_care.v2"))),
        ("subject_is_not_a_uuid", an_arrival(a_command(subject="me"))),
        ("routing_key_is_not_the_type", an_arrival(routing_key="ehr.complete")),
        ("user_id_is_not_the_partner", an_arrival(user_id="other")),
        ("content_type", an_arrival(content_type="text/plain")),
        ("too_large", an_arrival(b"x" * (parsing.LARGEST_BODY + 1))),
    ],
)
def test_what_cannot_be_read_is_parked_with_its_reason(reason, arrival):
    row = storing.store(arrival, partner=a_partner("ehr"))
    assert (row.status, row.reason) == ("parked", reason)
    assert storing.open_body(row) == arrival.body
    assert service.process_all() == 0 and not calls


def test_the_body_is_sealed_in_the_table():
    arrival = an_arrival(a_command(data={"note": "clinical canary"}))
    row = storing.store(arrival, partner=a_partner("ehr"))
    row.refresh_from_db()
    assert b"canary" not in bytes(row.body)
    assert storing.open_body(row) == arrival.body


def test_a_command_that_fails_is_undone_tried_again_and_parked_in_the_end():
    partner = a_partner("ehr")
    behaviour["outcome"] = RuntimeError("broken")
    storing.store(an_arrival(), partner=partner)
    for _ in range(processor.MOST_STARTS + 2):
        InboxMessage.objects.update(next_attempt_at=None)
        service.process_all()
    row = InboxMessage.objects.get()
    assert (row.status, row.reason) == ("parked", "handler_failed")
    assert len(calls) == processor.MOST_STARTS and answers() == []


def test_a_command_that_ends_the_process_is_parked_after_its_starts():
    """The start is on record before the work: what never came back counts."""
    storing.store(an_arrival(), partner=a_partner("ehr"))
    InboxMessage.objects.update(started_attempts=processor.MOST_STARTS)
    service.process_all()
    row = InboxMessage.objects.get()
    assert (row.status, row.reason) == ("parked", "started_too_often")
    assert not calls


def test_commands_for_one_subject_wait_for_their_predecessor():
    partner = a_partner("ehr")
    subject = str(uuid.uuid4())
    behaviour["outcome"] = RuntimeError("broken")
    storing.store(an_arrival(a_command(id="a", subject=subject)), partner=partner)
    service.process_all()
    behaviour["outcome"] = (True, None)
    storing.store(an_arrival(a_command(id="b", subject=subject)), partner=partner)
    storing.store(an_arrival(a_command(id="c")), partner=partner)
    service.process_all()
    assert [call["command_id"] for call in calls] == ["a", "c"]
    InboxMessage.objects.update(next_attempt_at=None)
    service.process_all()
    assert [call["command_id"] for call in calls] == ["a", "c", "a", "b"]


def test_an_answer_is_in_the_partners_feed_and_in_no_persons():
    from integrations import feed
    from integrations.models import Event

    partner = a_partner("ehr")
    storing.store(an_arrival(), partner=partner)
    service.process_all()
    own = feed.read(after="", limit=10, subjects=None, partner=partner)
    person = feed.read(after="", limit=10, subjects=Event.objects.values("subject"), partner=None)
    assert (len(own.results), len(person.results)) == (1, 0)
