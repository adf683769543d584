"""A known patient is not typed twice: the practice's own last patients are offered."""

from __future__ import annotations

from django.urls import reverse

from referrals.access.models import AccessEntry
from referrals.lifecycle import State
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.walks import referral_at


def test_the_last_patients_are_offered_to_the_own_practice(cast: Cast) -> None:
    old = referral_at(State.IN_REVIEW, cast)
    url = reverse("referrals:known")
    text = browser(cast, "delegate").get(url).content.decode()
    assert "Marisol Quintrell" in text and reverse("referrals:copy", args=[old.pk]) in text
    assert AccessEntry.objects.filter(verb="list").exists()
    assert "Quintrell" not in browser(cast, "stranger").get(url).content.decode()
    assert browser(cast, "coordinator").get(url).status_code == 403


def test_the_first_step_leads_there(cast: Cast) -> None:
    page = browser(cast, "physician").get(reverse("referrals:new"))
    assert reverse("referrals:known") in page.content.decode()
