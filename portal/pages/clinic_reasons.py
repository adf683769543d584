"""The coded reasons that a clinic's people are offered: everybody's, and its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from portal.forms.clinic_forms import KINDS, ReasonForm
from portal.http import posts_only
from portal.pages import clinic_settings as settings_page
from portal.pages import returned
from portal.pages.doorway import actor_of, person_page
from referrals import clock, clocks
from referrals.models import Organisation, Reason
from referrals.operations import clinic_admin


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest) -> HttpResponse:
    """The list by kind; POST adds one of the clinic's own."""
    clinic = settings_page.own_clinic(request)
    form = ReasonForm(returned.typed(request))
    if request.method == "POST" and settings_page.kept(
        form, lambda data: clinic_admin.add_reason(clinic.pk, by=actor_of(request), data=data)
    ):
        messages.success(request, "Added. Your people are offered it from its first day on.")
        return settings_page.back_to("clinic-reasons")
    context = {"clinic": clinic, "kinds": _kinds(clinic), "form": form}
    status = settings_page.status_of(request)
    return render(request, "pages/clinic/reasons.html", context, status=status)


def _kinds(clinic: Organisation) -> list[dict[str, Any]]:
    today = clocks.local_day(clinic, clock.now())
    hidden = set(clinic.hidden_reasons.values_list("kind", "code"))
    shared = Reason.objects.in_force(today).filter(clinic__isnull=True, kind__in=KINDS)
    own = clinic.own_reasons.order_by("kind", "label")
    return [
        {
            "label": label,
            "shared": [
                {"one": r, "hidden": (r.kind, r.code) in hidden} for r in shared if r.kind == kind
            ],
            "own": [
                {"one": r, "ended": r.valid_to is not None and r.valid_to < today}
                for r in own
                if r.kind == kind
            ],
        }
        for kind, label in KINDS.items()
    ]


@posts_only
@person_page
def hide(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """`hidden` = yes takes it off the list, no puts it back."""
    clinic = settings_page.own_clinic(request)
    hidden = request.POST.get("hidden") == "yes"
    clinic_admin.hide_reason(clinic.pk, kind=kind, code=code, hidden=hidden, by=actor_of(request))
    messages.success(request, "No longer offered." if hidden else "Offered again.")
    return settings_page.back_to("clinic-reasons")


@posts_only
@person_page
def end(request: HttpRequest, reason_id: int) -> HttpResponse:
    """Today is its last day."""
    clinic = settings_page.own_clinic(request)
    today = clocks.local_day(clinic, clock.now())
    clinic_admin.end_reason(clinic.pk, reason_id, on=today, by=actor_of(request))
    messages.success(request, "Today is its last day. Referrals that name it keep its words.")
    return settings_page.back_to("clinic-reasons")
