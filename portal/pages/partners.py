"""Partners of a clinic, for its administrator: how their messages fare, and what to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from integrations.models import Delivery, Partner
from portal.accounts import partners
from portal.forms.partners import EventsForm, PartnerForm
from portal.pages import keyset, returned
from portal.pages.doorway import actor_of, person_page
from portal.presenters import command_keys, words
from portal.presenters import partners as shown
from referrals.actors import Actor, Role
from referrals.errors import Invalid
from referrals.models import Organisation
from referrals.operations import partner_systems

PAGE = 50
BY_NEWEST = (keyset.Column("pk", down=True),)
LOG_COLUMNS = [
    {"label": "When"}, {"label": "Event"}, {"label": "Referral"},
    {"label": "Number", "number": "1"}, {"label": "State"},
]  # fmt: skip


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    """All partners of the clinics that the person administers."""
    actor = actor_of(request)
    found = list(partner_systems.visible(by=actor).order_by("name", "slug"))
    figures = shown.figures(found)
    clinics = {clinic.pk: clinic.name for clinic in clinics_of(actor)}
    rows = [
        {
            "partner": partner, "clinic": clinics.get(partner.scope_key, ""),
            "state": shown.state_of(partner), "figures": figures[partner.pk],
            "oldest": words.ago(oldest) if (oldest := figures[partner.pk].oldest) else "",
        }
        for partner in found
    ]  # fmt: skip
    return render(request, "pages/partners/list.html", {"rows": rows, "many": len(clinics) > 1})


@require_http_methods(["GET", "POST"])
@person_page
def new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    partner_systems.visible(by=actor)  # whoever administers no clinic is refused here
    form = PartnerForm(returned.typed(request), clinics=clinics_of(actor))
    if request.method == "POST" and form.is_valid():
        made = _create(form, actor)
        if made:
            return secret_page(request, *made, status=201)
    status = 400 if request.method == "POST" else 200
    return render(request, "pages/partners/new.html", {"form": form}, status=status)


def _create(form: PartnerForm, actor: Actor) -> tuple[Partner, str] | None:
    data = form.cleaned_data
    try:
        return partners.create(
            by=actor, door="portal", clinic_id=UUID(data["clinic"]), slug=data["slug"],
            name=data["name"], events=data["events"], scopes=data["scopes"],
        )  # fmt: skip
    except Invalid as problem:
        for error in problem.errors:
            form.add_error(error.pointer.strip("/"), error.detail)
        return None


def secret_page(
    request: HttpRequest, partner: Partner, secret: str, *, status: int = 200
) -> HttpResponse:
    """The secret, this once."""
    context = {"partner": partner, "secret": secret}
    return render(request, "pages/partners/secret.html", context, status=status)


@require_safe
@person_page
def one(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    partner = partner_systems.find(partner_id, by=actor)
    context = {
        "deliveries": shown.parked_deliveries(partner, by=actor),
        "commands": shown.parked_commands(partner, by=actor),
        "sees": shown.sees(partner, partners.scopes_of(partner)),
        "signed": command_keys.signed_commands(partner),
        "last_event": shown.last_event(partner),
        **_counters(partner),
    }
    return render(request, "pages/partners/one.html", context)


@require_safe
@person_page
def counters(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """The figures alone, for the page that is open to ask again by itself."""
    partner = partner_systems.find(partner_id, by=actor_of(request))
    return render(request, "pages/partners/counters.html", _counters(partner))


def _counters(partner: Partner) -> dict[str, Any]:
    found = shown.figures([partner])[partner.pk]
    return {
        "partner": partner,
        "state": shown.state_of(partner),
        "figures": found,
        "facts": shown.counters(partner, found),
    }


@require_safe
@person_page
def log(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """What was delivered when, newest first."""
    actor = actor_of(request)
    partner = partner_systems.find(partner_id, by=actor)
    rows = Delivery.objects.filter(partner=partner).select_related("event")
    page = keyset.page(
        rows.defer("body", "event__body", "event__data"), BY_NEWEST, size=PAGE,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    here = reverse("partner-log", args=[partner.pk])
    context = {
        "partner": partner,
        "columns": LOG_COLUMNS,
        "rows": shown.log_rows(page.rows, by=actor),
        "previous_url": f"{here}?before={page.before}" if page.before else "",
        "next_url": f"{here}?after={page.after}" if page.after else "",
    }
    return render(request, "pages/partners/log.html", context)


@require_http_methods(["GET", "POST"])
@person_page
def events(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Which events the partner is told of, from now on."""
    actor = actor_of(request)
    partner = partner_systems.find(partner_id, by=actor)
    form = EventsForm(returned.typed(request), initial={"events": partner.events})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["events"]
        partner_systems.choose_events(partner, chosen, by=actor, door="portal")
        messages.success(request, "Saved. It counts for what happens from now on.")
        return HttpResponseRedirect(reverse("partner", args=[partner.pk]), status=303)
    context = {"partner": partner, "form": form}
    status = 400 if request.method == "POST" else 200
    return render(request, "pages/partners/events.html", context, status=status)


def clinics_of(actor: Actor) -> list[Organisation]:
    ids = actor.organisations(Role.CA)
    return list(Organisation.objects.filter(pk__in=ids).order_by("name"))
