"""Personal tokens, and who the API takes a caller for."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.accounts import tokens
from portal.accounts.models import PersonalToken, User
from referrals.models import Membership
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.site")]
WHO = "/api/v1/who/"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def post(client: Client, headers: dict[str, str] | None = None):
    return client.post(WHO, {}, content_type="application/json", headers=headers)


@pytest.fixture
def secret(cast: Cast) -> str:
    return tokens.make(user=cast.physician, name="export", days=30)[1]


def refused(answer) -> bool:
    return answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_its_owner(client: Client, cast: Cast, secret: str) -> None:
    told = client.get(WHO, headers=bearer(secret)).json()
    assert (told["kind"], told["user_id"], told["roles"]) == (
        "person",
        str(cast.physician.pk),
        ["rc"],
    )


def test_no_credentials_is_401_with_a_challenge(client: Client, db: None) -> None:
    assert refused(client.get(WHO))


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer tnd_wrong", "Bearer wrong", "Bearer a b", "Basic YTpi",
     "Token tnd_x", "Bearer tnd_\u00e9", "bearer", "tnd_x"],
)  # fmt: skip
def test_bad_credentials_are_401_with_a_challenge(client: Client, db: None, header: str) -> None:
    assert refused(client.get(WHO, HTTP_AUTHORIZATION=header.encode().decode("latin-1")))


def test_a_bad_token_is_not_saved_by_a_session(client: Client, cast: Cast) -> None:
    client.force_login(cast.physician)
    assert refused(client.get(WHO, headers=bearer("tnd_wrong")))


@pytest.mark.parametrize("name", ["access_token", "token", "api_key", "ACCESS_TOKEN"])
def test_a_token_in_the_address_is_refused(client: Client, secret: str, name: str) -> None:
    assert refused(client.get(f"{WHO}?{name}={secret}"))
    assert refused(client.get(f"{WHO}?{name}={secret}", headers=bearer(secret)))


def test_an_ended_token(client: Client, secret: str) -> None:
    tokens.end(PersonalToken.objects.get())
    assert refused(client.get(WHO, headers=bearer(secret)))


def test_a_token_out_of_date(client: Client, secret: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=30, seconds=1), tick=False):
        assert refused(client.get(WHO, headers=bearer(secret)))


def test_the_token_of_a_deactivated_person(client: Client, cast: Cast, secret: str) -> None:
    assert client.get(WHO, headers=bearer(secret)).status_code == 200
    User.objects.filter(pk=cast.physician.pk).update(is_active=False)
    assert refused(client.get(WHO, headers=bearer(secret)))


def test_an_ended_membership_counts_at_the_next_request(
    client: Client, cast: Cast, secret: str
) -> None:
    Membership.objects.filter(user=cast.physician).update(ended_at=timezone.now())
    assert client.get(WHO, headers=bearer(secret)).json()["roles"] == []


def test_the_database_holds_no_secret(secret: str) -> None:
    if connection.vendor == "sqlite":
        dump = "\n".join(connection.connection.iterdump())
        assert secret[:10] in dump
        assert secret not in dump
    assert PersonalToken.objects.get().token_hash != secret


def test_secrets_are_256_bits_and_differ(cast: Cast) -> None:
    made = {tokens.make(user=cast.physician, name="n", days=1)[1] for _ in range(20)}
    assert len(made) == 20
    assert min(map(len, made)) >= len(tokens.MARK) + 43


@pytest.mark.parametrize("days", [0, -1, 366])
def test_no_token_lives_longer_than_a_year(cast: Cast, days: int) -> None:
    with pytest.raises(ValueError, match="one day to one year"):
        tokens.make(user=cast.physician, name="n", days=days)


def test_last_use_is_written_coarsely(client: Client, secret: str) -> None:
    client.get(WHO, headers=bearer(secret))
    first = PersonalToken.objects.get().last_used_at
    client.get(WHO, headers=bearer(secret))
    assert PersonalToken.objects.get().last_used_at == first is not None


def test_the_api_by_session_needs_the_forgery_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.physician)
    assert client.get(WHO).status_code == 200
    assert post(client).status_code == 403
    client.get("/accounts/password/change/")
    token = client.cookies["csrftoken"].value
    assert post(client, {"X-CSRFToken": token}).status_code == 200


def test_a_bearer_token_needs_none(cast: Cast, secret: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert post(client, bearer(secret)).status_code == 200


def test_make_list_and_end_by_the_api(client: Client, cast: Cast) -> None:
    client.force_login(cast.physician)
    made = client.post("/api/v1/tokens/", {"name": "nightly"}, content_type="application/json")
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert client.get(WHO, headers=bearer(secret)).status_code == 200
    (listed,) = client.get("/api/v1/tokens/").json()["results"]
    assert "secret" not in listed
    assert "token_hash" not in listed
    assert client.delete(f"/api/v1/tokens/{listed['id']}/").status_code == 204
    assert refused(client.get(WHO, headers=bearer(secret)))


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "expires_in_days": 366},
                                  {"name": "x", "user": 1}])  # fmt: skip
def test_a_wrong_request_makes_no_token(client: Client, cast: Cast, body: dict) -> None:
    client.force_login(cast.physician)
    answer = client.post("/api/v1/tokens/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not PersonalToken.objects.exists()


def test_a_token_does_not_make_or_end_tokens(client: Client, secret: str) -> None:
    body = {"name": "another"}
    made = client.post(
        "/api/v1/tokens/", body, content_type="application/json", headers=bearer(secret)
    )
    own = f"/api/v1/tokens/{PersonalToken.objects.get().pk}/"
    assert made.status_code == 403
    assert client.delete(own, headers=bearer(secret)).status_code == 403
    assert client.get(own, headers=bearer(secret)).status_code == 200


def test_a_strangers_token_is_not_found(client: Client, cast: Cast, secret: str) -> None:
    client.force_login(cast.stranger)
    token = PersonalToken.objects.get()
    assert client.get(f"/api/v1/tokens/{token.pk}/").status_code == 404
    assert client.delete(f"/api/v1/tokens/{token.pk}/").status_code == 404
    assert client.post(f"/account/tokens/{token.pk}/end/").status_code == 404
    assert client.get("/api/v1/tokens/").json()["results"] == []


def test_the_page_shows_a_secret_once(client: Client, cast: Cast) -> None:
    client.post("/accounts/login/", {"login": cast.physician.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.post("/account/tokens/", {"name": "export", "days": "30"})
    assert page.status_code == 201
    assert tokens.MARK in page.content.decode()
    token = PersonalToken.objects.get()
    again = client.get("/account/tokens/").content.decode()
    assert "td-secret" not in again
    assert token.prefix in again
    client.post(f"/account/tokens/{token.pk}/end/")
    assert PersonalToken.objects.get().revoked_at is not None


def test_the_page_asks_for_a_fresh_proof(client: Client, cast: Cast) -> None:
    client.post("/accounts/login/", {"login": cast.physician.email, "password": PASSWORD})
    answer = client.post("/account/tokens/", {"name": "export", "days": "30"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not PersonalToken.objects.exists()


def test_no_command_prints_a_token(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    call_command("dumpdata", "accounts")
    assert secret not in capsys.readouterr().out
