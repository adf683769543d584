"""Signed commands: what is taken, what is parked and why, and what it costs."""

from __future__ import annotations

import json
import warnings
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from pika import BasicProperties
from pika.spec import Basic

from integrations import base64url, command_keys, metrics
from integrations.errors import NotPossible
from integrations.inbox import batches, parked, service, signatures, storing
from integrations.inbox.parsing import Unreadable
from integrations.inbox.reasons import UNPROVEN, Reason
from integrations.inbox.service import Desk
from integrations.models import CommandKey, InboxMessage, Partner
from integrations.rabbitmq import consumer, dead_letters
from integrations.rabbitmq.headers import signature_of
from tests.integrations import test_inbox as domain
from tests.integrations.signed import (
    FOREIGN,
    KEY,
    NEXT,
    NOW,
    OURS,
    a_signed,
    handle_here,
    outcome,
    public,
    signing,
)
from tests.integrations.test_inbox import a_command, an_arrival
from tests.integrations.test_relay_batches import HERE_AND_PG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def handled_here(settings, time_machine):
    handle_here(settings, time_machine)


# --- What is taken --------------------------------------------------------------------------------


@pytest.mark.parametrize("required", [True, False])
def test_a_signed_command_takes_effect(required):
    partner = signing(KEY, NEXT, required=required)
    assert outcome(a_signed(command={"id": "a"}), partner) == ("received", "")
    assert outcome(a_signed(NEXT, command={"id": "b"}), partner) == ("received", "")
    assert service.process_all() == 2
    assert [call["command_id"] for call in domain.calls] == ["a", "b"]


def test_what_a_library_that_is_not_ours_signs_is_taken():
    partner = signing(KEY)
    body = a_signed().body
    private = base64url.encode(KEY.private.private_bytes_raw())
    key = OKPKey.import_key({**KEY.public_jwk(), "d": private})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        compact = jws.serialize_compact(OURS, body, key, algorithms=["EdDSA"])
    assert outcome(an_arrival(body, signature=compact), partner) == ("received", "")


def test_a_partner_that_need_not_sign_is_taken_without_and_never_with_a_bad_one():
    partner = signing(KEY, required=False)
    assert outcome(an_arrival(a_command(id="bare")), partner) == ("received", "")
    assert outcome(a_signed(FOREIGN), partner) == ("parked", "signature_invalid")
    nobody = signing(slug="other", required=False)
    arrival = a_signed(user_id="other", routing_key="other.start_care")
    assert outcome(arrival, nobody) == ("parked", "signature_key_unknown")


def test_a_command_without_the_signature_that_is_required_is_kept_without_effect():
    partner = signing(KEY)
    arrival = an_arrival(a_command(data={"note": "clinical canary"}))
    before = counted("signature_missing")
    row = storing.store(arrival, partner=partner)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("parked", "signature_missing")
    assert storing.open_body(row) == arrival.body and b"canary" not in bytes(row.body)
    assert service.process_all() == 0 and not domain.calls
    assert counted("signature_missing") == before + 1


def counted(reason):
    return metrics.INBOX_REFUSED.labels(reason=reason)._value.get()


@pytest.mark.parametrize("reason", UNPROVEN)
def test_what_was_not_proven_is_never_started_again_by_hand(reason):
    partner = signing(KEY)
    row = storing.store(an_arrival(), partner=partner)
    InboxMessage.objects.update(reason=reason)
    with pytest.raises(NotPossible, match="send it again, signed"):
        parked.restart(partner, row.pk)
    assert parked.discard(partner, row.pk).status == "discarded"


def test_the_signed_command_is_taken_after_the_bare_one_was_parked():
    """Whoever sends somebody's bytes first, unsigned, does not stand in their way."""
    partner = signing(KEY)
    good = a_signed()
    assert outcome(an_arrival(good.body), partner) == ("parked", "signature_missing")
    assert outcome(good, partner) == ("received", "")
    assert service.process_all() == 1
    # Nor do they have an effect, or an answer, afterwards.
    assert outcome(an_arrival(good.body), partner) == ("parked", "signature_missing")
    assert service.process_all() == 0 and len(domain.calls) == 1


# --- What is no signature of these bytes ------------------------------------------------------


