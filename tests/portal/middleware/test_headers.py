"""Every answer carries the headers, whatever it is and whatever went wrong."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.site")]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'"
)
EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ANSWERS = [
    ("/accounts/login/", 200), ("/", 302), ("/no-such-page/", 404), ("/crash/", 500),
    ("/api/v1/who/", 401), ("/livez", 200), ("/readyz", 200),
    ("/.well-known/openid-configuration", 200), ("/static/portal/session.js", 200),
    ("/static/no-such-file.js", 404),
]  # fmt: skip


def directives(policy: str) -> set[str]:
    return {part.strip() for part in policy.split(";")}


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_every_kind_of_answer(path: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    response = client.get(path)
    response.close()
    assert response.status_code == status
    assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED
    assert directives(response["Content-Security-Policy"]) == directives(CSP)
    assert "camera=()" in response["Permissions-Policy"]
    assert response["X-Request-ID"]


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_transport_security_outside_the_demo(path: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    with override_settings(SECURE_HSTS_SECONDS=31536000, SECURE_HSTS_INCLUDE_SUBDOMAINS=True):
        response = client.get(path, secure=True)
    response.close()
    assert response["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")


@pytest.mark.parametrize("path", ["/", "/account/", "/no-such-page/", "/api/v1/who/"])
def test_signed_in_nothing_is_stored(client: Client, cast: Cast, path: str) -> None:
    client.force_login(cast.physician)
    assert client.get(path)["Cache-Control"] == "no-store"


def test_sign_in_is_not_stored(client: Client) -> None:
    assert client.get("/accounts/login/")["Cache-Control"] == "no-store"


def test_static_files_may_be_stored(client: Client) -> None:
    response = client.get("/static/portal/session.js")
    response.close()
    assert "no-store" not in response["Cache-Control"]


def test_cookies_of_the_demo(client: Client, cast: Cast) -> None:
    data = {"login": cast.physician.email, "password": PASSWORD}
    cookie = client.post("/accounts/login/", data).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")
    assert cookie["max-age"] == ""


def test_the_api_refuses_plain_http_and_says_why() -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        answer = Client().get("/api/v1/who/", headers={"Authorization": "Bearer tnd_x"})
        page = Client().get("/accounts/login/")
    assert (answer.status_code, answer.json()["type"]) == (403, "https-required")
    assert (page.status_code, page["Location"]) == (301, "https://testserver/accounts/login/")


def test_a_failed_form_protection_is_a_page_and_a_problem(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.post("/accounts/login/", {"login": "x"})
    assert (page.status_code, page["Content-Type"]) == (403, "text/html; charset=utf-8")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_state_changes_without_the_token(cast: Cast, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.clinic_admin)
    for path in ("/account/", "/people/", "/account/tokens/", "/accounts/logout/",
                 "/account/session/", "/api/v1/tokens/"):  # fmt: skip
        answer = getattr(client, method)(path, {}, content_type="application/json")
        assert answer.status_code == 403, path
