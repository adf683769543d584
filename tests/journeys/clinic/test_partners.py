"""The administrator at a partner's pages: seen at both widths, live without a click."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from integrations import command_keys
from integrations.inbox import storing
from integrations.models import CommandKey, Delivery, InboxMessage, Partner
from integrations.public_jwk import PublicKey
from portal.accounts.partners import register_client
from referrals.lifecycle import State
from tests.integrations.test_command_keys import OTHER, THIRD, X, jwk
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
    command_keys.add(made, keys=[PublicKey("ehr-2025", X), PublicKey("ehr-2026-11", OTHER)])
    command_keys.require_signatures(made)
    command_keys.retire(made, CommandKey.objects.earliest("pk").pk)
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
        "add-key": f"{one}add-key/",
        "retire-key": f"{one}retire-key/?key={CommandKey.objects.latest('pk').pk}",
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


def test_a_key_is_pasted_by_keyboard_and_a_private_one_is_refused(as_person, look, partner):
    page = as_person("clinic_admin", width=390)
    page.goto(reverse("partner-act", args=[partner.pk, "add-key"]))
    box = page.get_by_label("Public key")
    box.fill(json.dumps(jwk(kid="next", x=THIRD, d="PRIVATE-HALF")))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("[data-error-summary]")).to_contain_text("can sign as the partner")
    assert "PRIVATE-HALF" not in page.content()
    look(page)
    shot(page, "private-key")
    box.fill(json.dumps(jwk(kid="next", x=THIRD)))
    page.get_by_role("button", name="Add a key").click()
    expect(page.get_by_text("The key is added.")).to_be_visible()
    expect(page.get_by_role("link", name="Retire next")).to_be_visible()
    look(page)