@pytest.mark.parametrize("place", [0, 60, -1])
def test_one_flipped_bit_of_the_body_is_seen(place):
    good = a_signed()
    body = bytearray(good.body)
    body[place] ^= 1
    found = outcome(an_arrival(bytes(body), signature=good.signature), signing(KEY))
    assert found == ("parked", "signature_invalid")


def test_the_same_json_in_other_bytes_is_not_what_was_signed():
    good = a_signed()
    body = json.dumps(json.loads(good.body), indent=1).encode()
    assert outcome(an_arrival(body, signature=good.signature), signing(KEY))[1] == (
        "signature_invalid"
    )


def test_a_partners_signature_is_good_for_that_partner_alone():
    signing(KEY)
    other = signing(NEXT, slug="other")
    arrival = a_signed(user_id="other", routing_key="other.start_care")
    assert outcome(arrival, other) == ("parked", "signature_key_unknown")
    # Nor does the account of another carry it.
    assert outcome(a_signed(user_id="other"), Partner.objects.get(slug="ehr"))[1] == (
        "user_id_is_not_the_partner"
    )


# --- Keys come and go ---------------------------------------------------------------------------


def test_a_retired_key_is_not_accepted_for_what_arrives_afterwards():
    partner = signing(KEY, NEXT)
    early, late = a_signed(command={"id": "early"}), a_signed(command={"id": "late"})
    assert outcome(early, partner) == ("received", "")
    command_keys.retire(partner, CommandKey.objects.get(kid="k1").pk)
    assert outcome(late, partner) == ("parked", "signature_key_unknown")
    # What had arrived before takes effect.
    assert service.process_all() == 1
    assert outcome(a_signed(NEXT, command={"id": "late"}), partner) == ("received", "")


# --- The clock ------------------------------------------------------------------------------------

OLD = signatures.OLDEST


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (NOW, ""),
        (NOW + timedelta(minutes=5), ""),
        (NOW + timedelta(minutes=5, seconds=1), "signed_time_outside_window"),
        (NOW - OLD, ""),
        (NOW - OLD - timedelta(seconds=1), "signed_time_outside_window"),
    ],
)
def test_a_signed_command_is_of_a_time_that_is_remembered(made, reason):
    found = outcome(a_signed(command={"time": made.isoformat()}), signing(KEY))
    assert found == ("parked" if reason else "received", reason)


@pytest.mark.parametrize(
    "time",
    [None, "yesterday", "2026-11-26T12:00:00", "2026-11-26", "2026-11-26T12:00:60Z", 1, ["x"],
     "20261126T120000Z", "2026-W48-4T12:00:00Z", "\uff12026-11-26T12:00:00Z"],
)  # fmt: skip
def test_a_signed_command_without_a_time_is_refused(time):
    found = outcome(a_signed(command={"time": time}), signing(KEY, required=False))
    assert found == ("parked", "signed_time_missing")


@pytest.mark.parametrize("time", ["2026-11-26T12:00:00.123456789Z", "2026-11-26t07:00:00-05:00"])
def test_a_time_may_be_written_as_rfc_3339_has_it(time):
    assert outcome(a_signed(command={"time": time}), signing(KEY)) == ("received", "")


def test_a_command_without_a_signature_needs_no_time():
    found = outcome(an_arrival(a_command(time="1999-01-01T00:00:00Z")), signing(required=False))
    assert found == ("received", "")


def test_a_recorded_command_that_is_sent_again_has_no_second_effect(time_machine):
    """Inside the window the id is known; after it, the time is too old whatever is known."""
    partner = signing(KEY)
    recorded = a_signed()
    storing.store(recorded, partner=partner)
    service.process_all()
    for after in (timedelta(minutes=1), OLD):
        time_machine.move_to(NOW + after, tick=False)
        batches.store_batch([recorded], partner=partner)
        service.process_all()
    row = InboxMessage.objects.get()
    assert (row.status, row.duplicates, len(domain.calls)) == ("done", 2, 1)
    time_machine.move_to(NOW + OLD + timedelta(seconds=1), tick=False)
    InboxMessage.objects.all().delete()  # even if its id were forgotten
    assert outcome(recorded, partner) == ("parked", "signed_time_outside_window")
    assert service.process_all() == 0 and len(domain.calls) == 1


