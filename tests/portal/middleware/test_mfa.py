"""Where a second step is required, no way in does without it."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from portal.accounts import tokens
from portal.accounts.models import User
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.site")]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def required(settings) -> None:
    settings.REQUIRE_MFA = True


def code(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def password_step(client: Client, user: User):
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def set_up_page(client: Client) -> str:
    """Who is signed in proves it once more, then sees the picture."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client.get("/accounts/2fa/totp/activate/").content.decode()


def with_app(user: User) -> User:
    TOTP.activate(user, SECRET)
    return user


@pytest.mark.parametrize(
    "path", ["/", "/referrals/one/edit/", "/account/", "/account/tokens/", "/people/",
             "/accounts/password/change/", "/accounts/email/", "/accounts/sessions/"],
)  # fmt: skip
def test_without_a_second_step_every_page_leads_to_its_set_up(
    client: Client, cast: Cast, path: str
) -> None:
    password_step(client, cast.physician)
    assert client.get(path)["Location"].startswith("/accounts/2fa/?next=")


def test_the_api_by_session_is_closed_too(client: Client, cast: Cast) -> None:
    password_step(client, cast.physician)
    answer = client.get("/api/v1/who/")
    assert (answer.status_code, answer.json()["type"]) == (403, "mfa-required")


def test_a_token_of_a_person_without_a_second_step_is_refused(client: Client, cast: Cast) -> None:
    _, secret = tokens.make(user=cast.physician, name="old script", days=30)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/who/", headers=headers).status_code == 401
    with_app(cast.physician)
    assert client.get("/api/v1/who/", headers=headers).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_setting_up_an_app_opens_the_portal(client: Client, cast: Cast) -> None:
    password_step(client, cast.physician)
    page = set_up_page(client)
    assert "<svg" in page
    assert "data:image" not in page
    (secret,) = re.findall(r'class="td-secret">([A-Z2-7]+)<', page)
    client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    assert client.get("/").status_code == 200


def test_the_secret_is_sealed_in_the_database(client: Client, cast: Cast) -> None:
    with_app(cast.physician)
    row = Authenticator.objects.get(user=cast.physician)
    assert SECRET not in str(row.data)


@pytest.mark.django_db(transaction=True)
def test_setting_up_ends_sessions_that_have_no_second_step(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        password_step(browser, cast.physician)
    page = set_up_page(here)
    (secret,) = re.findall(r'class="td-secret">([A-Z2-7]+)<', page)
    here.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    assert here.get("/").status_code == 200
    assert elsewhere.get("/")["Location"].startswith("/accounts/login/")


def test_password_alone_is_half_a_sign_in(client: Client, cast: Cast) -> None:
    assert password_step(client, with_app(cast.physician))["Location"] == (
        "/accounts/2fa/authenticate/"
    )
    assert client.get("/")["Location"].startswith("/accounts/login/")
    assert client.get("/api/v1/who/").status_code == 401


def test_password_and_code_open_the_portal(client: Client, cast: Cast) -> None:
    password_step(client, with_app(cast.physician))
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 302
    assert client.get("/").status_code == 200


def test_a_session_opened_past_the_second_step_is_refused(client: Client, cast: Cast) -> None:
    """Another door than sign-in (here: the test client's) does not count as a second step."""
    client.force_login(with_app(cast.physician))
    assert client.get("/")["Location"].startswith("/accounts/login/")
    assert client.get("/api/v1/who/").status_code == 401


def test_a_half_sign_in_of_another_person_lends_nothing(client: Client, cast: Cast) -> None:
    """Two people begin in one browser: the first one's code does not finish the second's."""
    password_step(client, with_app(cast.physician))
    TOTP.activate(cast.stranger, SECRET[::-1].replace("=", ""))
    password_step(client, cast.stranger)
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    assert f"signed in as {cast.stranger.pk}" not in client.get("/").content.decode()


def test_a_code_works_once(cast: Cast) -> None:
    with_app(cast.physician)
    first, second = Client(), Client()
    same = code()
    for browser in (first, second):
        password_step(browser, cast.physician)
        browser.post("/accounts/2fa/authenticate/", {"code": same})
    assert first.get("/").status_code == 200
    assert second.get("/").status_code == 302


def test_other_digits_and_spaces_do_not_make_a_used_code_new(cast: Cast) -> None:
    with_app(cast.physician)
    first, second = Client(), Client()
    same = code()
    wide = "".join(chr(0xFF10 + int(d)) for d in same)
    for browser, text in ((first, same), (second, f"{wide[:3]} {wide[3:]}")):
        password_step(browser, cast.physician)
        browser.post("/accounts/2fa/authenticate/", {"code": text})
    assert second.get("/").status_code == 302


def test_guessing_codes_is_bounded(client: Client, cast: Cast) -> None:
    password_step(client, with_app(cast.physician))
    for number in range(10):
        client.post("/accounts/2fa/authenticate/", {"code": f"00000{number}"})
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    assert client.get("/").status_code == 302


def test_a_recovery_code_works_once(cast: Cast) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    with_app(cast.physician)
    one = RecoveryCodes.activate(cast.physician).generate_codes()[0]
    first, second = Client(), Client()
    for browser in (first, second):
        password_step(browser, cast.physician)
        browser.post("/accounts/2fa/authenticate/", {"code": one})
    assert first.get("/").status_code == 200
    assert second.get("/").status_code == 302


def test_leaving_is_always_possible(client: Client, cast: Cast) -> None:
    password_step(client, cast.physician)
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/")["Location"].startswith("/accounts/login/")


def test_switched_off_it_asks_nobody(client: Client, cast: Cast, settings) -> None:
    settings.REQUIRE_MFA = False
    password_step(client, cast.physician)
    assert client.get("/").status_code == 200
