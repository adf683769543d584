"""Many messages at once: one statement for what is new, and one effect whatever comes again."""

import json
import random
import threading
import uuid
from collections import Counter

import pytest
from django.db import DataError, OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations import waiting
from integrations.inbox import batches, parsing, processor, service, storing
from integrations.inbox.service import Desk
from integrations.models import InboxMessage
from integrations.rabbitmq.consumer import Consumer, StoreAway
from tests.integrations import test_inbox as domain
from tests.integrations.samples import a_partner
from tests.integrations.test_inbox import a_command, an_arrival
from tests.integrations.test_relay_batches import HERE_AND_PG

pytestmark = pytest.mark.django_db

IDS, TIMES = 60, 5


@pytest.fixture(autouse=True)
def handled_here(settings):
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    domain.calls.clear()
    domain.behaviour["outcome"] = (True, None)


def commands(count, **more):
    return [an_arrival(a_command(id=f"cmd-{n}", **more)) for n in range(count)]


def test_what_is_new_takes_one_statement_and_keeps_its_order(django_assert_num_queries):
    partner = a_partner("ehr")
    with django_assert_num_queries(1):
        batches.store_batch(commands(100), partner=partner)
    rows = InboxMessage.objects.order_by("pk")
    assert list(rows.values_list("message_id", flat=True)) == [f"cmd-{n}" for n in range(100)]
    row = rows[7]
    assert json.loads(storing.open_body(row))["id"] == "cmd-7"
    assert row.place == f"inbox|{partner.pk}|urn:ehr|cmd-7"


@pytest.mark.parametrize("engine", HERE_AND_PG)
def test_a_batch_leaves_what_one_by_one_leaves(engine):
    mixed = [
        an_arrival(a_command(id="a")), an_arrival(b"no json"), an_arrival(a_command(id="b")),
        an_arrival(a_command(id="a", subject=str(uuid.uuid4()))), an_arrival(b"no json"),
        an_arrival(user_id="other"),
    ]  # fmt: skip
    mixed.append(mixed[0])
    one, many = a_partner("ehr"), a_partner("ehr-two", audience=uuid.uuid4())
    for arrival in mixed:
        storing.store(arrival, partner=one)
    as_other = [
        parsing.Arrival(a.body, a.content_type, a.user_id.replace("ehr", "ehr-two"),
                        a.routing_key.replace("ehr", "ehr-two"))
        for a in mixed
    ]  # fmt: skip
    batches.store_batch(as_other, partner=many)

    def left(partner):
        rows = InboxMessage.objects.filter(partner=partner)
        return sorted(rows.values_list("message_id", "status", "reason", "duplicates"))

    assert left(many) == left(one)
    assert {status for _, status, _, _ in left(one)} == {"received", "parked", "quarantined"}


def test_shuffled_repetitions_have_one_effect_each():
    """60 ids, five times each, in batches of any size; `make soak` has a thousand."""
    partner, dice = a_partner("ehr"), random.Random(20261126)
    arrivals = commands(IDS) * TIMES
    dice.shuffle(arrivals)
    while arrivals:
        size = dice.randint(1, 40)
        batches.store_batch(arrivals[:size], partner=partner)
        arrivals = arrivals[size:]
        if dice.random() < 0.5:
            service.process_all()
    service.process_all()
    assert Counter(call["command_id"] for call in domain.calls) == {
        f"cmd-{n}": 1 for n in range(IDS)
    }
    found = InboxMessage.objects.values_list("status", "duplicates")
    assert Counter(found) == {("done", TIMES - 1): IDS}


def test_one_value_that_the_database_refuses_does_not_take_the_batch_along(monkeypatch):
    partner = a_partner("ehr")
    insert = batches._insert

    def refuse(readable, partner):
        if len(readable) > 1:
            raise DataError
        return insert(readable, partner)

    monkeypatch.setattr(batches, "_insert", refuse)
    single = storing._insert

    def refuse_one(row, body):
        if row.message_id == "cmd-1":
            raise DataError
        return single(row, body)

    monkeypatch.setattr(storing, "_insert", refuse_one)
    batches.store_batch(commands(3), partner=partner)
    rows = dict(InboxMessage.objects.values_list("message_id", "reason"))
    assert len(rows) == 3 and rows["cmd-0"] == rows["cmd-2"] == ""
    assert set(rows.values()) == {"", "could_not_be_read"}


def test_a_fault_of_ours_parks_the_message_and_not_the_consumer(monkeypatch):
    def broken(body):
        raise KeyError("a fault of ours")

    monkeypatch.setattr(storing, "read", broken)
    batches.store_batch(commands(2), partner=a_partner("ehr"))
    rows = InboxMessage.objects.values_list("status", "reason")
    assert set(rows) == {("parked", "could_not_be_read")}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from(["specversion", "id", "source", "type", "subject", "data"]), JSON, max_size=3
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    FIELDS.map(lambda changed: json.dumps(a_command(**changed)).encode()),
    st.text(max_size=30).map(lambda text: json.dumps(a_command(id=text)).encode()),
    st.just(b'{"specversion":"1.0","id":"x","id":"y"}'),
    st.just(json.dumps(a_command()).replace("3", "1e999").encode()),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(bodies=st.lists(BODIES, min_size=1, max_size=4), key=st.text(max_size=20))