# --- Many at once, and what it costs --------------------------------------------------------------


@pytest.mark.parametrize("engine", HERE_AND_PG)
def test_a_batch_keeps_the_good_and_parks_the_others(engine):
    partner = signing(KEY)
    good = [a_signed(command={"id": f"cmd-{n}"}) for n in range(3)]
    bad = [an_arrival(a_command(id="bare")), a_signed(FOREIGN, command={"id": "forged"})]
    batches.store_batch([good[0], bad[0], good[1], bad[1], good[2]], partner=partner)
    rows = InboxMessage.objects.order_by("pk").values_list("message_id", "reason")
    assert [row for row in rows if not row[1]] == [(f"cmd-{n}", "") for n in range(3)]
    assert sorted(filter(None, dict(rows).values())) == ["signature_invalid", "signature_missing"]


def test_the_keys_are_read_once_for_a_batch(django_assert_num_queries):
    partner = signing(KEY, NEXT)
    arrivals = [a_signed((KEY, NEXT)[n % 2], command={"id": f"cmd-{n}"}) for n in range(50)]
    with django_assert_num_queries(2):
        batches.store_batch(arrivals, partner=partner)


@pytest.mark.parametrize("bad", [1, 5])
def test_a_bad_one_costs_no_second_look_at_the_keys(bad):
    partner = signing(KEY)
    arrivals = [a_signed(FOREIGN, command={"id": f"cmd-{n}"}) for n in range(bad)]
    with CaptureQueriesContext(connection) as seen:
        batches.store_batch(arrivals, partner=partner)
    assert sum("commandkey" in query["sql"] for query in seen) == 1


def test_a_partner_that_signs_nothing_costs_nothing(django_assert_num_queries):
    partner = signing(KEY, required=False)
    with django_assert_num_queries(1):
        batches.store_batch([an_arrival(a_command(id=f"c{n}")) for n in range(9)], partner=partner)


def test_the_receiving_process_learns_of_the_rule_when_it_looks_for_partners_again():
    """Each second (consumer.REFRESH); keys are read anew with each batch."""
    partner = signing(KEY, required=False)
    desk = Desk()
    desk.open_for()
    command_keys.require_signatures(partner)
    desk.open_for()
    desk.store("ehr", [an_arrival(a_command(id="bare"))])
    command_keys.add(partner, keys=[public(NEXT)])
    command_keys.retire(partner, CommandKey.objects.get(kid="k1").pk)
    desk.store("ehr", [a_signed(KEY, command={"id": "old"}), a_signed(NEXT, command={"id": "new"})])
    reasons = InboxMessage.objects.order_by("pk").values_list("reason", flat=True)
    assert sorted(reasons) == ["", "signature_key_unknown", "signature_missing"]


def test_a_database_that_is_away_refuses_no_signature(monkeypatch):
    def away(self):
        raise OperationalError

    partner = signing(KEY)
    monkeypatch.setattr(signatures.Keyring, "keys", property(away))
    with pytest.raises(OperationalError):
        batches.store_batch([a_signed()], partner=partner)
    with pytest.raises(OperationalError):
        storing.store(a_signed(), partner=partner)
    assert not InboxMessage.objects.exists()


# --- From the broker ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (None, None), ({}, None), ({"other": "x"}, None), ({"jws": "a..b"}, "a..b"),
        ({"jws": b"\xff"}, ""), ({"jws": None}, ""), ({"jws": 7}, ""), ({"jws": ["a..b"]}, ""),
    ],
)  # fmt: skip
def test_the_header_is_taken_over_and_what_is_no_text_is_no_absence(headers, found):
    properties = BasicProperties(headers=headers, content_type="application/cloudevents+json")
    assert signature_of(properties) == found
    method = Basic.Deliver(routing_key="ehr.start_care")
    assert consumer._arrival(method, properties, b"x").signature == found
    assert dead_letters._letter(properties, b"x").arrival.signature == found


def test_the_reasons_are_told_by_code_and_not_by_content():
    with pytest.raises(Unreadable) as refused:
        signatures.verify("secret..AAAA", b"canary", signatures.Keyring(signing(KEY)))
    assert str(refused.value) == Reason.SIGNATURE_INVALID
