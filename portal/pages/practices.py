"""Writing down a practice that does not work with the portal, before its paper is typed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from portal.forms.practices import PracticeForm
from portal.pages import returned
from portal.pages.doorway import actor_of, person_page
from portal.pages.organisation import acting_for
from referrals import errors
from referrals.actors import Role
from referrals.models import Membership
from referrals.operations import practices


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def record(request: HttpRequest) -> HttpResponse:
    clinic = acting_for(request, Role.CO)
    if clinic is None:
        raise errors.Forbidden()
    form = PracticeForm(returned.typed(request), clinic_id=clinic.pk)
    if request.method == "POST" and form.is_valid():
        try:
            seat = practices.record(
                clinic_id=clinic.pk, by=actor_of(request), data=form.given(), door="portal"
            )
        except errors.Invalid as refused:
            form.refuse(refused)
        else:
            return HttpResponseRedirect(_on_to_the_referral(seat), status=303)
    status = 400 if request.method == "POST" else 200
    return render(
        request, "pages/practices/record.html", {"form": form, "clinic": clinic}, status=status
    )


def _on_to_the_referral(seat: Membership) -> str:
    chosen = {"referrer": f"{seat.organisation_id}:{seat.user_id}"}
    return f"{reverse('referrals:new')}?{urlencode(chosen)}"
