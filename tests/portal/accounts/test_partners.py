"""Partners: client credentials, a token, three scopes, and an end to all of it."""

from __future__ import annotations

import base64
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from django.contrib.auth import hashers
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from integrations.models import Partner
from portal.accounts import partners
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.site")]
SECRET = "a synthetic partner secret"
TOKEN = "/identity/o/api/token"
WHO = "/api/v1/who/"


@pytest.fixture
def registered(partner: Partner) -> Partner:
    partners.register_client(partner, SECRET)
    return partner


def ask(client: Client, secret: str = SECRET, **data: str):
    body = {"grant_type": "client_credentials", "client_id": "ehr-tests",
            "client_secret": secret, **data}  # fmt: skip
    return client.post(TOKEN, body)


def token(client: Client, **data: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {ask(client, **data).json()['access_token']}"}


def test_metadata_names_the_token_endpoint(client: Client, db: None, settings) -> None:
    settings.BASE_URL = "https://portal.tests.example"
    told = client.get("/.well-known/openid-configuration").json()
    assert told["token_endpoint"] == f"https://portal.tests.example{TOKEN}"
    assert told["grant_types_supported"] == ["client_credentials"]
    assert set(told["scopes_supported"]) == set(partners.SCOPES)


def test_a_partner_is_its_clinics_system(client: Client, cast: Cast, registered) -> None:
    told = client.get(WHO, headers=token(client)).json()
    assert told == {
        "kind": "partner", "user_id": None, "partner": "ehr-tests", "roles": ["ps"],
        "scopes": sorted(partners.SCOPES), "clinics": [str(cast.clinic.pk)],
    }  # fmt: skip


def test_the_secret_may_come_in_the_header(client: Client, registered) -> None:
    basic = base64.b64encode(f"ehr-tests:{SECRET}".encode()).decode()
    answer = client.post(
        TOKEN, {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"}
    )
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_fewer_scopes_on_request(client: Client, registered) -> None:
    told = client.get(WHO, headers=token(client, scope="events:read")).json()
    assert told["scopes"] == ["events:read"]


def test_no_scope_that_was_not_given(client: Client, partner: Partner) -> None:
    partners.register_client(partner, SECRET, ["events:read"])
    assert ask(client, scope="referrals:write").status_code == 400
    assert client.get(WHO, headers=token(client)).json()["scopes"] == ["events:read"]


def test_a_wrong_secret_and_an_unknown_client_answer_alike(client: Client, registered) -> None:
    wrong = ask(client, "another secret")
    unknown = ask(client, client_id="no-such-partner")
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert wrong.status_code == 401
    assert wrong["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "",
                                   "urn:ietf:params:oauth:grant-type:device_code"])  # fmt: skip
def test_one_grant_alone(client: Client, registered, grant: str) -> None:
    answer = ask(client, grant_type=grant)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("path", ["authorize", "device", "logout", "api/userinfo",
                                  "api/introspect", "api/device/code", "api/clients"])  # fmt: skip
def test_the_rest_of_oauth_does_not_exist(client: Client, db: None, path: str) -> None:
    assert client.get(f"/identity/o/{path}").status_code == 404


def test_the_limit_comes_before_the_hash(
    client: Client, registered, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PARTNER_TOKEN_RATE = "5/m/key,100/m/ip"
    judged: list[str] = []
    original = OAuthClient.check_secret
    monkeypatch.setattr(
        OAuthClient, "check_secret", lambda self, s: judged.append(self.pk) or original(self, s)
    )
    answers = [ask(client, f"guess {n}").status_code for n in range(12)]
    assert answers == [401] * 5 + [429] * 7
    assert len(judged) == 5
    assert ask(client)["Retry-After"] == "60"


def test_guesses_from_elsewhere_do_not_lock_the_partner_out(
    client: Client, registered, settings
) -> None:
    settings.PARTNER_TOKEN_RATE = "5/m/key,100/m/ip"
    for number in range(12):
        Client(REMOTE_ADDR="203.0.113.9").post(
            TOKEN,
            {"grant_type": "client_credentials", "client_id": "ehr-tests",
             "client_secret": f"guess {number}"},
        )  # fmt: skip
    assert ask(client).status_code == 200


def test_a_token_ends_after_an_hour(client: Client, registered) -> None:
    headers = token(client)
    with time_machine.travel(timezone.now() + timedelta(seconds=3601), tick=False):
        assert client.get(WHO, headers=headers).status_code == 401


def test_a_deactivated_partner_is_out_at_the_next_request(client: Client, registered) -> None:
    headers = token(client)
    Partner.objects.update(active=False)
    answer = client.get(WHO, headers=headers)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


@pytest.mark.parametrize("act", [partners.withdraw_client,
                                 lambda p: partners.register_client(p, "new")])  # fmt: skip
def test_a_new_or_withdrawn_secret_ends_the_tokens(client: Client, registered, act) -> None:
    headers = token(client)
    act(registered)
    assert client.get(WHO, headers=headers).status_code == 401


def test_a_refresh_token_opens_nothing(client: Client, registered) -> None:
    headers = token(client)
    Token.objects.update(type=Token.Type.REFRESH_TOKEN)
    assert client.get(WHO, headers=headers).status_code == 401


def test_a_partner_has_no_personal_tokens(client: Client, registered) -> None:
    assert client.get("/api/v1/tokens/", headers=token(client)).status_code == 403


def test_a_partners_token_opens_no_page(client: Client, registered) -> None:
    assert client.get("/", headers=token(client)).status_code == 302


def test_secrets_and_tokens_are_stored_as_hashes(client: Client, registered) -> None:
    value = token(client)["Authorization"].removeprefix("Bearer ")
    assert Token.objects.get().hash != value
    stored = OAuthClient.objects.get().secret
    assert SECRET not in stored
    assert hashers.check_password(SECRET, stored)


def test_the_command_prints_a_secret_that_works(client: Client, cast: Cast) -> None:
    out = StringIO()
    call_command("create_partner", "hospital-ehr", clinic="apopka", name="Hospital", stdout=out)
    secret = out.getvalue().split("client secret: ")[1].split()[0]
    assert ask(client, secret, client_id="hospital-ehr").status_code == 200
    assert Partner.objects.get(slug="hospital-ehr").scope_key == cast.clinic.pk
    again = StringIO()
    call_command("create_partner", "hospital-ehr", renew=True, stdout=again)
    assert ask(client, secret, client_id="hospital-ehr").status_code == 401


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"slug": "x", "clinic": "no-such-clinic"}, "slug of a clinic"),
        ({"slug": "x", "clinic": "lakeside"}, "slug of a clinic"),
        ({"slug": "Bad.Slug", "clinic": "apopka"}, "lower-case"),
        ({"slug": "ehr-tests", "clinic": "apopka"}, "exists"),
        ({"slug": "unknown", "renew": True}, "no partner"),
        ({"slug": "x", "clinic": "apopka", "events": ["no_such_event"]}, "Unknown event"),
    ],
)
def test_the_command_says_why_not(
    cast: Cast, partner: Partner, arguments: dict, reason: str
) -> None:
    slug = arguments.pop("slug")
    with pytest.raises(CommandError, match=reason):
        call_command("create_partner", slug, stdout=StringIO(), **arguments)
    assert Partner.objects.count() == 1
