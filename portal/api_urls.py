"""What stands beside API v1: its document, its page, and the tokens of people."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularSwaggerSplitView

from portal import documents
from portal.catalogue import views


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document. It holds no data, so that whoever asks may read it."""
    return HttpResponse(_document(), content_type="application/yaml; charset=utf-8")


@cache
def _document() -> bytes:
    """Made once for each process: it takes most of a second, and changes with the code alone."""
    return documents.openapi().encode()


urlpatterns = [
    path("v1/", include("portal.accounts.token_api")),
    path("v1/", include("portal.accounts.partner_api")),
    path("schema/", schema, name="api-schema"),
    path("asyncapi.yaml", views.asyncapi_document, name="api-asyncapi"),
    path("events/", views.catalogue, name="event-catalogue"),
    path("events/schemas/<str:schema_file>", views.event_schema, name="event-schema"),
    path("events/<str:message_key>/", views.event_type, name="event-type"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
