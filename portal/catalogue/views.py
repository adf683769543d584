"""What is served of the event contract. It holds no data, so that whoever asks may read it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from integrations import signing_keys
from integrations.contract import asyncapi
from integrations.contract.messages import Message, every_message
from portal.catalogue import presenting
from portal.documents import schema_text

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


@require_safe
def asyncapi_document(request: HttpRequest) -> HttpResponse:
    """The AsyncAPI document of the messages."""
    return HttpResponse(_asyncapi(), content_type="application/yaml; charset=utf-8")


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every type of message, with what it says."""
    sections = presenting.sections(every_message())
    return render(request, "pages/catalogue/list.html", {"sections": sections})


@require_safe
def event_type(request: HttpRequest, message_key: str) -> HttpResponse:
    """One type of message: its fields, an example, its schema."""
    message = _find(lambda each: each.key == message_key)
    return render(request, "pages/catalogue/message.html", presenting.details(message))


@require_safe
def event_schema(request: HttpRequest, schema_file: str) -> HttpResponse:
    """The JSON Schema of one type in its present version."""
    message = _find(lambda each: each.file_name == schema_file)
    return HttpResponse(schema_text(message), content_type="application/schema+json")


def _find(fits: Callable[[Message], bool]) -> Message:
    found = next(filter(fits, every_message()), None)
    if found is None:
        raise Http404
    return found


@cache
def _asyncapi() -> bytes:
    """Made once for each process: it changes with the code alone."""
    return asyncapi.render().encode()
