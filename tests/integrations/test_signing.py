"""Signatures: made once over the exact bytes, verified by libraries that are not ours."""

import base64
import json
import uuid
import warnings

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.errors import BadSignatureError, SecurityWarning
from joserfc.jwk import KeySet

from integrations import deliveries, feed, partners, signing, signing_keys
from integrations.errors import NotPossible
from integrations.inbox import service as inbox
from integrations.inbox import storing
from integrations.models import Delivery
from integrations.relay import Relay
from integrations.relay.relay import Limits
from integrations.signing_keys import SigningKeysError
from tests.integrations import test_inbox as domain
from tests.integrations.fake_broker import FakeBroker
from tests.integrations.samples import AUDIENCE, a_partner, an_event

pytestmark = pytest.mark.django_db


def entry(name, fill):
    return f"{name}:{base64.b64encode(bytes([fill] * 31 + [7])).decode()}"


OLD, NEW = entry("2025", 1), entry("2026", 2)


@pytest.fixture(autouse=True)
def keys(settings):
    settings.EVENT_SIGNING_KEYS = [OLD]


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_by_hand(signature, body, jwks):
    """RFC 7515 and 7797 step by step, with nothing but the curve from a library."""
    header, middle, raw = signature.split(".")
    assert middle == ""
    told = json.loads(unpadded(header))
    assert told == {"alg": "EdDSA", "kid": told["kid"], "b64": False, "crit": ["b64"]}
    (key,) = [key for key in jwks["keys"] if key["kid"] == told["kid"]]
    public = Ed25519PublicKey.from_public_bytes(unpadded(key["x"]))
    public.verify(unpadded(raw), header.encode() + b"." + body)


def verify_by_library(signature, body, jwks):
    with warnings.catch_warnings():
        # The library would like the newer name of the algorithm, which fewer partners know.
        warnings.simplefilter("ignore", SecurityWarning)
        found = jws.deserialize_compact(
            signature, KeySet.import_key_set(jwks), algorithms=["EdDSA"], payload=body
        )
    assert found


VERIFIERS = [verify_by_hand, verify_by_library]


def owed():
    delivery = Delivery.objects.get()
    return delivery.signature, bytes(delivery.body)


@pytest.mark.parametrize("verify", VERIFIERS)
def test_an_independent_verifier_accepts_what_was_signed(verify):
    a_partner("ehr", signed=True)
    an_event()
    verify(*owed(), signing_keys.public_keys())


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_flipped_bit_is_seen(verify, place):
    a_partner("ehr", signed=True)
    an_event()
    signature, body = owed()
    altered = bytearray(body)
    altered[place] ^= 1
    with pytest.raises((InvalidSignature, BadSignatureError)):
        verify(signature, bytes(altered), signing_keys.public_keys())


@pytest.mark.parametrize("verify", VERIFIERS)
def test_another_key_of_the_same_name_is_seen(verify, settings):
    a_partner("ehr", signed=True)
    an_event()
    settings.EVENT_SIGNING_KEYS = [entry("2025", 9)]
    with pytest.raises((InvalidSignature, BadSignatureError)):
        verify(*owed(), signing_keys.public_keys())


@pytest.mark.parametrize("verify", VERIFIERS)
def test_what_was_signed_before_a_rotation_verifies_after_it(verify, settings):
    a_partner("ehr", signed=True)
    an_event()
    before = owed()
    settings.EVENT_SIGNING_KEYS = [NEW, OLD]
    verify(*before, signing_keys.public_keys())
    an_event()
    latest = Delivery.objects.latest("pk")
    verify(latest.signature, bytes(latest.body), signing_keys.public_keys())
    assert json.loads(unpadded(latest.signature.split(".")[0]))["kid"] == "2026"
    settings.EVENT_SIGNING_KEYS = [NEW]
    assert [key["kid"] for key in signing_keys.public_keys()["keys"]] == ["2026"]


def test_who_did_not_ask_gets_no_signature():
    a_partner("ehr")
    an_event()
    assert owed()[0] == ""


def test_the_relay_hands_the_stored_signature_on_at_every_attempt(settings):
    a_partner("plain")
    a_partner("ehr", signed=True)
    an_event()
    stored = Delivery.objects.get(partner__slug="ehr").signature
    settings.EVENT_SIGNING_KEYS = [NEW, OLD]
    broker = FakeBroker("ehr", "plain")
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))
    for _ in range(5):
        relay.run_once()
    Delivery.objects.update(status="pending", confirmed_at=None)
    for _ in range(5):
        relay.run_once()
    assert [each.signature for each in broker.queues["ehr"]] == [stored, stored]
    assert broker.queues["ehr"][0].body == broker.queues["ehr"][1].body
    assert {each.signature for each in broker.queues["plain"]} == {""}


