"""Event types, identifiers, topology: what is fixed about names."""

import json
import uuid
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from integrations import partners, topology
from integrations.errors import UnknownEvent
from integrations.identifiers import uuid7
from integrations.rabbitmq.parameters import account_of, parameters_from
from integrations.registry import EventType
from tests.integrations.samples import AUDIENCE, SCHEMA, SUBMITTED


def test_the_names_of_an_event_type():
    assert SUBMITTED.type == "tandem.referral.submitted.v1"
    assert SUBMITTED.topic == "referral.submitted.v1"
    assert EventType("x", "2.3", SCHEMA, "0.2").type == "tandem.referral.x.v2"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {}},
        {
            "type": "object",
            "properties": {"inner": {"type": ["object", "null"], "properties": {}}},
            "additionalProperties": False,
        },
    ],
)
def test_a_schema_that_leaves_an_object_open_is_refused(schema):
    with pytest.raises(ValueError, match="open"):
        EventType("x", "1.0", schema, "0.1")


def test_uuid7_rises_and_is_version_7():
    made = [uuid7() for _ in range(2000)]
    assert made == sorted(made) and len(set(made)) == 2000
    assert {u.version for u in made} == {7} and {u.variant for u in made} == {uuid.RFC_4122}


@pytest.mark.parametrize("slug", ["Upper", "a.b", "a*", "#", "-a", "a" * 51, "", "a\n"])
@pytest.mark.django_db
def test_a_slug_that_cannot_be_a_queues_name_is_refused(slug):
    with pytest.raises(ValidationError):
        partners.register(slug=slug, name="x", scope_key=AUDIENCE, client_id="c")


@pytest.mark.django_db
def test_a_partner_chooses_among_known_events():
    made = partners.register(
        slug="ehr", name="EHR", scope_key=AUDIENCE, client_id="c", events=["accepted"]
    )
    assert made.wants("accepted") and not made.wants("submitted")
    with pytest.raises(UnknownEvent):
        partners.choose_events(made, events=["unheard_of"])


def test_the_topology_is_that_of_the_contract():
    found = {queue.name: queue for queue in topology.queues_of("ehr-demo")}
    assert set(found) == {
        "tandem.partner.ehr-demo",
        "tandem.partner.ehr-demo.dead",
        "tandem.commands.ehr-demo",
        "tandem.commands.ehr-demo.dead",
    }
    events = found["tandem.partner.ehr-demo"]
    assert (events.exchange, events.binding) == ("tandem.events", "ehr-demo.#")
    assert events.arguments["x-queue-type"] == "quorum"
    assert events.arguments["x-overflow"] == "reject-publish"
    assert events.arguments["x-dead-letter-routing-key"] == "partner.ehr-demo"
    assert found["tandem.commands.ehr-demo.dead"].binding == "commands.ehr-demo"
    assert all("alternate-exchange" not in e["arguments"] for e in definitions()["exchanges"])


def definitions():
    return topology.definitions(["ehr-demo"])


def test_a_partner_has_the_least_rights():
    (rights,) = definitions()["permissions"]
    assert rights["configure"] == "^$"
    assert rights["read"] == r"^tandem\.partner\.ehr-demo$"
    (topic,) = definitions()["topic_permissions"]
    assert topic["write"] == r"^ehr-demo\..+$"


@pytest.mark.django_db
def test_the_command_prints_definitions_and_refuses_to_declare_outside_the_demo(settings):
    out = StringIO()
    call_command("topology", "print", stdout=out)
    assert {e["name"] for e in json.loads(out.getvalue())["exchanges"]} == set(topology.EXCHANGES)
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="topology print"):
        call_command("topology", "declare")


def test_connection_parameters_come_from_the_url():
    found = parameters_from("amqp://me:s%2Fecret@broker.example:5673/%2Fportal")
    assert (found.host, found.port, found.virtual_host) == ("broker.example", 5673, "/portal")
    assert found.credentials.password == "s/ecret"
    assert found.heartbeat == 20 and found.blocked_connection_timeout == 60
    assert parameters_from("amqps://me:x@broker.example/").port == 5671
    assert account_of("amqp://me:x@h/") == "me"


@pytest.mark.parametrize("url", ["", "http://me:secret@h/", "amqp://h/"])
def test_a_url_that_cannot_work_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="AMQP_URL") as refused:
        parameters_from(url)
    assert "secret" not in str(refused.value)
