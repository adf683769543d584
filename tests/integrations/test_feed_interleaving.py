"""Eight writers that commit when they like: the feed skips nothing, a watermark would."""

import json
import random
import threading
import time
import uuid

import pytest
from django.db import connection, transaction

from integrations import feed, outbox
from integrations.models import Delivery, Event
from tests.integrations.samples import (
    AUDIENCE,
    MOMENT,
    SUBMITTED,
    a_partner,
    an_event,
    payload,
)

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

WRITERS = 8
EVENTS = 25


def write(seed, audience=None):
    """Emit, then dawdle before the commit, so that a lower ordinal commits after a higher."""
    chance = random.Random(seed)
    try:
        for _ in range(EVENTS):
            with transaction.atomic():
                outbox.emit(
                    event=SUBMITTED,
                    subject=uuid.uuid4(),
                    data=payload(),
                    audience=audience,
                    occurred_at=MOMENT,
                )
                time.sleep(chance.uniform(0, 0.02))
    finally:
        connection.close()


class Reader(threading.Thread):
    """Reads on and on, by cursor; once more after the writers have ended."""

    def __init__(self, step):
        super().__init__()
        self.step, self.seen, self.stop = step, [], threading.Event()

    def run(self):
        after = self.step.start
        try:
            while True:
                last = self.stop.is_set()
                found, after = self.step(after)
                self.seen += found
                if last and not found:
                    return
        finally:
            connection.close()


class FeedStep:
    start = ""

    def __call__(self, after):
        page = feed.read(
            after=after, limit=50, subjects=Event.objects.values("subject"), partner=None
        )
        return [bytes(body) for body in page.results], page.next_after


class PartnerStep(FeedStep):
    """A partner that only pulls."""

    def __init__(self, partner):
        self.partner = partner

    def __call__(self, after):
        page = feed.read(after=after, limit=7, subjects=None, partner=self.partner)
        return [bytes(body) for body in page.results], page.next_after


class WatermarkStep:
    """What the feed must not do: everything with an ordinal above the last one seen."""

    start = 0

    def __call__(self, after):
        rows = list(
            Event.objects.filter(ordinal__gt=after)
            .order_by("ordinal")
            .values_list("ordinal", "body")[:50]
        )
        return [bytes(body) for _, body in rows], rows[-1][0] if rows else after


def run_against(step, audience=None):
    reader = Reader(step)
    writers = [threading.Thread(target=write, args=[seed, audience]) for seed in range(WRITERS)]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    reader.stop.set()
    reader.join()
    return reader.seen


def test_the_feed_skips_nothing_and_repeats_nothing():
    seen = run_against(FeedStep())
    stored = Event.objects.order_by("position").values_list("body", flat=True)
    assert len(seen) == WRITERS * EVENTS
    assert seen == [bytes(body) for body in stored]


def test_a_partner_that_only_pulls_loses_nothing():
    partner = a_partner("ehr", audience=AUDIENCE)
    a_partner("desk", audience=AUDIENCE)
    seen = run_against(PartnerStep(partner), AUDIENCE)
    owed = Delivery.objects.filter(partner=partner).order_by("event__position")
    assert len(seen) == WRITERS * EVENTS
    assert seen == [bytes(body) for body in owed.values_list("body", flat=True)]
    assert not Delivery.objects.exclude(status="pending").exists()


class LateCommit(threading.Thread):
    """Writes an event, and commits when it is told to."""

    def __init__(self, audience):
        super().__init__()
        self.audience = audience
        self.written, self.go = threading.Event(), threading.Event()

    def run(self):
        try:
            with transaction.atomic():
                self.event = an_event(audience=self.audience)
                self.written.set()
                assert self.go.wait(20)
        finally:
            connection.close()


@pytest.mark.parametrize("kind", ["person", "partner", "watermark"])
def test_the_first_to_write_commits_last(kind):
    """The story step by step: nobody is skipped; a cursor over the ordinal skips the first."""
    step = {"person": FeedStep, "watermark": WatermarkStep}.get(kind) or PartnerStep
    step = step(a_partner("ehr")) if kind == "partner" else step()
    late = LateCommit(AUDIENCE)
    late.start()
    assert late.written.wait(20)
    quick = an_event(audience=AUDIENCE)
    seen, after = step(step.start)
    late.go.set()
    late.join()
    more, _ = step(after)
    assert late.event.ordinal < quick.ordinal
    expected = [quick.event_id] if kind == "watermark" else [quick.event_id, late.event.event_id]
    assert [json.loads(body)["id"] for body in seen + more] == [str(id_) for id_ in expected]


def test_many_sequencers_at_once_give_each_event_one_place():
    def place():
        try:
            for _ in range(20):
                feed.assign_positions(limit=3)
        finally:
            connection.close()

    sequencers = [threading.Thread(target=place) for _ in range(4)]
    writers = [threading.Thread(target=write, args=[seed]) for seed in range(3)]
    for thread in [*sequencers, *writers]:
        thread.start()
    for thread in [*sequencers, *writers]:
        thread.join()
    while feed.assign_positions():
        pass
    places = Event.objects.order_by("position").values_list("position", flat=True)
    assert list(places) == list(range(1, 3 * EVENTS + 1))


def test_a_watermark_over_the_ordinal_skips():
    assert len(run_against(WatermarkStep())) < WRITERS * EVENTS


def test_one_subject_written_by_many_has_a_sequence_without_gap():
    subject = uuid.uuid4()

    def emit_or_undo(seed):
        chance = random.Random(seed)
        try:
            for number in range(EVENTS):
                with transaction.atomic():
                    outbox.emit(
                        event=SUBMITTED,
                        subject=subject,
                        data=payload(),
                        audience=None,
                        occurred_at=MOMENT,
                    )
                    time.sleep(chance.uniform(0, 0.002))
                    if number % 5 == 0:
                        transaction.set_rollback(True)
        finally:
            connection.close()

    threads = [threading.Thread(target=emit_or_undo, args=[seed]) for seed in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    feed.assign_positions()
    rows = list(Event.objects.order_by("position").values_list("sequence", flat=True))
    assert rows == list(range(1, WRITERS * 20 + 1))
