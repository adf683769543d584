"""The feed: one order that never changes, nothing skipped, cursors that show a slip."""

import json
import uuid

import pytest
from django.db import connection

from integrations import feed
from integrations.models import Delivery, Event
from tests.integrations.samples import ACCEPTED, a_partner, an_event

pytestmark = pytest.mark.django_db


def everything():
    return Event.objects.values("subject")


def ids(page):
    return [json.loads(body)["id"] for body in page.results]


def read_all(limit=2, **whose):
    after, seen = "", []
    while True:
        page = feed.read(after=after, limit=limit, **whose)
        if not page.results:
            return seen
        seen += ids(page)
        after = page.next_after


def test_pages_follow_one_another_without_gap_or_repetition():
    events = [str(an_event().event_id) for _ in range(7)]
    assert read_all(subjects=everything(), partner=None) == events


def test_an_empty_feed_has_a_cursor_that_works_later():
    page = feed.read(after="", limit=10, subjects=everything(), partner=None)
    assert page.results == [] and page.next_after
    event = an_event()
    later = feed.read(after=page.next_after, limit=10, subjects=everything(), partner=None)
    assert ids(later) == [str(event.event_id)]


def test_a_person_sees_the_visible_subjects_only():
    mine, other = uuid.uuid4(), uuid.uuid4()
    own = an_event(mine)
    an_event(other)
    visible = Event.objects.filter(subject=mine).values("subject")
    page = feed.read(after="", limit=10, subjects=visible, partner=None)
    assert ids(page) == [str(own.event_id)]
    assert bytes(page.results[0]) == bytes(own.body)


def test_a_partner_reads_the_bytes_of_its_own_deliveries():
    partner = a_partner("ehr")
    a_partner("desk")
    subject = uuid.uuid4()
    an_event(subject)
    an_event(subject, event=ACCEPTED, version=2)
    page = feed.read(after="", limit=10, subjects=None, partner=partner)
    owed = Delivery.objects.filter(partner=partner).order_by("key_seq")
    assert page.results == [bytes(delivery.body) for delivery in owed]
    assert len(page.results) == 2


def test_who_commits_late_is_not_skipped():
    """A lower ordinal that becomes visible after a higher one was read."""
    first, second = an_event(), an_event()
    hidden = {f.attname: getattr(first, f.attname) for f in Event._meta.fields}
    with_lifted_triggers(lambda: first.delete())
    page = feed.read(after="", limit=10, subjects=everything(), partner=None)
    assert ids(page) == [str(second.event_id)]
    Event.objects.create(**hidden)
    later = feed.read(after=page.next_after, limit=10, subjects=everything(), partner=None)
    assert ids(later) == [str(hidden["event_id"])]


def with_lifted_triggers(work):
    from integrations import triggers

    with triggers.lifted(connection):
        work()


def test_positions_never_change():
    for _ in range(3):
        an_event()
    feed.assign_positions()
    before = list(Event.objects.order_by("ordinal").values_list("ordinal", "position"))
    an_event()
    feed.assign_positions()
    assert list(Event.objects.order_by("ordinal").values_list("ordinal", "position"))[:3] == before
    assert [position for _, position in before] == [1, 2, 3]


def test_the_sequencer_works_in_parts():
    for _ in range(5):
        an_event()
    assert [feed.assign_positions(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert list(Event.objects.order_by("ordinal").values_list("position", flat=True)) == [
        *range(1, 6)
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: cursor[:-1],
        lambda cursor: cursor + "A",
        lambda cursor: cursor + "=",
        lambda cursor: ("B" if cursor[0] != "B" else "C") + cursor[1:],
        lambda cursor: "1",
        lambda cursor: "é",
        lambda cursor: "x" * 5000,
        lambda cursor: " " + cursor,
    ],
)
def test_a_cursor_that_was_altered_is_refused(spoil):
    an_event()
    page = feed.read(after="", limit=10, subjects=everything(), partner=None)
    with pytest.raises(feed.BadCursor):
        feed.read(after=spoil(page.next_after), limit=10, subjects=everything(), partner=None)


def test_the_limit_is_capped():
    for _ in range(3):
        an_event()
    page = feed.read(after="", limit=0, subjects=everything(), partner=None)
    assert len(page.results) == 1
    page = feed.read(after="", limit=10**9, subjects=everything(), partner=None)
    assert len(page.results) == 3


def test_a_page_takes_two_statements_whatever_its_size(django_assert_num_queries):
    for _ in range(30):
        an_event()
    feed.assign_positions()
    for size in (1, 30):
        with django_assert_num_queries(2):
            feed.read(after="", limit=size, subjects=everything(), partner=None)


def test_a_feed_is_read_by_one_side_only():
    with pytest.raises(ValueError, match="either"):
        feed.read(after="", limit=1, subjects=None, partner=None)


def test_the_reader_goes_by_an_index():
    an_event()
    feed.assign_positions()
    rows = Event.objects.filter(position__gt=0, private_to__isnull=True).order_by("position")
    assert "USING INDEX" in rows.explain() or "Index Scan" in rows.explain()
