"""What a person sees when a form's protection against forgery does not fit."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

PROBLEM = {
    "type": "csrf-failed",
    "title": "The CSRF token is missing or does not fit",
    "status": 403,
    "detail": "Send X-CSRFToken with the value of the CSRF cookie.",
}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 as a page, or as a problem for the API; the reason is Django's and stays inside."""
    if request.path_info.startswith("/api/"):
        return JsonResponse(PROBLEM, status=403, content_type="application/problem+json")
    return render(request, "403_csrf.html", status=403)
