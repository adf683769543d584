"""Signed commands: what is taken, what is parked and why, and what it costs."""

from __future__ import annotations

import hashlib
import hmac
import json
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
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
from integrations.models import CommandKey, InboxMessage, Partner
from integrations.public_jwk import PublicKey
from integrations.rabbitmq import consumer, dead_letters
from integrations.rabbitmq.headers import signature_of
from integrations.signing_keys import SigningKey
from tests.integrations import test_inbox as domain
from tests.integrations.samples import a_partner
from tests.integrations.test_inbox import a_command, an_arrival
from tests.integrations.test_relay_batches import HERE_AND_PG

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def handled_here(settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    domain.calls.clear()
    domain.behaviour["outcome"] = (True, None)


def a_key(kid="k1"):
    return SigningKey(kid, Ed25519PrivateKey.generate())


KEY, NEXT, FOREIGN = a_key("k1"), a_key("k2"), a_key("k1")


def public(key):
    return PublicKey(key.id, key.public_jwk()["x"])


def signing(*keys, required=True, slug="ehr", **more):
    """A partner that signs with these keys."""
    partner = a_partner(slug, commands_signed=required, **more)
    if keys:
        command_keys.add(partner, keys=[public(key) for key in keys])
    return partner


def a_signed(key=KEY, command=None, **more):
    made = {"time": NOW.isoformat(), **(command or {})}
    body = json.dumps(a_command(**{name: part for name, part in made.items() if part})).encode()
    return an_arrival(body, signature=key.sign(body), **more)


def outcome(arrival, partner):
    row = storing.store(arrival, partner=partner)
    return row.status, row.reason


def segment(**members):
    return base64url.encode(json.dumps(members).encode())


OURS = {"alg": "EdDSA", "kid": "k1", "b64": False, "crit": ["b64"]}


def headed(body, key=KEY, **changed):
    """Signed as RFC 7797 says, under a header of any kind; None takes a member away."""
    told = {name: part for name, part in {**OURS, **changed}.items() if part is not None}
    header = segment(**told)
    return f"{header}..{base64url.encode(key.private.sign(header.encode() + b'.' + body))}"


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


BODY = json.dumps(a_command(time=NOW.isoformat())).encode()
HMAC = segment(**{**OURS, "alg": "HS256"})


def by_its_public_half():
    """The confusion of RFC 8725, 2.1: an HMAC with the public key as its secret."""
    secret = KEY.private.public_key().public_bytes_raw()
    value = hmac.new(secret, HMAC.encode() + b"." + BODY, hashlib.sha256).digest()
    return f"{HMAC}..{base64url.encode(value)}"


def attached():
    header, value = segment(alg="EdDSA", kid="k1"), base64url.encode(BODY)
    signed = KEY.private.sign(f"{header}.{value}".encode())
    return f"{header}.{value}.{base64url.encode(signed)}"


def payload_encoded():
    """Detached, and signed over the encoded payload, as without b64."""
    header = segment(alg="EdDSA", kid="k1")
    signed = KEY.private.sign(f"{header}.{base64url.encode(BODY)}".encode())
    return f"{header}..{base64url.encode(signed)}"


def with_payload():
    header, _, value = headed(BODY).split(".")
    return f"{header}.{base64url.encode(BODY)}.{value}"


def named_twice():
    header = base64url.encode(b'{"alg":"none","alg":"EdDSA","kid":"k1","b64":false,"crit":["b64"]}')
    return f"{header}..{base64url.encode(KEY.private.sign(header.encode() + b'.' + BODY))}"


ATTACKS = {
    "none": f"{segment(**{**OURS, 'alg': 'none'})}..",
    "none, in other letters": headed(BODY, alg="nOnE"),
    "no value": headed(BODY).rpartition(".")[0] + ".",
    "HMAC with the public key": by_its_public_half(),
    "another name of the algorithm": headed(BODY, alg="Ed25519"),
    "an algorithm of another kind": headed(BODY, alg="ES256"),
    "a list of algorithms": headed(BODY, alg=["EdDSA"]),
    "no algorithm": headed(BODY, alg=None),
    "the payload contained": attached(),
    "the payload contained and not encoded": with_payload(),
    "the payload encoded": payload_encoded(),
    "b64 true": headed(BODY, b64=True, crit=["b64"]),
    "b64 that is zero": headed(BODY, b64=0),
    "no b64": headed(BODY, b64=None),
    "no crit": headed(BODY, crit=None),
    "crit without entries": headed(BODY, crit=[]),
    "an unknown entry of crit": headed(BODY, crit=["b64", "exp"], exp=1),
    "b64 twice in crit": headed(BODY, crit=["b64", "b64"]),
    "crit that is a text": headed(BODY, crit="b64"),
    "a key in the header": headed(BODY, FOREIGN, jwk=FOREIGN.public_jwk()),
    "an address of keys": headed(BODY, FOREIGN, jku="https://attacker.example/keys"),
    "a certificate": headed(BODY, FOREIGN, x5c=["AAAA"]),
    "an embedded key of its own": headed(BODY, jwk=KEY.public_jwk()),
    "a member twice": named_twice(),
    "no kid": headed(BODY, kid=None),
    "a kid that is a path": headed(BODY, kid=["k1"]),
    "larger than it may be": headed(BODY, kid="k" * 1000),
    "padded": headed(BODY) + "==",
    "other letters": headed(BODY).replace(".", ".\n", 1),
    "four parts": headed(BODY) + ".",
    "in JSON": json.dumps({"protected": segment(**OURS), "signature": "AAAA"}),
    "empty": "",
    "no header": "..",
    "no JSON": "AAAA..AAAA",
    "beyond ASCII": "é..é",
    "deep": base64url.encode(b"[" * 700) + "..AAAA",
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("required", [True, False])
def test_another_form_is_refused(attack, required):
    arrival = an_arrival(BODY, signature=ATTACKS[attack])
    assert outcome(arrival, signing(KEY, required=required)) == ("parked", "signature_invalid")
    assert service.process_all() == 0


def test_the_forms_above_are_refused_for_what_was_changed_alone():
    assert outcome(an_arrival(BODY, signature=headed(BODY)), signing(KEY)) == ("received", "")
    assert len(headed(BODY, kid="k" * 64)) < signatures.LONGEST / 3


@pytest.mark.parametrize("kid", ["k9", "K1", "k1 ", "../k1", "", "' OR 1=1 --"])
def test_an_unknown_key_is_refused_as_such(kid):
    arrival = an_arrival(BODY, signature=headed(BODY, kid=kid))
    assert outcome(arrival, signing(KEY)) == ("parked", "signature_key_unknown")


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
