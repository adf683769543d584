"""The site's sign-in with two small pages behind it, for tests of the doors themselves."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts import interrupted, token_api


@login_required
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"signed in as {request.user.pk}")


@login_required
def draft(request: HttpRequest) -> HttpResponse:
    """Shows what an interrupted post held, as a form's page would."""
    kept = interrupted.take(request)
    return JsonResponse({"kept": kept.dict() if kept is not None else None})


def crash(request: HttpRequest) -> HttpResponse:
    patient = "Marisol Quintrell"
    raise ValueError(f"no such {patient}")


class Who(APIView):
    def get(self, request: Request) -> Response:
        actor = request.user.as_actor()
        return Response(
            {
                "kind": actor.kind,
                "user_id": actor.user_id,
                "partner": actor.partner_slug,
                "scopes": sorted(actor.scopes),
                "roles": sorted(s.role for s in actor.seats),
                "clinics": sorted(
                    str(o) for o in actor.organisations(*(s.role for s in actor.seats))
                ),
            }
        )

    def post(self, request: Request) -> Response:
        return Response({"done": True})


urlpatterns = [
    path("", page, name="home"),
    path("referrals/one/edit/", draft, name="draft"),
    path("crash/", crash),
    path("api/v1/who/", Who.as_view(), name="who"),
    path("api/v1/", include((token_api.urlpatterns, "api"))),
    path("", include("portal.accounts.urls")),
]
