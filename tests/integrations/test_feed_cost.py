"""A page of the feed costs the same at the beginning and at the end of a long history."""

import json

import pytest
from django.db import connection

from integrations import feed
from integrations.feed import cursors, reader
from integrations.models import Event
from tests.integrations.samples import AUDIENCE, a_partner

pytestmark = [pytest.mark.pg, pytest.mark.django_db]

EVENTS, PARTNERS, LIMIT = 20_000, 10, 50

_EVENTS = """
INSERT INTO integrations_event (event_id, type, source, sequence, subject, time, recorded_at,
  dataschema, data, body, actor_kind, correlationid, causationid, traceparent, position)
SELECT gen_random_uuid(), 't', 'urn:' || n, 1, md5((n %% 500)::text)::uuid, now(), now(),
  's', '{{}}', '{{}}'::bytea, '', '', '', '', n
FROM generate_series(1, {events}) AS n
"""
_DELIVERIES = """
INSERT INTO integrations_delivery (event_id, partner_id, ordering_key, key_seq, lane, routing_key,
  type, body, signature, status, attempts, last_error, created_at, confirmed_at)
SELECT ordinal, (%s::uuid[])[1 + position %% {partners}], source, 1, 0, 'r', 't', body, '', 'sent',
  0, '', now(), now()
FROM integrations_event
"""


@pytest.fixture
def history():
    """A long one, of which each partner is owed a tenth."""
    partners = [a_partner(f"p{number}", audience=AUDIENCE) for number in range(PARTNERS)]
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS.format(events=EVENTS), [])
        cursor.execute(_DELIVERIES.format(partners=PARTNERS), [[p.pk for p in partners]])
        cursor.execute("ANALYZE integrations_event")
        cursor.execute("ANALYZE integrations_delivery")
    return partners


def plan_of(rows):
    plan = json.loads(rows.explain(analyze=True, format="json"))[0]["Plan"]
    return list(nodes(plan))


def nodes(plan):
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def touched(plan):
    """How many rows the plan looked at in tables and indexes."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in plan
        if "Relation Name" in node
    )


def of_partner(partner, start):
    return reader._rows(start, None, partner)[:LIMIT]


def of_person(start):
    visible = Event.objects.filter(position__lte=400).values("subject")
    return reader._rows(start, visible, None)[:LIMIT]


@pytest.mark.parametrize("whose", ["partner", "person"])
def test_a_page_is_read_by_the_keyset_wherever_it_is(history, whose):
    places = (0, EVENTS // 2, EVENTS - 2000)
    pages = [of_partner(history[3], at) if whose == "partner" else of_person(at) for at in places]
    plans = [plan_of(page) for page in pages]
    for plan in plans:
        assert {"integrations_event_position_key"} <= {node.get("Index Name") for node in plan}
        assert not {"Sort", "Seq Scan", "Hash Join"} & {node["Node Type"] for node in plan}
    costs = [touched(plan) for plan in plans]
    # Of ten partners, one finds its own in every tenth row.
    assert max(costs) <= 2 * LIMIT * PARTNERS
    assert max(costs) - min(costs) <= PARTNERS
    assert all(len(page) == LIMIT for page in pages)


@pytest.mark.parametrize("whose", ["partner", "person"])
def test_who_has_read_all_asks_for_next_to_nothing(history, whose):
    """What a reader that keeps up asks, again and again."""
    last = EVENTS - 3
    page = of_partner(history[3], last) if whose == "partner" else of_person(last)
    assert touched(plan_of(page)) < 10


def test_pages_by_their_number_would_cost_more_and_more(history):
    """The control."""
    rows = Event.objects.order_by("position").values_list("position", "body")
    first, last = plan_of(rows[:LIMIT]), plan_of(rows[EVENTS - LIMIT :])
    assert touched(last) > 50 * touched(first)


def test_a_page_holds_a_thousand_at_most_and_the_next_one_goes_on(history):
    partner, after, seen = history[3], "", []
    everyone = {"subjects": Event.objects.values("subject"), "partner": None}
    for limit in (10**9, 1000, 1001):
        page = feed.read(after=after, limit=limit, **everyone)
        assert len(page.results) == 1000 and page.next_after
        after = page.next_after
        seen.append(cursors.decode(after))
    assert seen == [1000, 2000, 3000]
    whole = feed.read(after="", limit=1000, subjects=None, partner=partner)
    rest = feed.read(after=whole.next_after, limit=1000, subjects=None, partner=partner)
    assert len(whole.results) + len(rest.results) == EVENTS // PARTNERS
    end = feed.read(after=rest.next_after, limit=1000, subjects=None, partner=partner)
    assert (end.results, end.next_after) == ([], rest.next_after)
