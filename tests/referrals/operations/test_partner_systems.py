"""Whoever acts on a partner's messages administers its clinic, and leaves an entry."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.inbox.parsing import Arrival
from integrations.models import Delivery, InboxMessage, Partner
from integrations.rabbitmq.dead_letters import DeadLetter
from integrations.replay import Selection
from referrals.access.models import AccessEntry
from referrals.actors import SYSTEM
from referrals.errors import Conflict, Forbidden, NotFound
from referrals.lifecycle import Action
from referrals.operations import dead_letters, partner_systems
from tests.integrations.test_inbox import a_command, an_arrival
from tests.walks import act, draft

DOOR = "portal"


@pytest.fixture
def sent(cast, partner):
    """A referral that was sent: the partner is owed one event."""
    return act(draft(cast), Action.SUBMIT, cast.actor("physician"))


@pytest.fixture
def parked(sent, partner):
    Delivery.objects.update(status="parked", attempts=20, last_error="refused: 406")
    return Delivery.objects.get()


@pytest.fixture
def stuck(partner):
    from integrations.inbox import storing

    arrival = an_arrival(
        a_command(), user_id=partner.slug, routing_key=f"{partner.slug}.start_care"
    )
    row = storing.store(arrival, partner=partner)
    InboxMessage.objects.update(status="parked", reason="handler_failed", started_attempts=3)
    return row


def last_entry():
    entry = AccessEntry.objects.order_by("-pk").first()
    return entry, json.loads(entry.detail)


@pytest.mark.parametrize(
    "part", ["physician", "coordinator", "clinician", "privacy", "practice_admin"]
)
def test_only_the_clinics_administrator_reaches_its_partners(part, cast, partner):
    with pytest.raises(Forbidden):
        partner_systems.find(partner.pk, by=cast.actor(part))
    assert partner_systems.find(partner.pk, by=cast.actor("clinic_admin")) == partner
    assert partner_systems.find_slug(partner.slug, by=SYSTEM) == partner


def test_the_partner_of_another_clinic_does_not_exist(cast, partner):
    Partner.objects.update(scope_key=cast.other_clinic.pk)
    foreign = Partner.objects.get()
    with pytest.raises(NotFound):
        partner_systems.find(foreign.pk, by=cast.actor("clinic_admin"))
    with pytest.raises(NotFound):
        partner_systems.retry_all(foreign, by=cast.actor("clinic_admin"), door=DOOR)


@pytest.mark.parametrize(("name", "verb"), [("retry", "delivery_retry"), ("skip", "delivery_skip")])
def test_an_act_on_a_delivery_names_who_what_and_the_referral(
    name, verb, cast, partner, parked, sent
):
    by = cast.actor("clinic_admin")
    getattr(partner_systems, name)(partner, parked.pk, by=by, door=DOOR)
    entry, detail = last_entry()
    assert (entry.verb, entry.door, entry.user_id) == (verb, DOOR, str(by.user_id))
    assert (entry.referral_id, entry.organisation_id) == (sent.pk, cast.clinic.pk)
    assert detail == {"id": str(parked.event.event_id), "partner_id": str(partner.pk)}


def test_what_the_state_does_not_allow_is_a_conflict_and_leaves_no_entry(cast, partner, sent):
    count = AccessEntry.objects.count()
    with pytest.raises(Conflict, match="not parked"):
        partner_systems.skip(
            partner, Delivery.objects.get().pk, by=cast.actor("clinic_admin"), door=DOOR
        )
    with pytest.raises(Conflict, match="Skip it instead"):
        partner_systems.cancel(
            partner, Delivery.objects.get().pk, by=cast.actor("clinic_admin"), door=DOOR
        )
    assert AccessEntry.objects.count() == count


def test_a_command_is_started_again_or_discarded_with_a_reason(cast, partner, stuck):
    by = cast.actor("clinic_admin")
    partner_systems.restart_command(partner, stuck.pk, by=by, door=DOOR)
    row = InboxMessage.objects.get()
    assert (row.status, row.reason, row.started_attempts) == ("received", "", 0)
    InboxMessage.objects.update(status="quarantined", reason="other_bytes_under_a_known_id")
    with pytest.raises(Conflict, match="Discard it"):
        partner_systems.restart_command(partner, stuck.pk, by=by, door=DOOR)
    with pytest.raises(Conflict, match="Say why"):
        partner_systems.discard_command(partner, stuck.pk, reason="bored", by=by, door=DOOR)
    assert InboxMessage.objects.get().status == "quarantined"
    partner_systems.discard_command(partner, stuck.pk, reason="duplicate", by=by, door=DOOR)
    assert InboxMessage.objects.get().status == "discarded"
    assert last_entry()[1]["reason"] == "duplicate"


def test_a_replay_is_counted_done_and_written_down(cast, partner, sent):
    Delivery.objects.update(status="sent", confirmed_at="2026-11-23T10:00:00Z")
    by = cast.actor("clinic_admin")
    chosen = Selection(partner, subject=sent.pk)
    assert partner_systems.count_replay(chosen, by=by) == 1
    assert Delivery.objects.get().status == "sent"
    assert partner_systems.replay(chosen, by=by, door=DOOR) == 1
    assert Delivery.objects.get().status == "pending"
    entry, detail = last_entry()
    assert (entry.verb, entry.referral_id, detail["count"]) == ("replay", sent.pk, 1)


@pytest.mark.parametrize("what", list(partner_systems.SWITCHES))
def test_a_switch_is_written_down(what, cast, partner):
    partner_systems.switch(partner, what, by=cast.actor("clinic_admin"), door=DOOR)
    partner.refresh_from_db()
    assert partner.active is (what != "deactivate") and partner.paused is (what == "pause")
    assert last_entry()[0].verb == f"partner_{what}"


# --- At a shell -----------------------------------------------------------------------------------


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_replay_events_says_how_many_and_changes_nothing_when_dry(partner, sent):
    Delivery.objects.update(status="sent", confirmed_at="2026-11-23T10:00:00Z")
    assert "1 deliveries would" in run("replay_events", partner.slug, "--all", "--dry-run")
    assert Delivery.objects.get().status == "sent"
    assert "1 of 1" in run("replay_events", partner.slug, "--referral", str(sent.pk))
    assert Delivery.objects.get().status == "pending"
    entry, _ = last_entry()
    assert (entry.actor_kind, entry.door, entry.verb) == ("system", "command", "replay")
    assert "0 deliveries" in run("replay_events", partner.slug, "--since", "2999-01-01")


def test_replay_events_refuses_in_words(partner, sent):
    for arguments, words in (
        (("nobody", "--all"), "no partner"),
        ((partner.slug,), "Say what"),
        ((partner.slug, "--since", "yesterday"), "write it like"),
    ):
        with pytest.raises(CommandError, match=words):
            run("replay_events", *arguments)
    Delivery.objects.all().delete()
    with pytest.raises(CommandError, match="past retention"):
        run("replay_events", partner.slug, "--all")


def test_dead_letters_lists_and_deals_with_what_is_parked(partner, parked, stuck, settings):
    settings.AMQP_URL = ""
    listed = run("dead_letters", "list", partner.slug)
    assert f"deliveries\t{parked.pk}\ttandem.referral.submitted.v1\trefused: 406" in listed
    assert f"inbox\t{stuck.pk}\ttandem.command.start_care.v1\thandler_failed" in listed
    assert "2 in all" in listed
    run("dead_letters", "requeue", partner.slug, "--kind", "inbox", "--all")
    assert InboxMessage.objects.get().status == "received"
    run(
        "dead_letters", "discard", partner.slug,
        "--kind", "deliveries", "--id", str(parked.pk), "--reason", "partner_request",
    )  # fmt: skip
    assert Delivery.objects.get(pk=parked.pk).type == "tandem.referral.skipped.v1"
    assert "0 in all" in run("dead_letters", "list", partner.slug)


def test_dead_letters_asks_for_what_it_needs(partner, parked, settings):
    settings.AMQP_URL = ""
    for arguments, words in (
        (("list", "nobody"), "no partner"),
        (("requeue", partner.slug), "--kind"),
        (("requeue", partner.slug, "--kind", "deliveries"), "--all"),
        (("discard", partner.slug, "--kind", "deliveries", "--all"), "--reason"),
        (("list", partner.slug, "--kind", "events"), "AMQP_URL"),
        (("requeue", partner.slug, "--kind", "deliveries", "--id", "999999"), "1 could not"),
    ):
        with pytest.raises(CommandError, match=words):
            run("dead_letters", *arguments)
    assert Delivery.objects.get().status == "parked"


@pytest.mark.parametrize("status", ["sent", "pending", "parked", "cancelled"])
def test_a_dead_letter_is_taken_out_only_where_its_event_goes_out_again(
    status, cast, partner, sent
):
    row = Delivery.objects.filter(partner=partner).order_by("pk").first()
    at = timezone.now() if status == "sent" else None
    Delivery.objects.filter(pk=row.pk).update(status=status, confirmed_at=at)
    taken = status in ("sent", "pending")
    arrival = Arrival(bytes(row.body), "application/cloudevents+json", "", row.routing_key)
    letter = DeadLetter(str(row.event.event_id), row.type, "rejected", 1, "", arrival)
    by = cast.actor("clinic_admin")
    assert dead_letters._deliver_again(partner, letter, by, "portal") is taken
    row.refresh_from_db()
    assert row.status == ("pending" if taken else status)
