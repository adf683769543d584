"""Partners' pages: for the clinic's administrator alone, and with nothing of a patient."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.inbox import storing
from integrations.models import Delivery, InboxMessage, Partner
from portal.accounts.partners import register_client
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from tests.cast import Cast
from tests.integrations.test_inbox import a_command, an_arrival
from tests.walks import act, draft, referral_at

NEW = {
    "name": "Main Street EHR", "slug": "main-street", "scopes": ["referrals:read", "events:read"],
    "events": ["accepted", "completed"],
}  # fmt: skip


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.clinic_admin)
    return client


@pytest.fixture
def sent(cast: Cast, partner: Partner):
    return referral_at(State.IN_REVIEW, cast)


@pytest.fixture
def parked(sent, partner: Partner) -> Delivery:
    row = Delivery.objects.order_by("pk").first()
    Delivery.objects.filter(pk=row.pk).update(
        status="parked", attempts=20, last_error="nacked: refused by the queue"
    )
    return row


def address(partner: Partner, act: str = "") -> str:
    return (
        reverse("partner-act", args=[partner.pk, act])
        if act
        else reverse("partner", args=[partner.pk])
    )


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_list_has_each_partners_figures_in_few_statements(cast, admin, partner, parked):
    page = text(admin.get("/partners/"))
    assert "Test EHR" in page and "Needs you" in page and "On" in page
    with CaptureQueriesContext(
        connection,
    ) as before:
        admin.get("/partners/")
    for n in range(4):
        Partner.objects.create(
            slug=f"more-{n}", name=f"More {n}", scope_key=cast.clinic.pk, client_id=f"more-{n}"
        )
    Partner.objects.create(
        slug="foreign", name="Foreign EHR", scope_key=cast.other_clinic.pk, client_id="foreign"
    )
    with CaptureQueriesContext(connection) as after:
        page = text(admin.get("/partners/"))
    assert len(after) == len(before)
    assert "More 3" in page and "Foreign EHR" not in page


def test_one_partner_says_what_waits_what_is_parked_and_why(cast, admin, partner, parked, sent):
    page = text(admin.get(address(partner)))
    assert "1, the oldest since" in page  # the one behind the parked one waits
    assert "refuses it, for instance because it is full" in page
    assert sent.reference in page and "Submitted" in page
    assert "Quintrell" not in page and "Marisol" not in page
    assert "tandem.referral.received.v1" in page  # the last event, as the partner reads it
    assert "What this partner sees" in page and "Never in an event" in page
    assert "None asked for" in page and 'href="/api/events/"' in page


def test_a_parked_delivery_is_tried_again_or_skipped_after_its_consequence_was_read(
    cast, admin, partner, parked, sent
):
    asked = admin.get(address(partner, "skip"), {"delivery": parked.pk})
    assert "tombstone" in text(asked)
    # Which one it is about, and never another partner's or none at all.
    assert sent.reference in text(asked) and "Submitted" in text(asked)
    assert "refuses it, for instance because it is full" in text(asked)
    assert admin.get(address(partner, "skip"), {"delivery": parked.pk + 10**6}).status_code == 404
    assert Delivery.objects.get(pk=parked.pk).status == "parked"
    done = admin.post(address(partner, "retry"), {"delivery": parked.pk})
    assert (done.status_code, done["Location"]) == (303, address(partner))
    assert Delivery.objects.get(pk=parked.pk).status == "pending"
    again = admin.post(address(partner, "skip"), {"delivery": parked.pk})
    assert again.status_code == 409 and "not parked" in text(again)
    Delivery.objects.filter(pk=parked.pk).update(status="parked")
    assert admin.post(address(partner, "skip"), {"delivery": parked.pk}).status_code == 303
    assert Delivery.objects.get(pk=parked.pk).type == "tandem.referral.skipped.v1"
    verbs = AccessEntry.objects.filter(user_id=str(cast.clinic_admin.pk))
    assert {"delivery_retry", "delivery_skip"} <= set(verbs.values_list("verb", flat=True))


def test_a_parked_command_is_started_again_or_discarded_with_a_reason(admin, partner):
    key = f"{partner.slug}.start_care"
    row = storing.store(
        an_arrival(a_command(), user_id=partner.slug, routing_key=key), partner=partner
    )
    InboxMessage.objects.update(status="parked", reason="handler_failed")
    page = text(admin.get(address(partner)))
    assert "Applying it failed, three times" in page and "Apply again" in page
    assert "Applying it failed, three times" in text(
        admin.get(address(partner, "discard"), {"message": row.pk})
    )
    refused = admin.post(address(partner, "discard"), {"message": row.pk})
    assert refused.status_code == 400 and "Choose one." in text(refused)
    assert InboxMessage.objects.get().status == "parked"
    admin.post(address(partner, "restart"), {"message": row.pk})
    assert InboxMessage.objects.get().status == "received"
    InboxMessage.objects.update(status="parked", reason="not_json")
    assert "Apply again" not in text(admin.get(address(partner)))
    admin.post(address(partner, "discard"), {"message": row.pk, "reason": "malformed"})
    assert InboxMessage.objects.get().status == "discarded"


def test_what_was_delivered_is_sent_again_by_reference_and_day(cast, admin, partner, sent):
    Delivery.objects.update(status="sent", confirmed_at="2026-11-23T10:00:00Z")
    other = referral_at(State.SUBMITTED, cast, patient={"given_name": "Another"})
    Delivery.objects.update(status="sent", confirmed_at="2026-11-23T10:00:00Z")
    empty = admin.post(address(partner, "replay"), {})
    assert empty.status_code == 400 and "Give a reference, a day, or both" in text(empty)
    unknown = admin.post(address(partner, "replay"), {"reference": "QQQ"})
    assert unknown.status_code == 409 and 'value="QQQ"' in text(unknown)
    typed = sent.reference.replace("-", "").lower()
    done = admin.post(address(partner, "replay"), {"reference": typed}, follow=True)
    assert "Deliveries: 2." in text(done)
    waiting = Delivery.objects.filter(status="pending").values_list("event__subject", flat=True)
    assert set(waiting) == {sent.pk} and other.pk not in waiting
    future = admin.post(address(partner, "replay"), {"since": "2999-01-01"}, follow=True)
    assert "Deliveries: 0." in text(future)


@pytest.mark.parametrize("what", ["pause", "deactivate"])
def test_a_partner_is_paused_or_switched_off_and_back(what, admin, partner):
    back = {"pause": "resume", "deactivate": "activate"}[what]
    assert admin.post(address(partner, what)).status_code == 303
    partner.refresh_from_db()
    assert partner.paused is (what == "pause") and partner.active is (what != "deactivate")
    page = text(admin.get(address(partner)))
    assert reverse("partner-act", args=[partner.pk, back]) in page
    admin.post(address(partner, back))
    partner.refresh_from_db()
    assert partner.active and not partner.paused


def test_a_new_partner_has_its_secret_shown_once(cast, admin):
    made = admin.post("/partners/new/", {**NEW, "clinic": str(cast.clinic.pk)})
    assert made.status_code == 201
    secret = re.search(r'td-secret">([^<]+)<', made.content.decode())[1]
    partner = Partner.objects.get(slug="main-street")
    assert (partner.events, partner.scope_key) == (["accepted", "completed"], cast.clinic.pk)
    client = OAuthClient.objects.get(pk="main-street")
    assert client.check_secret(secret)
    assert set(client.get_scopes()) == {"referrals:read", "events:read"}
    assert secret not in text(admin.get(address(partner)))
    assert "no-store" in made["Cache-Control"]

    renewed = admin.post(address(partner, "renew"))
    other = re.search(r'td-secret">([^<]+)<', renewed.content.decode())[1]
    client = OAuthClient.objects.get(pk="main-street")
    assert other != secret and client.check_secret(other) and not client.check_secret(secret)
    assert set(client.get_scopes()) == {"referrals:read", "events:read"}
    verbs = list(AccessEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["partner_create", "partner_renew"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"slug": "ehr-tests"}, "Choose another one"),
        ({"slug": "Main Street"}, "lower-case letters, digits and hyphens"),
        ({"scopes": []}, "Choose at least one."),
        ({"name": ""}, "Fill this in."),
    ],
)
def test_what_is_wrong_with_a_new_partner_is_said_and_nothing_typed_is_lost(
    cast, admin, partner, changed, words
):
    page = admin.post("/partners/new/", {**NEW, "clinic": str(cast.clinic.pk), **changed})
    assert page.status_code == 400 and words in text(page)
    assert f'value="{changed.get("slug", "main-street")}"' in text(page)
    assert Partner.objects.count() == 1


def test_the_clinic_of_somebody_else_cannot_be_chosen(cast, admin):
    page = admin.post("/partners/new/", {**NEW, "clinic": str(cast.other_clinic.pk)})
    assert page.status_code == 400 and not Partner.objects.exists()


def test_the_events_are_chosen(admin, partner):
    page = admin.get(reverse("partner-events", args=[partner.pk]))
    assert page.status_code == 200
    admin.post(reverse("partner-events", args=[partner.pk]), {"events": ["declined"]})
    partner.refresh_from_db()
    assert partner.events == ["declined"]
    wrong = admin.post(reverse("partner-events", args=[partner.pk]), {"events": ["nothing"]})
    assert wrong.status_code == 400


def test_the_log_is_read_page_by_page_by_key(cast, admin, partner, monkeypatch):
    from portal.pages import partners as pages

    monkeypatch.setattr(pages, "PAGE", 2)
    referral_at(State.ACCEPTED, cast)
    first = admin.get(reverse("partner-log", args=[partner.pk]))
    second = admin.get(first.context["next_url"])
    told = [row[1]["text"] for page in (first, second) for row in page.context["rows"]]
    assert told == ["Accepted", "Received", "Submitted"]
    assert second.context["next_url"] == "" and second.context["previous_url"]


def test_the_figures_are_asked_for_without_being_activity(admin, partner):
    admin.get(address(partner))
    earlier = timezone.now() - timedelta(minutes=5)
    UserSession.objects.update(last_seen_at=earlier)
    counters = reverse("partner-counters", args=[partner.pk])
    assert admin.get(counters, headers={"X-Tandem-Background": "1"}).status_code == 200
    assert UserSession.objects.get().last_seen_at == earlier
    admin.get(address(partner))
    assert UserSession.objects.get().last_seen_at > earlier


def test_the_figures_are_a_fragment(admin, partner, parked):
    page = text(admin.get(reverse("partner-counters", args=[partner.pk])))
    assert "<html" not in page and "Parked" in page and "<dd>1</dd>" in page


def test_the_number_of_statements_does_not_grow(cast, admin, partner):
    register_client(partner, "a synthetic partner secret")
    counts = []
    for n in range(3):
        referral = act(
            draft(cast, patient={"given_name": f"Walk {n}"}), Action.SUBMIT, cast.actor("physician")
        )
        Delivery.objects.filter(event__subject=referral.pk).update(status="parked")
        with CaptureQueriesContext(connection) as queries:
            admin.get(address(partner))
        counts.append(len(queries))
    assert counts[1] == counts[2], counts


def test_an_unknown_act_and_an_act_without_its_row_do_not_exist(admin, partner):
    assert admin.post(address(partner, "explode")).status_code == 404
    assert admin.post(address(partner, "retry")).status_code == 404
    assert admin.get(address(partner, "skip"), {"delivery": "x"}).status_code == 404


def test_the_last_event_shows_what_is_sent_and_no_more(admin, partner, sent):
    page = admin.get(address(partner))
    shown = page.context["last_event"]
    assert json.loads(shown) == json.loads(bytes(Delivery.objects.order_by("-pk")[0].body))


def test_partners_stand_in_the_header_of_the_administrator_alone(cast, admin):
    assert 'href="/partners/"' in text(admin.get("/people/"))
    other = Client()
    other.force_login(cast.coordinator)
    assert 'href="/partners/"' not in text(other.get("/worklist/"))
