"""Signed-in browsers of the cast, and the forms that a page holds."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from referrals.lifecycle import Action
from referrals.models import Referral
from tests.cast import Cast

HIDDEN = re.compile(r'<input type="hidden" name="(version|attempt)" value="([^"]*)"')


def browser(cast: Cast, part: str) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(getattr(cast, part))
    return client


def act_url(referral: Referral, action: Action) -> str:
    return reverse("referrals:act", args=[referral.pk, action.slug])


def detail_url(referral: Referral) -> str:
    return reverse("referrals:detail", args=[referral.pk])


def hidden(page: Any) -> dict[str, str]:
    """The version and the word that an action's page carries."""
    return dict(HIDDEN.findall(page.content.decode()))


def send(client: Client, referral: Referral, action: Action, **typed: Any) -> Any:
    """Open the action's page and send its form."""
    page = client.get(act_url(referral, action))
    assert page.status_code == 200, page.status_code
    return client.post(act_url(referral, action), {**hidden(page), **typed})
