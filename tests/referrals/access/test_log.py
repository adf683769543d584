"""Entries: who, what, by which door; ids, counts and names, never what a patient said."""

import uuid

import pytest
from django.db import transaction

from referrals import access
from referrals.access import context
from referrals.access.detail import SHAPES, DetailRefused, canonical
from referrals.access.models import AccessEntry
from referrals.actors import SYSTEM, Actor, ActorKind, Role, Seat, actor_for_partner
from tests.referrals.access.conftest import PRACTICE, READER

pytestmark = pytest.mark.django_db

REFERRAL = uuid.UUID(int=99)


def test_an_entry_says_who_what_where_and_by_which_door() -> None:
    with context.bind(request_id="req-1", address="203.0.113.9"):
        access.record(by=READER, verb="read", referral_id=REFERRAL, door="portal")
    entry = AccessEntry.objects.get()
    assert (entry.actor_kind, entry.user_id, entry.roles) == (
        "person",
        str(READER.user_id),
        "pa,rc",
    )
    assert (entry.verb, entry.door, entry.referral_id) == ("read", "portal", REFERRAL)
    assert (entry.organisation_id, entry.request_id) == (PRACTICE, "req-1")
    assert entry.address == "203.0.113.9"
    assert entry.details == {}


def test_the_system_and_a_partner_are_named_as_such() -> None:
    clinic = uuid.uuid4()
    partner = actor_for_partner(slug="ehr", clinic_id=clinic, scopes=frozenset())
    access.record(by=partner, verb="export", referral_id=None, door="message")
    access.record(by=SYSTEM, verb="move", referral_id=REFERRAL, door="command")
    by_partner, by_system = AccessEntry.objects.order_by("pk")
    assert (by_partner.actor_kind, by_partner.partner_slug) == ("partner", "ehr")
    assert (by_partner.organisation_id, by_partner.roles) == (clinic, "ps")
    assert (by_system.actor_kind, by_system.user_id, by_system.roles) == ("system", "", "sy")


def test_a_person_of_two_organisations_acts_for_the_one_that_is_named() -> None:
    other = uuid.uuid4()
    both = Actor(
        kind=ActorKind.PERSON,
        name="",
        user_id=READER.user_id,
        seats=frozenset({Seat(PRACTICE, Role.RC), Seat(other, Role.CO)}),
    )
    access.record(by=both, verb="read", referral_id=None, door="api")
    access.record(by=both, verb="read", referral_id=None, door="api", organisation_id=other)
    unnamed, named = AccessEntry.objects.order_by("pk")
    assert (unnamed.organisation_id, unnamed.roles) == (None, "co,rc")
    assert (named.organisation_id, named.roles) == (other, "co")


def test_what_is_undone_leaves_no_entry() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        access.record(by=READER, verb="read", referral_id=REFERRAL, door="portal")
        raise RuntimeError
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize(
    "detail",
    [
        {"version": 3, "count": 0, "total": 12, "message_id": uuid.uuid4(), "row_count": 7},
        {"action": "request_information", "from": "submitted", "to": "needs-info"},
        {"fields": ["patient.name", "/safety/phq9_item9", "consent"], "sections": ["pain"]},
        {"ids": [uuid.uuid4(), 4], "query": "0f" * 32, "emergency": True},
    ],
)
def test_ids_counts_codes_and_names_are_kept(detail: dict) -> None:
    access.record(by=READER, verb="change", referral_id=REFERRAL, door="api", detail=detail)
    assert set(AccessEntry.objects.get().details) == set(detail)


@pytest.mark.parametrize(
    "detail",
    [
        {"name": "Quintero"},
        {"count": "twelve Quintero"},
        {"count": True},
        {"id": "Quintero"},
        {"message_id": "not-an-id Quintero"},
        {"action": "Quintero said no"},
        {"fields": ["has dreams Quintero"]},
        {"fields": "patient Quintero"},
        {"fields": [{"patient": "Quintero"}]},
        {"query": "Quintero"},
        {"reason": None},
        {"Quintero's dream_id": 4},
        {"state": {"Quintero": 1}},
        {"ids": ["x"] * 10},
        {"fields": ["a"] * 5000},
    ],
    ids=str,
)
def test_free_text_is_refused_and_not_quoted(detail: dict) -> None:
    with pytest.raises(DetailRefused) as caught:
        access.record(by=READER, verb="read", referral_id=REFERRAL, door="api", detail=detail)
    assert not AccessEntry.objects.exists()
    assert not any(str(value) in str(caught.value) for value in detail.values() if value)


@pytest.mark.parametrize("key", sorted(SHAPES))
def test_no_key_takes_a_sentence(key: str) -> None:
    for sentence in ("She has not slept since March", ["She has not slept since March"]):
        with pytest.raises(DetailRefused):
            canonical({key: sentence})


def test_details_are_one_canonical_line() -> None:
    assert canonical({"version": 2, "count": 1}) == '{"count":1,"version":2}'
    assert canonical(None) == "{}"


@pytest.mark.parametrize("verb", ["", "READ", "read it", "x" * 40, "read\n"])
def test_a_verb_is_one_word(verb: str) -> None:
    with pytest.raises(ValueError, match="verb"):
        access.record(by=READER, verb=verb, referral_id=REFERRAL, door="api")


def test_an_unknown_door_is_refused() -> None:
    with pytest.raises(ValueError, match="window"):
        access.record(by=READER, verb="read", referral_id=REFERRAL, door="window")


@pytest.mark.parametrize(
    "given",
    [
        {"request_id": "a\nb"},
        {"request_id": "x" * 65},
        {"request_id": "\u2028"},
        {"address": "203.0.113.9, 10.0.0.1"},
        {"address": "unknown"},
    ],
)
def test_a_context_that_could_forge_a_line_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError), context.bind(**given):
        pass


def test_the_context_ends_with_its_block() -> None:
    with context.bind(request_id="a", address="2001:DB8:0::1"):
        assert context.current().address == "2001:db8::1"
        with context.bind(request_id="b"):
            assert context.current().request_id == "b"
        assert context.current().request_id == "a"
    assert context.current() == context.NOTHING
