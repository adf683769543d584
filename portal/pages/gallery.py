"""Every component in every state on one page, for eyes and for axe."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages import gallery_records as records
from portal.pages import gallery_samples as samples
from referrals import clock


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The gallery, where people develop or try the portal; elsewhere it does not exist."""
    if not (settings.DEMO or settings.DEBUG):
        raise Http404
    context = {**samples.context(), "record": records.context(clock.now())}
    return render(request, "pages/gallery/gallery.html", context)


@require_safe
def show_printed(request: HttpRequest) -> HttpResponse:
    """The layout of a printed document."""
    if not (settings.DEMO or settings.DEBUG):
        raise Http404
    return render(request, "pages/gallery/printed.html", samples.context())
