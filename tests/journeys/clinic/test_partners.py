"""The administrator at a partner's pages: seen at both widths, live without a click."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from integrations.inbox import storing
from integrations.models import Delivery, InboxMessage, Partner
from portal.accounts.partners import register_client
from referrals.lifecycle import State
from tests.integrations.test_inbox import a_command, an_arrival
from tests.walks import referral_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = os.environ.get("TANDEM_SHOTS")


@pytest.fixture
def partner(cast):
    made = Partner.objects.create(
        slug="ehr-tests", name="Main Street EHR", scope_key=cast.clinic.pk, client_id="ehr-tests"
    )
    register_client(made, "a synthetic partner secret")
    referral_at(State.ACCEPTED, cast)
    first = Delivery.objects.order_by("pk").first()
    Delivery.objects.filter(pk=first.pk).update(status="parked", last_error="nacked: full")
    arrival = an_arrival(a_command(), user_id=made.slug, routing_key=f"{made.slug}.start_care")
    storing.store(arrival, partner=made)
    InboxMessage.objects.update(status="parked", reason="handler_failed")
    return made


def shot(page, name):
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_hold_at_this_width(as_person, look, partner, width):
    page = as_person("clinic_admin", width=width)
    parked = Delivery.objects.get(status="parked")
    one = reverse("partner", args=[partner.pk])
    for name, address in {
        "list": "/partners/",
        "new": "/partners/new/",
        "one": one,
        "log": reverse("partner-log", args=[partner.pk]),
        "events": reverse("partner-events", args=[partner.pk]),
        "skip": f"{one}skip/?delivery={parked.pk}",
        "replay": f"{one}replay/",
        "discard": f"{one}discard/?message={InboxMessage.objects.get().pk}",
    }.items():
        page.goto(address)
        look(page)
        shot(page, f"{name}-{width}")


def test_the_figures_change_by_themselves_and_a_secret_is_shown_once(as_person, look, partner):
    page = as_person("clinic_admin")
    page.clock.install()
    page.goto(reverse("partner", args=[partner.pk]))
    now = page.locator("[data-counters]")
    expect(now).to_contain_text("Needs you")
    Delivery.objects.update(status="sent", confirmed_at="2026-11-23T10:00:00Z")
    InboxMessage.objects.update(status="done", accepted=True, reason="")
    page.clock.fast_forward(11_000)
    expect(now).not_to_contain_text("Needs you")
    page.get_by_role("link", name="New secret").click()
    page.get_by_role("button", name="New secret").click()
    expect(page.get_by_text("It is not shown again")).to_be_visible()
    look(page)
    shot(page, "secret")
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("heading", name="Main Street EHR")).to_be_visible()
