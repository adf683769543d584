"""The numbers of a clinic, or a practice's own: few, defined, each with its table."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.forms.numbers import DaysForm
from portal.pages.doorway import actor_of, person_page
from portal.pages.organisation import acting_for
from portal.presenters import numbers, words
from referrals import clock, errors
from referrals.actors import Role
from referrals.figures.counting import Figures, figures
from referrals.models import Organisation

READERS = (Role.CO, Role.CL, Role.CA, Role.RC, Role.RD, Role.PA)


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    organisation = acting_for(request, *READERS)
    if organisation is None:
        raise errors.Forbidden()
    zone = words.zone(organisation.time_zone)
    form = DaysForm.of(request.GET, clock.now().astimezone(zone).date())
    if not form.is_valid():
        context: dict[str, Any] = {"form": form, "organisation": organisation}
        return render(request, "pages/numbers/numbers.html", context, status=400)
    days = form.cleaned_data
    found = figures(
        organisation, by=actor_of(request), first=_midnight(days["first"], organisation),
        last=_midnight(days["last"] + timedelta(days=1), organisation),
    )  # fmt: skip
    context = {"form": form, "organisation": organisation, "found": found}
    context |= _shown(found, organisation)
    return render(request, "pages/numbers/numbers.html", context)


def _midnight(day: date, organisation: Organisation) -> datetime:
    """The first moment of the day where the organization is."""
    return datetime.combine(day, time(), tzinfo=words.zone(organisation.time_zone))


def _shown(found: Figures, organisation: Organisation) -> dict[str, Any]:
    other = "Practice" if organisation.kind == "clinic" else "Clinic"
    return {
        "funnel": numbers.funnel_table(found),
        "funnel_drawing": numbers.funnel_drawing(found),
        "ages": numbers.age_table(found),
        "age_drawing": numbers.age_drawing(found),
        "tables": [
            numbers.length_table(found), numbers.decision_table(found),
            numbers.class_table(found), numbers.partner_table(found, other),
            numbers.stay_table(found),
        ],
    }  # fmt: skip
