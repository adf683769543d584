"""The notes on the evidence, for whoever is signed in; every "source" link ends here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages.doorway import person_page
from portal.presenters.evidence import NOTES
from referrals.instruments import INSTRUMENTS
from referrals.instruments.catalog import LOINC_NOTICE


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    context = {"notes": NOTES, "instruments": INSTRUMENTS.values(), "loinc": LOINC_NOTICE}
    return render(request, "pages/evidence.html", context)
