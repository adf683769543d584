"""Four questions for each door: it works; wrong method; a stranger; a wrong role or state."""

import pytest
from django.test import Client
from django.urls import reverse

from referrals.lifecycle import State
from referrals.models import Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.portal.pages.referrer.typing import edit_url
from tests.walks import draft, referral_at

STEPS = ("patient", "why", "safety", "check")
STRANGERS = ("stranger", "practice_admin", "coordinator", "clinician", "privacy", "nobody")


def doors(referral: Referral) -> dict[str, str]:
    one = [referral.pk]
    return {
        **{f"edit {step}": edit_url(referral, step) for step in STEPS},
        "autosave": reverse("referrals:autosave", args=one),
        "sent": reverse("referrals:sent", args=one),
    }


@pytest.mark.parametrize("part", ["physician", "therapist", "delegate"])
def test_the_practice_writes(cast: Cast, part: str) -> None:
    one = draft(cast)
    client = browser(cast, part)
    for step in STEPS:
        assert client.get(edit_url(one, step)).status_code == 200
    for name in ("home", "referrals:list", "referrals:new"):
        assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("part", STRANGERS)
def test_a_draft_is_nobody_elses(cast: Cast, part: str) -> None:
    client = browser(cast, part)
    one = draft(cast)
    for url in doors(one).values():
        assert client.get(url).status_code in ((405,) if "autosave" in url else (404,))
        assert client.post(url, {"step": "patient"}).status_code in (
            (405,) if url.endswith("/sent/") else (404,)
        )
    assert Referral.objects.get(pk=one.pk).version == one.version


def test_a_visitor_is_asked_to_sign_in(cast: Cast) -> None:
    one = draft(cast)
    urls = [*doors(one).values(), "/", "/referrals/", "/referrals/new/", "/referrals/search/"]
    for url in urls:
        answer = Client().post(url) if "autosave" in url else Client().get(url)
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"], url


@pytest.mark.parametrize(
    ("name", "method"),
    [("home", "post"), ("referrals:list", "post"), ("referrals:list", "delete"),
     ("referrals:new", "put"), ("referrals:search", "delete")],
)  # fmt: skip
def test_wrong_methods_are_refused(cast: Cast, name: str, method: str) -> None:
    client = browser(cast, "physician")
    assert getattr(client, method)(reverse(name)).status_code == 405


def test_wrong_methods_on_a_draft_are_refused(cast: Cast) -> None:
    one, client = draft(cast), browser(cast, "physician")
    assert client.get(reverse("referrals:autosave", args=[one.pk])).status_code == 405
    assert client.post(reverse("referrals:sent", args=[one.pk])).status_code == 405
    assert client.put(edit_url(one, "why")).status_code == 405


@pytest.mark.parametrize("part", ["clinician", "clinic_admin", "privacy", "practice_admin"])
def test_who_does_not_write_begins_nothing(cast: Cast, part: str) -> None:
    client = browser(cast, part)
    assert client.get(reverse("referrals:new")).status_code == 403
    assert client.post(reverse("referrals:new"), {"clinic": "apopka"}).status_code == 403
    assert Referral.objects.count() == 0


@pytest.mark.parametrize("part", ["coordinator", "clinician", "clinic_admin"])
def test_the_clinic_reads_but_does_not_write_what_was_sent(cast: Cast, part: str) -> None:
    sent = referral_at(State.SUBMITTED, cast)
    client = browser(cast, part)
    for url in doors(sent).values():
        answer = client.post(url) if "autosave" in url else client.get(url)
        assert answer.status_code == 403, url


def test_an_unknown_step_does_not_exist(cast: Cast) -> None:
    one = draft(cast)
    assert browser(cast, "physician").get(edit_url(one, "payment")).status_code == 404


def test_a_draft_has_no_page_that_says_it_was_sent(cast: Cast) -> None:
    one = draft(cast)
    page = browser(cast, "physician").get(reverse("referrals:sent", args=[one.pk]))
    assert page["Location"] == edit_url(one, "check")


@pytest.mark.parametrize("state", [State.CLOSED, State.DECLINED, State.CANCELLED])
def test_what_has_ended_is_not_edited(cast: Cast, state: State) -> None:
    ended = referral_at(state, cast)
    client = browser(cast, "physician")
    page = client.post(edit_url(ended, "why"), {"request-reason": "Something else."})
    assert page.status_code == 409
    assert client.get(edit_url(ended, "why")).status_code == 302
    posted = client.post(reverse("referrals:autosave", args=[ended.pk]), {"step": "why"})
    assert posted.status_code == 409
    assert Referral.objects.get(pk=ended.pk).version == ended.version


def test_a_form_without_its_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.physician)
    one = draft(cast)
    assert client.post(edit_url(one, "why"), {"request-reason": "x"}).status_code == 403
    assert client.post(reverse("referrals:new"), {"clinic": "apopka"}).status_code == 403
