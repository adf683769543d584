"""The API never answers over plain HTTP, not even with a redirect.

A redirect would let a client keep sending its key in clear text for ever (OWASP ASVS 4.1.2);
a refusal makes it stop, and tells it that the key was exposed.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse

PROBLEM = {
    "type": "https-required",
    "title": "Use https",
    "status": 403,
    "detail": "This address answers over https alone. A token sent here in clear text was "
    "exposed: end it and make a new one.",
}


class ApiOverTlsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if plain and request.path_info.startswith("/api/"):
            return JsonResponse(PROBLEM, status=403, content_type="application/problem+json")
        return self.get_response(request)
