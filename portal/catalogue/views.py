"""What is served of the event contract. It holds no data, so that whoever asks may read it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from integrations import signing_keys

# Long enough to spare us the question, short enough that a new key is soon known everywhere.
KEYS_SECONDS = 300


@require_safe
def event_keys(request: HttpRequest) -> HttpResponse:
    """The public keys of events' signatures, as a JSON Web Key Set (RFC 7517)."""
    return JsonResponse(
        signing_keys.public_keys(),
        content_type="application/jwk-set+json",
        headers={"Cache-Control": f"public, max-age={KEYS_SECONDS}"},
    )
