"""The list of referrals: filters in the address, keyset pages, and an exact patient search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.forms import list_filters
from portal.forms.from_serializer import AnswersForm
from portal.pages import kept_lists, keyset
from portal.pages.doorway import actor_of, person_page
from portal.pages.referral_list_saved import REFERRALS, WRITERS, practice_of
from portal.presenters import list_rows
from portal.presenters import referrer_home as lists
from referrals import disclosure, queries
from referrals.actors import Actor, Role
from referrals.lifecycle import Turn
from referrals.models import Referral
from referrals.operations import facts, records
from referrals.queries import ReferralQuerySet

PAGE = 25
SEARCHED = [("patient", "family_name"), ("patient", "given_name"), ("patient", "birth_date")]


@require_safe
@person_page
def show(request: HttpRequest) -> HttpResponse:
    actor, query = actor_of(request), request.GET
    side = _side(actor)
    form = list_filters.of(query, actor, side)
    found = keyset.page(
        list_rows.marked(_filtered(form, actor), side), list_filters.columns(query), size=PAGE,
        after=query.get("after", ""), before=query.get("before", ""),
    )  # fmt: skip
    records.list_opened(found.rows, by=actor, door="portal")
    context = {
        "rows": lists.rows(found.rows, actor),
        "previous_url": list_filters.address(query, before=found.before) if found.before else "",
        "next_url": list_filters.address(query, after=found.after) if found.after else "",
        "form": form,
        "chips": list_filters.chips(form, query),
        "clear_url": reverse("referrals:list"),
        "side": side.value,
        "search": AnswersForm(SEARCHED, content={}),
        "can_write": bool(actor.organisations(Role.RC, Role.RD, Role.CO)),
    }
    if side is Turn.PRACTICE:
        context |= {"folders": _folders(query, actor)}
        context |= kept_lists.frame(REFERRALS, practice_of(request), actor, query)
    return render(request, "pages/referrals/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def search(request: HttpRequest) -> HttpResponse:
    """Exact search for one patient. By POST alone: a name never stands in an address."""
    if request.method != "POST":
        return redirect("referrals:list")
    actor = actor_of(request)
    form = AnswersForm(SEARCHED, content={}, data=request.POST)
    found = _matches(form, actor)
    context = {
        "rows": lists.rows(found or [], actor),
        "searched": found is not None,
        "search": form,
        "side": _side(actor).value,
    }
    status = 200 if found is not None else 400
    return render(request, "pages/referrals/search.html", context, status=status)


def _matches(form: AnswersForm, actor: Actor) -> list[Any] | None:
    form.is_valid()
    given = form.good.get("patient") or {}
    for name in ("family_name", "given_name", "birth_date"):
        if not given.get(name) and not form[f"patient-{name}"].errors:
            form.add_error(f"patient-{name}", "The search needs this answer.")
    if form.errors:
        return None
    index = facts.patient_index_for(given["family_name"], given["given_name"], given["birth_date"])
    rows = list_rows.marked(Referral.objects.visible_to(actor), _side(actor))
    rows = rows.filter(patient_index=index)
    found = [r for r in rows.order_by("-updated_at", "id") if not disclosure.is_closed_to(r, actor)]
    records.list_opened(found, by=actor, door="portal", verb="search")
    return found


def _side(actor: Actor) -> Turn:
    return Turn.PRACTICE if actor.organisations(*WRITERS) else Turn.CLINIC


def _filtered(form: list_filters.FilterForm, actor: Actor) -> ReferralQuerySet:
    return list_filters.narrowed(Referral.objects.visible_to(actor), form)


def _folders(query: QueryDict, actor: Actor) -> list[dict[str, Any]]:
    """The practice's folders with their counts, up to a thousand: one query."""
    held = list_filters.folder_rows(Referral.objects.visible_to(actor))
    return list_filters.folders(queries.counted(held, person_id=actor.user_id), query)
