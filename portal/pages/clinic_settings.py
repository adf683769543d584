"""What a clinic's administrator keeps: one page with all of it, and a page for each part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.forms import clinic_forms as forms
from portal.http import posts_only
from portal.pages import returned
from portal.pages.doorway import actor_of, person_page
from portal.pages.organisation import acting_for
from referrals import errors
from referrals.actors import Role
from referrals.clocks import limits
from referrals.models import CannedAnswer, Organisation, Service
from referrals.operations import canned_answers, clinic_admin, clinic_settings, clock_settings

PARTS = (
    ("People", "people", "Who works here, their roles, and who is on call."),
    ("Services", "clinic-services", "What practices can ask for, slots and the usual wait."),
    ("Reasons", "clinic-reasons", "Which coded reasons your people are offered."),
    ("Holidays", "clinic-holidays", "Days on which routine clocks stand still."),
    ("Canned answers", "clinic-canned", "Texts for messages to practices."),
    ("Clocks", "clinic-clocks", "By when a look, a decision and an appointment are due."),
    ("Cut points", "clinic-cut-points", "From where a score counts, and how loud a flag is."),
)


def own_clinic(request: HttpRequest) -> Organisation:
    found = acting_for(request, Role.CA)
    if found is None:
        raise errors.Forbidden()
    return found


def back_to(name: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(name), status=303)


@require_safe
@person_page
def hub(request: HttpRequest) -> HttpResponse:
    clinic = own_clinic(request)
    parts = [{"label": label, "url": reverse(name), "text": text} for label, name, text in PARTS]
    return render(request, "pages/clinic/hub.html", {"clinic": clinic, "parts": parts})


def kept(form: forms.SettingsForm, save: Callable[[dict[str, Any]], object]) -> bool:
    """Whether what was typed was good and is kept now."""
    if not form.is_valid():
        return False
    try:
        save(form.given())
    except errors.Invalid as refused:
        form.refuse(refused)
        return False
    return True


def _form_page(
    request: HttpRequest, form: forms.SettingsForm, title: str, back: str, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "back_url": reverse(back),
        "clinic": own_clinic(request),
    }
    return render(request, "pages/clinic/form.html", context | more, status=status_of(request))


def status_of(request: HttpRequest) -> int:
    """A page that is drawn again after a POST was refused."""
    return 400 if request.method == "POST" else 200


# --- Services -----------------------------------------------------------------------------------


@require_safe
@person_page
def services(request: HttpRequest) -> HttpResponse:
    clinic = own_clinic(request)
    rows = clinic.services.order_by("-active", "name")
    return render(request, "pages/clinic/services.html", {"clinic": clinic, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def service(request: HttpRequest, service_id: int | None = None) -> HttpResponse:
    clinic = own_clinic(request)
    row = _own(clinic.services, service_id)
    form = forms.ServiceForm(returned.typed(request), initial=_initial(row, forms.ServiceForm))
    if request.method == "POST" and kept(
        form,
        lambda data: clinic_admin.save_service(
            clinic.pk, service_id, by=actor_of(request), data=data
        ),
    ):
        messages.success(request, "Kept. Practices see it from now on.")
        return back_to("clinic-services")
    title = row.name if isinstance(row, Service) else "Add a service"
    return _form_page(request, form, title, "clinic-services")


def _own(rows: Any, row_id: int | UUID | None) -> Any:
    """One of the clinic's own rows, None for a new one; 404 for another clinic's."""
    if row_id is None:
        return None
    found = rows.filter(pk=row_id).first()
    if found is None:
        raise errors.NotFound()
    return found


def _initial(row: Any, form: type[forms.SettingsForm]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in form.base_fields} if row is not None else {}


# --- Holidays -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def holidays(request: HttpRequest) -> HttpResponse:
    """The list; POST adds one day, or the public holidays of a year (`go=prefill`)."""
    clinic, actor = own_clinic(request), actor_of(request)
    typed, sent = returned.typed(request), request.method == "POST"
    prefills = typed is not None and typed.get("go") == "prefill"
    year = forms.YearForm(typed if prefills else None)
    one = forms.HolidayForm(None if prefills else typed)
    if (
        sent
        and prefills
        and kept(
            year,
            lambda data: messages.success(
                request,
                f"{clinic_admin.prefill_holidays(clinic.pk, year=data['year'], by=actor)} added.",
            ),
        )
    ):
        return back_to("clinic-holidays")
    if (
        sent
        and not prefills
        and kept(one, lambda data: clinic_admin.add_holiday(clinic.pk, by=actor, data=data))
    ):
        messages.success(request, "Added.")
        return back_to("clinic-holidays")
    context = {"clinic": clinic, "rows": clinic.holidays.order_by("day"), "one": one, "year": year}
    return render(request, "pages/clinic/holidays.html", context, status=status_of(request))


@posts_only
@person_page
def holiday_end(request: HttpRequest, holiday_id: int) -> HttpResponse:
    clinic_admin.remove_holiday(own_clinic(request).pk, holiday_id, by=actor_of(request))
    messages.success(request, "Taken out.")
    return back_to("clinic-holidays")


# --- Canned answers -----------------------------------------------------------------------------


@require_safe
@person_page
def canned(request: HttpRequest) -> HttpResponse:
    clinic = own_clinic(request)
    rows = clinic.canned_answers.filter(active=True)
    return render(request, "pages/clinic/canned.html", {"clinic": clinic, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def canned_one(request: HttpRequest, answer_id: UUID | None = None) -> HttpResponse:
    clinic = own_clinic(request)
    row = _own(clinic.canned_answers.filter(active=True), answer_id)
    form = forms.CannedForm(returned.typed(request), initial=_initial(row, forms.CannedForm))

    def save(data: Any) -> CannedAnswer:
        by = actor_of(request)
        if answer_id is None:
            return canned_answers.add(clinic.pk, by=by, data=data)
        return canned_answers.change(answer_id, by=by, data=data)

    if request.method == "POST" and kept(form, save):
        messages.success(request, "Kept.")
        return back_to("clinic-canned")
    title = row.title if isinstance(row, CannedAnswer) else "Add a canned answer"
    return _form_page(request, form, title, "clinic-canned")


@posts_only
@person_page
def canned_end(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    row = _own(own_clinic(request).canned_answers.filter(active=True), answer_id)
    canned_answers.retire(row.pk, by=actor_of(request))
    messages.success(request, "No longer offered.")
    return back_to("clinic-canned")


# --- Clocks and cut points ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def clocks(request: HttpRequest) -> HttpResponse:
    clinic = own_clinic(request)
    form = forms.ClockForm(returned.typed(request), limits=limits.limits_of(clinic))
    if request.method == "POST" and kept(
        form, lambda data: clock_settings.change(clinic.pk, by=actor_of(request), data=data)
    ):
        messages.success(request, "Kept. A clock that runs keeps its end until its next step.")
        return back_to("clinic-settings")
    return _form_page(request, form, "Clocks", "clinic-settings", narrow=True)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def cut_points(request: HttpRequest) -> HttpResponse:
    clinic, actor = own_clinic(request), actor_of(request)
    now = clinic_settings.show(clinic.pk, by=actor)
    form = forms.CutPointForm(returned.typed(request), values=now.values, number=now.number)
    status = status_of(request)
    try:
        if request.method == "POST" and kept(form, lambda data: _chosen(request, clinic, form)):
            messages.success(request, "Kept. What was computed before stays as it was.")
            return back_to("clinic-settings")
    except errors.Stale:
        form.add_error(None, "Somebody changed this meanwhile. Look at it again, then keep yours.")
        form.data = request.POST.copy()
        form.data["number"] = str(now.number)
        status = 409
    note = "Decision support. A clinician decides. Choices stay within what is published."
    context = {"form": form, "title": "Cut points", "clinic": clinic, "note": note,
               "back_url": reverse("clinic-settings")}  # fmt: skip
    return render(request, "pages/clinic/cut_points.html", context, status=status)


def _chosen(request: HttpRequest, clinic: Organisation, form: forms.SettingsForm) -> None:
    clinic_settings.change(
        clinic.pk, by=actor_of(request), values=form.given(), door=clinic_admin.DOOR,
        number=form.cleaned_data["number"], comment=form.cleaned_data["comment"],
    )  # fmt: skip
