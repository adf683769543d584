"""Names and addresses of requests: true ones, whatever a client claims."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.middleware.requests import RequestMiddleware, client_address
from referrals.access import context


def request(**meta: str) -> HttpRequest:
    return RequestFactory().get("/", **{"REMOTE_ADDR": "10.0.0.9", **meta})


@pytest.mark.parametrize(
    ("proxies", "claimed", "address"),
    [
        (0, "198.51.100.1", "10.0.0.9"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
        (2, "198.51.100.1", "10.0.0.9"),
        (1, "not an address", ""),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_trusted_proxies_name_the_client(
    settings, proxies: int, claimed: str, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert client_address(request(HTTP_X_FORWARDED_FOR=claimed)) == address


@pytest.mark.parametrize(
    "name", ["HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST",
             "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_REMOTE_USER"],
)  # fmt: skip
def test_claims_of_clients_are_forgotten(settings, name: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    seen: list[HttpRequest] = []
    middleware = RequestMiddleware(lambda r: seen.append(r) or HttpResponse())
    middleware(request(**{name: "198.51.100.1"}))
    assert name not in seen[0].META


def test_the_access_log_knows_the_request_and_the_answer_names_it() -> None:
    known: list[context.RequestContext] = []
    middleware = RequestMiddleware(lambda r: known.append(context.current()) or HttpResponse())
    response = middleware(request(HTTP_X_REQUEST_ID="chosen by the client"))
    assert known[0].request_id == response["X-Request-ID"] != "chosen by the client"
    assert known[0].address == "10.0.0.9"
    assert context.current().request_id == ""
