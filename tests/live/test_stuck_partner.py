"""One partner's queue is stuck, in each of five ways: the other partner's events flow."""

import time
from contextlib import contextmanager

import pytest

from integrations import topology
from integrations.models import Delivery
from integrations.rabbitmq.publisher import Publisher
from integrations.relay import Relay
from integrations.relay.relay import Limits
from tests.integrations.samples import a_partner
from tests.live.oracle import account, fresh_queues, take_all
from tests.live.stuck import WAYS, full, silent
from tests.live.test_broker_transport import wait_open

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

COUNT = 150


@pytest.fixture
def owed(mortal_broker):
    """So many events for each of two partners, with empty queues."""
    from bench import corpus

    fresh_queues(mortal_broker.admin_url, "stuck", "well")
    for slug in ("stuck", "well"):
        a_partner(slug)
    corpus.fill(["stuck", "well"], count=COUNT, keys=COUNT // 3)


@contextmanager
def relaying(broker, *, confirm_deadline):
    transport = Publisher(
        broker.url, exchange=topology.EVENTS, confirm_deadline=confirm_deadline, longest_pause=0.5
    )
    relay = Relay(transport, limits=Limits(retry_base=0.05))
    wait_open(relay.transport)
    try:
        yield relay
    finally:
        relay.close(5)


def waiting(slug):
    return Delivery.objects.filter(partner__slug=slug).exclude(status="sent").count()


def run_until_sent(relay, slug, seconds=30.0):
    """Seconds until everything of this partner is confirmed."""
    began = time.monotonic()
    while waiting(slug):
        relay.run_once(wait=0.02)
        if time.monotonic() - began > seconds:
            break
    return time.monotonic() - began


def bodies_of(slug):
    return [
        bytes(b) for b in Delivery.objects.filter(partner__slug=slug).values_list("body", flat=True)
    ]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_one_stuck_queue_does_not_hold_up_the_other(mortal_broker, owed, way):
    with relaying(mortal_broker, confirm_deadline=1.0) as relay, way(mortal_broker, "stuck"):
        run_until_sent(relay, "well")
        assert waiting("well") == 0
        # A length limit takes its time to be in force.
        assert waiting("stuck") > (0 if way is full else COUNT - 2)
    # A relay that knows of no trouble, so that nothing waits for its next attempt.
    Delivery.objects.filter(partner__slug="stuck").update(next_attempt_at=None)
    with relaying(mortal_broker, confirm_deadline=1.0) as relay:
        run_until_sent(relay, "stuck")
    for slug in ("well", "stuck"):
        taken = take_all(mortal_broker.admin_url, topology.partner_queue(slug))
        assert account(bodies_of(slug), taken).sound, slug


def test_a_relay_that_waits_for_the_silent_queue_is_held_up(mortal_broker, owed):
    """The control: on one channel, and without an end to waiting, the other partner waits too."""
    with relaying(mortal_broker, confirm_deadline=600.0) as relay:
        with silent(mortal_broker, "stuck"):
            run_until_sent(relay, "well", seconds=2.0)
            assert waiting("well") > 0
        run_until_sent(relay, "well")
        assert waiting("well") == 0