def test_no_body_ends_the_consumer_and_none_disappears(bodies, key):
    from integrations.models import Partner

    partner = Partner.objects.filter(slug="ehr").first() or a_partner("ehr")
    arrivals = [an_arrival(body) for body in bodies] + [an_arrival(bodies[0], routing_key=key)]
    batches.store_batch(arrivals, partner=partner)
    kept = {storing.open_body(row) for row in InboxMessage.objects.all()}
    assert {arrival.body for arrival in arrivals} <= kept
    service.process_all()
    assert not InboxMessage.objects.filter(status="received").exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"specversion":"1.0","id":"x","id":"y"}',
        json.dumps(a_command(data={"n": "much"})).replace('"much"', "1e999").encode(),
        b"\xef\xbb\xbf{}",
        json.dumps(a_command()).encode("utf-16"),
    ],
    ids=["a name twice", "a number without end", "a byte order mark", "another encoding"],
)
def test_json_is_read_as_strictly_as_by_the_api(body):
    row = storing.store(an_arrival(body), partner=a_partner("ehr"))
    assert (row.status, row.reason) == ("parked", "not_json")


# --- Whom messages are taken from ---------------------------------------------------------------


def test_a_partner_far_behind_is_left_with_its_queue_and_the_others_are_not(monkeypatch):
    monkeypatch.setattr(service, "MOST_WAITING", 4)
    busy, idle = a_partner("busy"), a_partner("idle")
    desk = Desk()
    assert desk.open_for() == ["busy", "idle"]
    as_busy = [
        parsing.Arrival(a.body, a.content_type, "busy", a.routing_key.replace("ehr", "busy"))
        for a in commands(5)
    ]
    desk.store("busy", as_busy)
    assert desk.open_for() == ["idle"]
    service.process_next()
    service.process_next()
    assert desk.open_for() == ["idle"], "not before half of them are done"
    service.process_next()
    assert desk.open_for() == ["busy", "idle"]
    assert InboxMessage.objects.filter(partner=busy, status="done").count() == 3
    assert not InboxMessage.objects.filter(partner=idle).exists()


def test_a_partner_that_was_deactivated_is_listened_to_no_more():
    partner = a_partner("ehr")
    partner.active = False
    partner.save()
    assert Desk().open_for() == []


def test_a_database_that_is_away_rejects_nothing(monkeypatch):
    a_partner("ehr")
    desk = Desk()
    desk.open_for()

    def away(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(service.connection, "close", lambda: None)
    monkeypatch.setattr(batches, "store_batch", away)
    with pytest.raises(StoreAway):
        desk.store("ehr", commands(1))
    monkeypatch.setattr(Desk, "_notice_behind", away)
    with pytest.raises(StoreAway):
        desk.open_for()


def test_one_command_does_not_wait_behind_the_many_of_another_partner():
    busy, quiet = a_partner("busy"), a_partner("quiet")
    for slug, partner, count in (("busy", busy, 20), ("quiet", quiet, 1)):
        arrivals = [
            parsing.Arrival(a.body, a.content_type, slug, a.routing_key.replace("ehr", slug))
            for a in commands(count)
        ]
        batches.store_batch(arrivals, partner=partner)
    service.process_next()
    service.process_next()
    done = InboxMessage.objects.filter(status="done").values_list("partner", flat=True)
    assert set(done) == {busy.pk, quiet.pk}
    assert service.process_all() == 19


def test_what_nobody_foresaw_does_not_end_the_receiving(monkeypatch, settings):
    settings.AMQP_URL = "amqp://nobody.invalid/"
    stop, runs = threading.Event(), []

    def run(self, stopped):
        runs.append(self)
        if len(runs) == 1:
            raise KeyError("not foreseen")
        stop.set()

    monkeypatch.setattr(Consumer, "run", run)
    monkeypatch.setattr(service, "AGAIN_AFTER", 0.01)
    service._receive(stop)
    assert len(runs) == 2


# --- Starts ----------------------------------------------------------------------------------


def test_a_started_command_is_left_to_who_started_it(monkeypatch):
    storing.store(an_arrival(), partner=a_partner("ehr"))
    assert processor._start_next() is not None
    assert processor._start_next() is None
    InboxMessage.objects.update(next_attempt_at=None)  # the lease is over
    assert processor._start_next().started_attempts == 2


def test_dead_letters_are_kept_as_counted_and_shown_by_the_metrics():
    a_partner("ehr")
    batches.store_batch(commands(3), partner=a_partner("desk", audience=uuid.uuid4()))
    Desk().note_dead_letters({"ehr": 4})
    assert values("dead_letters") == {"ehr": 4, "desk": 0}
    assert values("inbox_parked") == {"": 3}  # sent by another account than the partner's
    InboxMessage.objects.update(status="received", reason="")
    assert values("inbox_pending") == {"ehr": 0, "desk": 3}
    assert values("inbox_lag_seconds")[""] > 0


def values(name):
    family = next(family for family in waiting.figures() if family.name == name)
    return {sample.labels.get("partner", ""): sample.value for sample in family.samples}