def test_the_answer_to_a_command_is_signed_as_well(settings):
    settings.INTEGRATIONS_COMMAND_HANDLER = "tests.integrations.test_inbox.handler"
    domain.behaviour["outcome"] = (True, None)
    storing.store(domain.an_arrival(), partner=a_partner("ehr", signed=True))
    inbox.process_all()
    verify_by_hand(*owed(), signing_keys.public_keys())


def test_the_feed_gives_the_bytes_that_were_signed():
    partner = a_partner("ehr", signed=True)
    an_event()
    signature, _ = owed()
    (body,) = feed.read(after="", limit=10, subjects=None, partner=partner).results
    verify_by_hand(signature, body, signing_keys.public_keys())


def test_without_a_key_it_is_parked_and_never_sent_bare(settings):
    a_partner("ehr", signed=True)
    settings.EVENT_SIGNING_KEYS = []
    subject = uuid.uuid4()
    an_event(subject)
    an_event(subject, version=2)
    broker = FakeBroker("ehr")
    relay = Relay(broker, limits=Limits(retry_base=0.0, load_pause=0.0))
    relay.run_once()
    assert set(Delivery.objects.values_list("status", "last_error")) == {("parked", signing.NO_KEY)}
    assert signing.sign_parked() == 0 and broker.queues["ehr"] == []
    settings.EVENT_SIGNING_KEYS = [NEW]
    assert signing.sign_parked() == 2 and signing.sign_parked() == 0
    for _ in range(5):
        relay.run_once()
    assert [json.loads(each.body)["sequence"] for each in broker.queues["ehr"]] == [
        "0000000001", "0000000002",
    ]  # fmt: skip
    for each in broker.queues["ehr"]:
        verify_by_hand(each.signature, each.body, signing_keys.public_keys())


def test_a_person_who_retries_does_not_send_it_bare(settings):
    partner = a_partner("ehr", signed=True)
    settings.EVENT_SIGNING_KEYS = []
    an_event()
    row = Delivery.objects.get()
    with pytest.raises(NotPossible, match="EVENT_SIGNING_KEYS"):
        deliveries.retry(partner, row.pk)
    assert deliveries.retry_all(partner) == 0
    assert Delivery.objects.get().status == "parked"
    settings.EVENT_SIGNING_KEYS = [OLD]
    deliveries.retry(partner, row.pk)
    verify_by_hand(*owed(), signing_keys.public_keys())
    assert Delivery.objects.get().status == "pending"


def test_retrying_all_signs_what_waited_for_a_key(settings):
    partner = a_partner("ehr", signed=True)
    settings.EVENT_SIGNING_KEYS = []
    an_event()
    settings.EVENT_SIGNING_KEYS = [OLD]
    assert deliveries.retry_all(partner) == 1
    verify_by_hand(*owed(), signing_keys.public_keys())


def test_what_was_parked_for_another_reason_stays_parked():
    a_partner("ehr", signed=True)
    an_event()
    Delivery.objects.update(status="parked", last_error="returned: 312 NO_ROUTE")
    assert signing.sign_parked() == 0
    assert Delivery.objects.get().status == "parked"


def test_signatures_are_promised_only_where_there_is_a_key(settings):
    made = partners.register(slug="ehr", name="x", scope_key=AUDIENCE, client_id="c", signed=True)
    partners.choose_signatures(made, signed=False)
    assert not made.signed
    settings.EVENT_SIGNING_KEYS = []
    with pytest.raises(SigningKeysError, match="no key"):
        partners.choose_signatures(made, signed=True)
    with pytest.raises(SigningKeysError, match="no key"):
        partners.register(slug="e", name="x", scope_key=AUDIENCE, client_id="d", signed=True)


@pytest.mark.parametrize(
    "entries", [["no-colon"], ["k:c2hvcnQ="], ["k:not base64"], ["two words:AAAA"], [OLD, OLD]]
)
def test_a_ring_that_cannot_be_used_is_refused_without_quoting_it(entries):
    with pytest.raises(SigningKeysError) as refused:
        signing_keys.parse(tuple(entries))
    secret = entries[0].rpartition(":")[2]
    assert secret not in str(refused.value)
    assert OLD.partition(":")[2] not in repr(signing_keys.parse((OLD,)))
