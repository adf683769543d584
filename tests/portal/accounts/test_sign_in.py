"""Signing in: by e-mail, closed to strangers, bounded in guesses, mute about who exists."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.auth import hashers
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from tests.cast import PASSWORD, Cast, assemble

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.site")]
LOGIN = "/accounts/login/"


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def bare(body: bytes) -> str:
    """A page without its CSRF tokens and what was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", body.decode())
    return re.sub(r'value="[^"]*@[^"]*"', "", text)


def test_email_and_password_open_the_portal(client: Client, cast: Cast) -> None:
    response = sign_in(client, cast.physician.email)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").content.decode() == f"signed in as {cast.physician.pk}"


def test_letter_case_of_the_address_does_not_matter(client: Client, cast: Cast) -> None:
    assert sign_in(client, cast.physician.email.upper()).status_code == 302


def test_a_wrong_password_opens_nothing(client: Client, cast: Cast) -> None:
    assert sign_in(client, cast.physician.email, "another long passphrase").status_code == 200
    assert client.get("/").status_code == 302


def test_there_is_no_sign_up(client: Client, cast: Cast) -> None:
    assert client.get("/accounts/signup/").status_code == 404
    assert client.post("/accounts/signup/", {"email": "x@tests.example"}).status_code == 404


def test_sign_in_gives_a_new_session_id(client: Client, cast: Cast) -> None:
    """A planted id is worth nothing after sign-in (fixation)."""
    client.get("/accounts/reauthenticate/")
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    sign_in(client, cast.physician.email)
    assert client.cookies["sessionid"].value != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert attacker.get("/").status_code == 302


def test_an_old_session_is_dead_after_signing_out(client: Client, cast: Cast) -> None:
    sign_in(client, cast.physician.email)
    old = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    replay = Client()
    replay.cookies["sessionid"] = old
    assert replay.get("/").status_code == 302


