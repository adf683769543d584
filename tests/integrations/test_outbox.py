"""Events and deliveries are written with the change, in order, without a gap."""

import json
import uuid

import pytest
from django.db import transaction

from integrations import outbox, tracing
from integrations.errors import NoTransaction, PayloadRefused
from integrations.models import Delivery, Event, Stream
from tests.integrations.samples import (
    ACCEPTED,
    AUDIENCE,
    MOMENT,
    OTHER_AUDIENCE,
    SUBMITTED,
    a_partner,
    an_event,
    payload,
)

pytestmark = pytest.mark.django_db


def test_an_event_has_the_envelope_of_the_contract():
    subject = uuid.uuid4()
    event = an_event(subject)
    body = json.loads(bytes(event.body))
    assert body == {
        "specversion": "1.0",
        "id": str(event.event_id),
        "type": "tandem.referral.submitted.v1",
        "source": f"urn:tandem:test:referral:{subject}",
        "subject": str(subject),
        "time": "2026-03-04T15:16:17.000000Z",
        "recordedtime": body["recordedtime"],
        "datacontenttype": "application/json",
        "dataschema": "urn:tandem:schema:referral:submitted:1.0",
        "sequence": "0000000001",
        "data": payload(),
    }
    assert event.event_id.version == 7


def test_each_entitled_partner_is_owed_its_own_copy():
    subject = uuid.uuid4()
    a_partner("ehr")
    a_partner("desk")
    event = an_event(subject)
    owed = {d.partner.slug: d for d in Delivery.objects.select_related("partner")}
    assert set(owed) == {"ehr", "desk"}
    body = json.loads(bytes(owed["ehr"].body))
    assert body["id"] == str(event.event_id)
    assert body["source"] == f"urn:tandem:test:referral:{subject}:partner:ehr"
    assert body["partitionkey"] == owed["ehr"].ordering_key == f"ehr:{subject}"
    assert owed["ehr"].routing_key == "ehr.referral.submitted.v1"
    assert owed["ehr"].status == "pending"


@pytest.mark.parametrize(
    "other",
    [
        {"audience": OTHER_AUDIENCE},
        {"active": False},
        {"events": ["accepted"]},
    ],
)
def test_a_partner_is_not_owed_what_is_not_its_own(other):
    a_partner("other", **other)
    an_event()
    assert Delivery.objects.count() == 0


def test_without_an_audience_nobody_is_owed():
    a_partner()
    an_event(audience=None)
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 0)


def test_a_partner_has_a_sequence_of_its_own_without_gaps():
    subject = uuid.uuid4()
    a_partner("ehr")
    a_partner("picky", events=["accepted"])
    an_event(subject)
    an_event(subject, event=ACCEPTED, version=2)
    an_event(subject, event=ACCEPTED, version=3)
    keys = Delivery.objects.order_by("id").values_list("partner__slug", "key_seq")
    assert sorted(keys) == [("ehr", 1), ("ehr", 2), ("ehr", 3), ("picky", 1), ("picky", 2)]
    picky = Delivery.objects.filter(partner__slug="picky").order_by("id")
    assert [json.loads(bytes(d.body))["sequence"] for d in picky] == ["0000000001", "0000000002"]


def test_a_rollback_gives_its_number_back():
    subject = uuid.uuid4()
    an_event(subject)
    with pytest.raises(RuntimeError), transaction.atomic():
        an_event(subject)
        raise RuntimeError
    an_event(subject)
    assert list(Event.objects.values_list("sequence", flat=True)) == [1, 2]
    assert Stream.objects.get().last_sequence == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Somebody"},
        {"version": 0},
        {"state": "unheard-of"},
        {"occurred_at": "yesterday"},
    ],
)
def test_a_payload_outside_its_schema_is_refused_and_nothing_is_written(wrong):
    a_partner()
    with pytest.raises(PayloadRefused) as refused, transaction.atomic():
        outbox.emit(
            event=SUBMITTED,
            subject=uuid.uuid4(),
            data=payload() | wrong,
            audience=AUDIENCE,
            occurred_at=MOMENT,
        )
    assert str(next(iter(wrong.values()))) not in str(refused.value).split(": ", 1)[1]
    assert (Event.objects.count(), Stream.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_emitted():
    with pytest.raises(NoTransaction):
        outbox.emit(
            event=SUBMITTED,
            subject=uuid.uuid4(),
            data=payload(),
            audience=None,
            occurred_at=MOMENT,
        )


def test_the_chain_of_causes_is_carried_and_left_out_when_empty():
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracing.following(parent):
        event = an_event(correlation_id="c-1", causation_id="c-2")
    body = json.loads(bytes(event.body))
    assert (body["correlationid"], body["causationid"]) == ("c-1", "c-2")
    assert body["traceparent"] == parent
    with tracing.following("not a trace"):
        assert "traceparent" not in json.loads(bytes(an_event().body))


def test_a_correlation_id_that_is_no_id_is_refused():
    with pytest.raises(ValueError, match="correlationid"):
        an_event(correlation_id="two words")


def test_emitting_takes_four_statements_whatever_the_number_of_partners(
    django_assert_num_queries,
):
    for number in range(5):
        a_partner(f"p{number}")
    with transaction.atomic(), django_assert_num_queries(4):
        outbox.emit(
            event=SUBMITTED,
            subject=uuid.uuid4(),
            data=payload(),
            audience=AUDIENCE,
            occurred_at=MOMENT,
        )
