"""The topology is one table: printed with its policies and rights, and compared with an export."""

import copy
import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations import topology
from integrations.rabbitmq import definitions
from integrations.rabbitmq.inspection import NOBODYS_KEY, unequal
from tests.integrations.samples import a_partner

SLUGS = ["desk", "ehr-1"]


def exported(**changed):
    """A broker that has everything, as rabbitmqctl writes it."""
    return {**copy.deepcopy(topology.definitions(SLUGS)), **changed}


def problems(export):
    return [f"{finding.name} {finding.problem}" for finding in definitions.compare(export, SLUGS)]


def test_a_broker_that_has_everything_is_fine():
    assert problems(exported()) == []


def without(kind, name, field="name"):
    rows = exported()
    kept = [row for row in rows[kind] if row[field] != name]
    assert len(kept) < len(rows[kind])
    return {**rows, kind: kept}


def changed(kind, name, **fields):
    rows = exported()
    (row,) = [row for row in rows[kind] if row["name"] == name]
    row.update(fields)
    return rows


QUEUE = "tandem.partner.ehr-1"
AE_POLICY = {
    "name": "hide", "vhost": "/", "pattern": "^tandem", "apply-to": "exchanges",
    "definition": {"alternate-exchange": "amq.fanout"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("export", "problem"),
    [
        (without("exchanges", "tandem.events"), "tandem.events is missing"),
        (changed("exchanges", "tandem.events", type="fanout"), "tandem.events has another type"),
        (changed("exchanges", "tandem.dead", durable=False), "tandem.dead has another durable"),
        (
            changed("exchanges", "tandem.events", arguments={"alternate-exchange": "x"}),
            "tandem.events has an alternate exchange",
        ),
        (
            exported(policies=[*topology.policies(), AE_POLICY]),
            "tandem.events has an alternate exchange",
        ),
        (without("queues", QUEUE), f"{QUEUE} is missing"),
        (changed("queues", QUEUE, durable=False), f"{QUEUE} is not durable"),
        (
            changed("queues", QUEUE, arguments={"x-queue-type": "quorum"}),
            f"{QUEUE} has another x-delivery-limit",
        ),
        (without("bindings", QUEUE, "destination"), f"{QUEUE} is not bound to tandem.events"),
        (
            exported(
                bindings=[
                    *topology.definitions(SLUGS)["bindings"],
                    {
                        "source": "tandem.events",
                        "destination": "tap",
                        "routing_key": "#",
                        "vhost": "/",
                    },
                ]
            ),
            "tap takes in everything of tandem.events",
        ),
        (without("policies", "tandem-dead"), "The policy tandem-dead is missing"),
        (without("permissions", "desk", "user"), "The account desk has no permissions"),
        (
            exported(permissions=[{**row, "read": ".*"} for row in exported()["permissions"]]),
            "The account desk has other permissions than the least",
        ),
        (
            without("topic_permissions", "ehr-1", "user"),
            "The account ehr-1 has no topic permissions",
        ),
    ],
)
def test_each_fault_is_named_with_its_mend(export, problem):
    found = definitions.compare(export, SLUGS)
    assert any(f"{each.name} {each.problem}".startswith(problem) for each in found), found
    assert all(len(each.mend) > 20 for each in found)


def test_another_host_on_the_same_broker_is_not_ours():
    export = exported()
    for kind in ("exchanges", "queues", "bindings", "permissions"):
        for row in export[kind]:
            row["vhost"] = "other"
    assert "tandem.events is missing" in problems(export)
    assert definitions.compare(export, SLUGS, vhost="other") != []


@pytest.mark.django_db
def test_the_command_compares_an_export_and_asks_no_broker(tmp_path, settings):
    settings.AMQP_URL = ""
    for slug in SLUGS:
        a_partner(slug)
    printed = StringIO()
    call_command("topology", "print", stdout=printed)
    file = tmp_path / "export.json"
    file.write_text(printed.getvalue())
    out = StringIO()
    call_command("topology", "check", definitions=str(file), stdout=out)
    assert "everything" in out.getvalue()
    file.write_text(json.dumps(without("queues", QUEUE)))
    with pytest.raises(CommandError, match=r"ehr-1 is missing.*topology print"):
        call_command("topology", "check", definitions=str(file))
    for wrong in ("[]", "no json", "{}"):
        file.write_text(wrong)
        with pytest.raises(CommandError, match="export_definitions"):
            call_command("topology", "check", definitions=str(file))
    with pytest.raises(CommandError, match="AMQP_URL is not set"):
        call_command("topology", "check")


def test_the_limits_of_the_contract_are_arguments_and_the_policies_repeat_them():
    events = topology.queues_of("ehr-1")[0]
    assert events.arguments["x-delivery-limit"] == topology.DELIVERY_LIMIT
    assert events.arguments["x-max-length"] == topology.MAX_LENGTH
    assert events.arguments["x-dead-letter-exchange"] == topology.DEAD
    working, dead = topology.policies()
    for queue in topology.queues(SLUGS):
        matching = [p for p in (working, dead) if re.search(p["pattern"], queue.name)]
        assert matching == [dead if queue.name.endswith(".dead") else working], queue.name
    assert working["definition"]["delivery-limit"] == events.arguments["x-delivery-limit"]


def test_a_partners_rights_reach_its_own_and_nothing_else():
    rights = topology.permissions_of("ehr-1")
    read, topic = rights["permissions"]["read"], rights["topic_permissions"]["write"]
    assert re.search(read, "tandem.partner.ehr-1")
    for name in (
        "tandem.partner.ehr-12", "tandem.partner.ehr-1.dead", "tandem.partner.desk",
        "tandem.commands.ehr-1", "tandemxpartner.ehr-1",
    ):  # fmt: skip
        assert not re.search(read, name), name
    assert re.search(topic, "ehr-1.start_care")
    for key in ("ehr-12.start_care", "desk.start_care", "ehr-1", "x.ehr-1.start_care"):
        assert not re.search(topic, key), key


def test_the_portals_account_reads_no_partners_queue():
    read = topology.PORTAL_RIGHTS["read"]
    for name in ("tandem.commands", "tandem.commands.ehr-1", "tandem.partner.ehr-1.dead"):
        assert re.search(read, name), name
    for name in ("tandem.partner.ehr-1", "tandem.events", "tandem.partner.x.deadly"):
        assert not re.search(read, name), name


def test_nobodys_key_can_be_no_partners():
    from integrations.models.partners import slug_shape

    with pytest.raises(Exception, match="lower-case"):
        slug_shape(NOBODYS_KEY.split(".")[0])


def test_the_broker_names_the_property_that_differs():
    text = "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'x' in vhost '/': received"
    assert unequal(text) == "durable"
    assert unequal("something else") == "property"
