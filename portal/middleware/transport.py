"""What is refused for the way in which it was sent.

The API never answers over plain HTTP, not even with a redirect, which would let a client keep
sending its key in clear text for ever (OWASP ASVS 4.1.2); a refusal makes it stop, and tells it
that the key was exposed.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

PLAIN = {
    "type": "https-required",
    "title": "Use https",
    "status": 403,
    "detail": "This address answers over https alone. A token sent here in clear text was "
    "exposed: end it and make a new one.",
}

UNMEASURED = {
    "type": "length-required",
    "title": "Name the length of the body",
    "status": 411,
    "detail": "Send the body with Content-Length and without Transfer-Encoding.",
}
PROBLEM_JSON = "application/problem+json"


class LengthMiddleware:
    """A body without a length would be read as none, and the request done without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_TRANSFER_ENCODING" not in request.META:
            return self.get_response(request)
        if request.path_info.startswith("/api/"):
            return JsonResponse(UNMEASURED, status=411, content_type=PROBLEM_JSON)
        return HttpResponse(UNMEASURED["detail"], status=411, content_type="text/plain")


class ApiOverTlsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if plain and request.path_info.startswith("/api/"):
            return JsonResponse(PLAIN, status=403, content_type=PROBLEM_JSON)
        return self.get_response(request)
