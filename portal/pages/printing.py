"""A referral on paper: for the chart and for the patient, each as a page and as a PDF.

Each printing is logged as such. What is closed to the reader is closed on paper too.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages.doorway import actor_of, person_page
from portal.paper import pdf
from portal.presenters import next_steps, referral_page
from referrals import clock, disclosure, errors
from referrals.lifecycle import State
from referrals.models import Referral
from referrals.operations import records


@require_safe
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The whole referral in one column, for the browser's own print."""
    referral = _opened(request, referral_id)
    return render(request, "pages/referral/print.html", _chart(request, referral))


@require_safe
@person_page
def chart(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    referral = _opened(request, referral_id)
    return _pdf(request, "paper/chart.html", _chart(request, referral), "referral")


@require_safe
@person_page
def patient(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    referral = _opened_for_the_patient(request, referral_id)
    return render(request, "paper/patient.html", _sheet(request, referral))


@require_safe
@person_page
def patient_pdf(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    referral = _opened_for_the_patient(request, referral_id)
    context = {**_sheet(request, referral), "as_pdf": True}
    return _pdf(request, "paper/patient.html", context, "next-steps")


def _opened(request: HttpRequest, referral_id: UUID) -> Referral:
    return records.open_record(referral_id, by=actor_of(request), door="portal", verb="print")


def _opened_for_the_patient(request: HttpRequest, referral_id: UUID) -> Referral:
    """The letter has the name and the appointment, so it closes with them.

    A draft has none: nothing happens with it yet.
    """
    referral = records.find(referral_id, by=actor_of(request))
    if disclosure.is_closed_to(referral, actor_of(request)):
        raise errors.Forbidden()
    if referral.state in (State.DRAFT, State.ENTERED_IN_ERROR):
        raise errors.NotFound()
    return _opened(request, referral_id)


def _chart(request: HttpRequest, referral: Referral) -> dict[str, Any]:
    context = referral_page.build(referral, actor_of(request))
    return {**context, "reference": referral.reference, "now": clock.now()}


def _sheet(request: HttpRequest, referral: Referral) -> dict[str, Any]:
    steps = next_steps.build(referral, actor_of(request))
    return {**steps, "referral": referral, "now": clock.now()}


def _pdf(request: HttpRequest, template: str, context: dict[str, Any], name: str) -> HttpResponse:
    """The name of the file says the reference and nobody's name."""
    try:
        content = pdf.render(template, context)
    except pdf.NoRenderer:
        return render(request, "paper/no_renderer.html", context, status=503)
    headers = {"Content-Disposition": f'inline; filename="{name}-{context["reference"]}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
