"""What is parked stays parked and holds back its key alone, until somebody acts on it."""

import json
import uuid

import pytest
from django.utils import timezone

from integrations import deliveries, feed
from integrations.errors import NotPossible
from integrations.models import Delivery, Event
from integrations.relay import Relay
from integrations.relay.relay import Limits
from tests.integrations.fake_broker import FakeBroker
from tests.integrations.samples import a_partner, an_event

pytestmark = pytest.mark.django_db


def park(delivery):
    Delivery.objects.filter(pk=delivery.pk).update(
        status="parked", attempts=20, last_error="refused: 406"
    )
    return Delivery.objects.get(pk=delivery.pk)


def flow(*queues):
    """Relay until nothing moves; what each queue holds then, in order."""
    broker = FakeBroker(*queues)
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))
    for _ in range(20):
        relay.run_once(wait=0.01)
    relay.close()
    return {name: [json.loads(body) for body in broker.bodies(name)] for name in queues}


@pytest.fixture
def stuck():
    """A partner with three events of one subject, the second of them parked."""
    partner = a_partner("ehr")
    subject = uuid.uuid4()
    for version in (1, 2, 3):
        an_event(subject, version=version)
    return partner, park(Delivery.objects.get(key_seq=2))


def test_a_parked_delivery_freezes_its_key_and_no_other(stuck):
    an_event(uuid.uuid4())
    a_partner("desk")
    an_event(stuck[1].event.subject, version=4)
    told = flow("ehr", "desk")
    assert [event["sequence"] for event in told["ehr"]] == ["0000000001"] * 2
    assert [event["sequence"] for event in told["desk"]] == ["0000000001"]
    # However often it is tried: it needs a person.
    assert flow("ehr")["ehr"] == []
    assert Delivery.objects.get(pk=stuck[1].pk).status == "parked"


def test_retry_sends_the_same_bytes_and_what_waited_follows(stuck):
    partner, row = stuck
    deliveries.retry(partner, row.pk)
    told = flow("ehr")["ehr"]
    assert [event["sequence"] for event in told] == [f"{n:010d}" for n in (1, 2, 3)]
    assert told[1] == json.loads(bytes(row.body))


def test_skip_sends_a_tombstone_in_its_place_so_that_no_number_is_missing(stuck):
    partner, row = stuck
    deliveries.skip(partner, row.pk)
    told = flow("ehr")["ehr"]
    assert [event["sequence"] for event in told] == [f"{n:010d}" for n in (1, 2, 3)]
    tombstone = told[1]
    assert tombstone["type"] == "tandem.referral.skipped.v1"
    assert tombstone["id"] != str(row.event.event_id)
    assert tombstone["causationid"] == str(row.event.event_id)
    assert tombstone["data"] == {
        "skipped_id": str(row.event.event_id), "skipped_type": "tandem.referral.submitted.v1",
    }  # fmt: skip
    for same in ("source", "subject", "partitionkey"):
        assert tombstone[same] == told[0][same]
    assert Delivery.objects.get(pk=row.pk).routing_key == "ehr.referral.skipped.v1"
    kept = Delivery.objects.get(status="cancelled")
    assert (bytes(kept.body), kept.key_seq, kept.event) == (bytes(row.body), 2, row.event)


def test_what_was_skipped_is_still_read_in_the_feed_and_the_tombstone_is_not(stuck):
    partner, row = stuck
    before = feed.read(after="", limit=10, subjects=None, partner=partner)
    deliveries.skip(partner, row.pk)
    after = feed.read(after="", limit=10, subjects=None, partner=partner)
    assert list(after.results) == list(before.results) and len(after.results) == 3
    persons = feed.read(after="", limit=10, subjects=Event.objects.values("subject"), partner=None)
    assert len(persons.results) == 3


def test_an_answer_can_be_skipped_too(settings):
    from integrations.inbox import service, storing
    from tests.integrations.test_inbox import an_arrival

    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    partner = a_partner("ehr")
    storing.store(an_arrival(), partner=partner)
    service.process_all()
    deliveries.skip(partner, park(Delivery.objects.get()).pk)
    (told,) = flow("ehr")["ehr"]
    assert told["type"] == "tandem.command.skipped.v1"
    assert told["source"] == "urn:tandem:test:commands:partner:ehr"


def test_a_tombstone_is_not_skipped_again(stuck):
    partner, row = stuck
    deliveries.skip(partner, row.pk)
    park(row)
    with pytest.raises(NotPossible, match="tombstone already"):
        deliveries.skip(partner, row.pk)
    deliveries.retry(partner, row.pk)


def test_cancel_leaves_a_gap_and_so_is_for_partners_that_are_gone(stuck):
    partner, row = stuck
    with pytest.raises(NotPossible, match="Skip it instead"):
        deliveries.cancel(partner, row.pk)
    partner.active = False
    partner.save()
    deliveries.cancel(partner, row.pk)
    assert [event["sequence"] for event in flow("ehr")["ehr"]] == ["0000000001", "0000000003"]


@pytest.mark.parametrize("act", [deliveries.retry, deliveries.skip])
def test_only_what_is_parked_and_ones_own_is_touched(act, stuck):
    partner, row = stuck
    other = a_partner("other", audience=uuid.uuid4())
    with pytest.raises(NotPossible, match="no such delivery"):
        act(other, row.pk)
    waiting = Delivery.objects.get(key_seq=3)
    with pytest.raises(NotPossible, match="not parked"):
        act(partner, waiting.pk)
    act(partner, row.pk)
    with pytest.raises(NotPossible, match="dealt with"):
        act(partner, row.pk)


def test_retry_all_is_for_one_partner(stuck):
    partner, _ = stuck
    other = a_partner("other", audience=uuid.uuid4())
    an_event(audience=other.scope_key)
    park(Delivery.objects.get(partner=other))
    assert deliveries.retry_all(partner) == 1
    assert Delivery.objects.get(status="parked").partner == other


def test_the_age_of_a_row_alone_deletes_and_parks_nothing(stuck):
    long_ago = timezone.now() - timezone.timedelta(days=4000)
    Delivery.objects.update(created_at=long_ago)
    count = Delivery.objects.count()
    flow("ehr")
    assert Delivery.objects.count() == count
    assert Delivery.objects.filter(status="parked").count() == 1