def test_at_most_ten_guesses_reach_the_hasher(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever comes between: a success of another account gives no guess back."""
    judged: list[str] = []
    original = User.check_password

    def counting(self: User, raw: str) -> bool:
        judged.append(self.email)
        return original(self, raw)

    monkeypatch.setattr(User, "check_password", counting)
    for number in range(40):
        if number % 7 == 0:
            sign_in(Client(), cast.therapist.email, REMOTE_ADDR="192.0.2.7")
        address = f"198.51.100.{number}"
        sign_in(Client(), cast.physician.email, f"guess number {number}", REMOTE_ADDR=address)
    assert judged.count(cast.physician.email) == 10


def test_the_right_password_works_again_after_fifteen_minutes(cast: Cast) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        for number in range(12):
            sign_in(Client(), cast.physician.email, f"guess {number}")
        assert sign_in(Client(), cast.physician.email).status_code == 200
    with time_machine.travel(start + timedelta(minutes=15, seconds=1), tick=False):
        assert sign_in(Client(), cast.physician.email).status_code == 302


def test_known_and_unknown_addresses_answer_alike(client: Client, cast: Cast) -> None:
    inactive = cast.delegate
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    answers = [
        sign_in(Client(), email, "some wrong passphrase")
        for email in (cast.physician.email, "no-such-person@tests.example", inactive.email)
    ]
    assert {a.status_code for a in answers} == {200}
    assert len({bare(a.content) for a in answers}) == 1


def test_an_unknown_address_costs_a_hash_too(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    original = hashers.make_password
    monkeypatch.setattr(
        "django.contrib.auth.base_user.make_password",
        lambda password, *a, **k: made.append("hash") or original(password, *a, **k),
    )
    sign_in(client, "no-such-person@tests.example", "some wrong passphrase")
    assert made == ["hash"]


def test_reset_answers_alike_and_mails_the_owner_alone(client: Client, cast: Cast) -> None:
    answers = [
        Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in (cast.physician.email, "no-such-person@tests.example")
    ]
    assert len({(a.status_code, bare(a.content)) for a in answers}) == 1
    assert [m.to for m in mail.outbox] == [[cast.physician.email]]


def test_reset_link_comes_from_the_setting_works_once_and_signs_nobody_in(
    cast: Cast, settings
) -> None:
    settings.BASE_URL = "https://portal.tests.example"
    settings.ALLOWED_HOSTS = ["testserver", "evil.example"]
    Client().post(
        "/accounts/password/reset/", {"email": cast.physician.email}, HTTP_HOST="evil.example"
    )
    body = mail.outbox[0].body
    assert "evil.example" not in body
    (link,) = re.findall(r"https://portal\.tests\.example(/\S+)", body)
    client = Client()
    form = client.get(link, follow=True)
    new = "gravel otter lantern seventeen"
    address = form.redirect_chain[-1][0]
    assert client.post(address, {"password1": new, "password2": new}).status_code == 302
    assert client.get("/").status_code == 302
    assert "no longer works" in Client().get(link, follow=True).content.decode()
    assert sign_in(Client(), cast.physician.email, new).status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "https:evil",
               "/\tx", "javascript:alert(1)", "\\\\evil.example", "///evil.example"],
)  # fmt: skip
def test_next_leads_to_this_site_alone(client: Client, cast: Cast, target: str) -> None:
    data = {"login": cast.physician.email, "password": PASSWORD, "next": target}
    assert client.post(LOGIN, data)["Location"] == "/"


def test_next_leads_back_to_the_page(client: Client, cast: Cast) -> None:
    data = {"login": cast.physician.email, "password": PASSWORD, "next": "/referrals/one/edit/"}
    assert client.post(LOGIN, data)["Location"] == "/referrals/one/edit/"


def test_a_deactivated_person_is_out_at_the_next_request(client: Client, cast: Cast) -> None:
    sign_in(client, cast.physician.email)
    User.objects.filter(pk=cast.physician.pk).update(is_active=False)
    assert client.get("/").status_code == 302


def test_a_new_password_ends_the_other_sessions(client: Client, cast: Cast) -> None:
    other = Client()
    for browser in (client, other):
        sign_in(browser, cast.physician.email)
    new = "gravel otter lantern seventeen"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", data).status_code == 302
    assert other.get("/").status_code == 302
    assert client.get("/").status_code == 200


def test_a_person_sees_and_ends_their_sessions(client: Client, cast: Cast) -> None:
    other = Client(headers={"user-agent": "Other browser"})
    for browser in (client, other):
        sign_in(browser, cast.physician.email)
    assert b"Other browser" in client.get("/accounts/sessions/").content
    row = UserSession.objects.get(user_agent="Other browser")
    assert Client().post(f"/accounts/sessions/{row.pk}/end/").status_code == 302
    assert other.get("/").status_code == 200
    assert client.post(f"/accounts/sessions/{row.pk}/end/").status_code == 302
    assert other.get("/").status_code == 302


def test_nobody_ends_a_strangers_session(client: Client, cast: Cast) -> None:
    sign_in(client, cast.physician.email)
    stranger = Client()
    sign_in(stranger, cast.stranger.email)
    row = UserSession.objects.get(user=cast.physician)
    assert stranger.post(f"/accounts/sessions/{row.pk}/end/").status_code == 404
    assert client.get("/").status_code == 200


def test_a_new_address_needs_a_fresh_proof_and_the_old_one_hears_of_it(
    client: Client, cast: Cast
) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        sign_in(client, cast.physician.email)
    with time_machine.travel(start + timedelta(minutes=6), tick=False):
        data = {"email": "new@tests.example", "action_add": ""}
        response = client.post("/accounts/email/", data)
        assert response["Location"].startswith("/accounts/reauthenticate/")
        assert mail.outbox == []
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        client.post("/accounts/email/", data)
    (message,) = mail.outbox
    assert message.to == ["new@tests.example"]
    (link,) = re.findall(r"http://127\.0\.0\.1:8000(/\S+)", message.body)
    client.post(link)
    assert [cast.physician.email] in [m.to for m in mail.outbox]


@pytest.mark.parametrize("index", [0, 5, 12, 20, 31])
def test_a_tampered_cookie_is_nobody(client: Client, cast: Cast, index: int) -> None:
    sign_in(client, cast.physician.email)
    key = client.cookies["sessionid"].value
    flipped = "z" if key[index] != "z" else "y"
    client.cookies["sessionid"] = key[:index] + flipped + key[index + 1 :]
    assert client.get("/").status_code == 302


def test_session_ids_do_not_repeat(db: None) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    ids = {SessionStore()._get_new_session_key() for _ in range(200)}
    assert len(ids) == 200
    assert min(map(len, ids)) >= 32


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_fifty_guesses_at_once_stay_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    email = assemble().physician.email
    judged: list[str] = []
    original = User.check_password
    monkeypatch.setattr(
        User, "check_password", lambda self, raw: judged.append(raw) or original(self, raw)
    )
    barrier = threading.Barrier(50)

    def guess(number: int) -> None:
        barrier.wait()
        sign_in(Client(), email, f"guess {number}", REMOTE_ADDR=f"198.51.100.{number}")
        connections.close_all()

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(judged) <= 10


ACCOUNT_PAGES = [
    "/account/", "/account/tokens/", "/accounts/password/change/", "/accounts/email/",
    "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/", "/people/",
]  # fmt: skip
SIGNED_OUT_PAGES = ["/accounts/login/", "/accounts/password/reset/", "/accounts/inactive/"]


@pytest.mark.parametrize("path", ACCOUNT_PAGES + SIGNED_OUT_PAGES)
def test_no_page_has_a_script_or_style_of_its_own(client: Client, cast: Cast, path: str) -> None:
    if path in ACCOUNT_PAGES:
        client.force_login(cast.clinic_admin)
    body = client.get(path).content.decode()
    assert "<h1" in body
    assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", body)
    inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", body)
    assert inline == []
