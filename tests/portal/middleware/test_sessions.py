"""Idle time and whole length, kept by the server; and nothing typed is lost to them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.accounts import interrupted
from portal.accounts.models import InterruptedPost
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.site")]
BACKGROUND = {"x-tandem-background": "1"}
FORM = "/referrals/one/edit/"
TYPED = {"reason": "Marisol cannot sleep", "sites": ["back", "neck"]}


@pytest.fixture
def start() -> datetime:
    return timezone.now()


def later(start: datetime, seconds: float):
    return time_machine.travel(start + timedelta(seconds=seconds), tick=False)


def sign_in(client: Client, cast: Cast, part: str = "physician") -> None:
    data = {"login": getattr(cast, part).email, "password": PASSWORD}
    assert client.post("/accounts/login/", data).status_code == 302


def test_idle_one_second_short_lives_and_one_second_over_does_not(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
    with later(start, 899):
        assert client.get("/").status_code == 200
    with later(start, 899 + 901):
        assert client.get("/").status_code == 302


def test_background_requests_do_not_keep_a_session_alive(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
    for seconds in range(60, 900, 60):
        with later(start, seconds):
            assert client.get("/", headers=BACKGROUND).status_code == 200
    with later(start, 901):
        assert client.get("/", headers=BACKGROUND).status_code == 401


def test_a_busy_session_ends_after_its_whole_length(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
    for seconds in range(600, 43200, 600):
        with later(start, seconds):
            assert client.get("/").status_code == 200, seconds
    with later(start, 43201):
        assert client.get("/").status_code == 302


def test_the_old_session_is_gone_from_the_server(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
        old = client.session.session_key
    with later(start, 901):
        client.get("/")
        assert not Session.objects.filter(session_key=old).exists()
        replay = Client()
        replay.cookies["sessionid"] = old
        assert replay.get("/").status_code == 302


def test_a_page_does_not_send_the_cookie_again(client: Client, cast: Cast) -> None:
    """Activity is written beside the session, so no answer carries the session's cookie."""
    sign_in(client, cast)
    assert "sessionid" not in client.get("/").cookies


def test_after_signing_in_again_the_person_is_where_they_were(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
    with later(start, 901):
        response = client.get(FORM + "?step=2")
        assert response["Location"] == "/accounts/login/?next=/referrals/one/edit/%3Fstep%3D2"
        assert b"nothing happened for a while" in client.get(response["Location"]).content


def lose_session_while_typing(client: Client, cast: Cast, start: datetime) -> None:
    with later(start, 0):
        sign_in(client, cast)
    with later(start, 1000):
        response = client.post(FORM, TYPED)
        assert response["Location"] == f"/accounts/login/?next={FORM}"


def test_what_was_sent_too_late_comes_back_once(
    client: Client, cast: Cast, start: datetime
) -> None:
    lose_session_while_typing(client, cast, start)
    with later(start, 1100):
        sign_in(client, cast)
        assert client.get(FORM).json() == {"kept": {"reason": TYPED["reason"], "sites": "neck"}}
        assert client.get(FORM).json() == {"kept": None}
    assert not InterruptedPost.objects.exists()


def test_a_second_tab_loses_nothing_either(client: Client, cast: Cast, start: datetime) -> None:
    """The first tab found the session ended; the second one sends its form after that."""
    with later(start, 0):
        sign_in(client, cast)
    with later(start, 1000):
        client.get("/")
        client.post(FORM, TYPED)
        sign_in(client, cast)
        assert client.get(FORM).json()["kept"]["reason"] == TYPED["reason"]


def test_what_is_kept_is_sealed(client: Client, cast: Cast, start: datetime) -> None:
    lose_session_while_typing(client, cast, start)
    row = InterruptedPost.objects.get()
    assert b"Marisol" not in bytes(row.body)
    assert "Marisol" not in str(client.session.items())


def test_another_person_at_the_same_computer_gets_nothing(
    client: Client, cast: Cast, start: datetime
) -> None:
    lose_session_while_typing(client, cast, start)
    with later(start, 1100):
        sign_in(client, cast, "stranger")
        assert client.get(FORM).json() == {"kept": None}


def test_the_same_person_elsewhere_gets_nothing(cast: Cast, start: datetime) -> None:
    lose_session_while_typing(Client(), cast, start)
    elsewhere = Client()
    with later(start, 1100):
        sign_in(elsewhere, cast)
        assert elsewhere.get(FORM).json() == {"kept": None}


def test_after_an_hour_it_is_gone(client: Client, cast: Cast, start: datetime) -> None:
    lose_session_while_typing(client, cast, start)
    with later(start, 1000 + 3601):
        sign_in(client, cast)
        assert client.get(FORM).json() == {"kept": None}
        assert interrupted.forget_old() == 1


def test_a_forged_late_post_is_not_kept(cast: Cast, start: datetime) -> None:
    client = Client(enforce_csrf_checks=True)
    with later(start, 0):
        client.force_login(cast.physician)
        client.get("/")
    with later(start, 1000):
        assert client.post(FORM, TYPED).status_code == 403
    assert not InterruptedPost.objects.exists()


def test_other_posts_are_not_kept(client: Client, cast: Cast, start: datetime) -> None:
    with later(start, 0):
        sign_in(client, cast)
    with later(start, 1000):
        assert client.post("/", TYPED).status_code == 302
    assert not InterruptedPost.objects.exists()


def test_the_api_says_401_and_does_not_redirect(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
    with later(start, 901):
        assert client.get("/api/v1/who/").status_code == 401


def test_seconds_left_are_told_without_being_spent(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
    for seconds, left in ((300, 600), (840, 60)):
        with later(start, seconds):
            told = client.get("/account/session/", headers=BACKGROUND)
            assert told.json() == {"signed_in": True, "seconds_left": left}


def test_staying_is_one_post(client: Client, cast: Cast, start: datetime) -> None:
    with later(start, 0):
        sign_in(client, cast)
    with later(start, 840):
        assert client.post("/account/session/").json()["seconds_left"] == 900
    with later(start, 1700):
        assert client.get("/").status_code == 200


def test_near_the_whole_length_staying_adds_only_what_is_left(
    client: Client, cast: Cast, start: datetime
) -> None:
    with later(start, 0):
        sign_in(client, cast)
    for seconds in range(600, 43100, 600):
        with later(start, seconds):
            client.get("/")
    with later(start, 43100):
        assert client.post("/account/session/").json()["seconds_left"] == 100
