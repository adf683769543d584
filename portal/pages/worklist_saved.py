"""Filters by name, shared within the organization, and the list as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.pages.doorway import actor_of, person_page
from portal.pages.worklist_scope import clinic_of, rows_of
from portal.presenters import csv_rows
from portal.presenters import worklist_rows as rows
from portal.presenters.worklist_rows import Filters
from referrals import clock, errors
from referrals.actors import Actor, actor_for
from referrals.models import Organisation
from referrals.operations import records, saved_filters

AT_A_TIME = 500


@require_POST
@person_page
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list that was shown, under a name."""
    clinic = clinic_of(request)
    filters = _shown(request)
    try:
        saved = saved_filters.save(
            clinic.pk, by=actor_of(request), name=request.POST.get("name", ""),
            query=filters.url().partition("?")[2],
        )  # fmt: skip
    except errors.Invalid as refused:
        for problem in refused.errors:
            messages.error(request, problem.detail)
    else:
        messages.success(request, f"Saved as “{saved.name}” for everybody at {clinic.name}.")
    return HttpResponseRedirect(filters.url(), status=303)


@require_POST
@person_page
def remove(request: HttpRequest) -> HttpResponse:
    """Take a saved filter away, for everybody of the clinic."""
    clinic = clinic_of(request)
    number = request.POST.get("filter", "")
    known = int(number) if number.isdecimal() and len(number) < 10 else 0
    if saved_filters.remove(clinic.pk, known, by=actor_of(request)):
        messages.success(request, "Removed.")
    return HttpResponseRedirect(_shown(request).url(), status=303)


def _shown(request: HttpRequest) -> Filters:
    return Filters.read(QueryDict(request.POST.get("here", "").partition("?")[2]))


def links(clinic: Organisation, actor: Actor) -> list[dict[str, Any]]:
    """The saved filters as links, read again as every address is: unknown parts are dropped."""
    return [
        {"id": saved.pk, "label": saved.name, "url": Filters.read(QueryDict(saved.query)).url()}
        for saved in saved_filters.of(clinic.pk, by=actor)
    ]


# --- The list as a file -------------------------------------------------------------------------

HEAD = (
    "Reference", "Priority", "State", "Patient", "Practice", "Referring clinician", "Service",
    "Reviewer", "Sent", "Due", "Last change",
)  # fmt: skip


@require_safe
@person_page
def export(request: HttpRequest) -> HttpResponseBase:
    """The folder under its filters, in its order, as CSV; rights as they are at each row."""
    clinic, actor = clinic_of(request), actor_of(request)
    filters = Filters.read(request.GET)
    found = rows.narrowed(rows_of(clinic, actor), filters, user_id=actor.user_id, now=clock.now())
    ids = list(found.order_by(*rows.order_by(filters.sort)).values_list("pk", flat=True))
    records.exported(len(ids), by=actor, door="portal")
    stream = csv_rows.lines(HEAD, _rows(clinic, request.user, ids))
    response = StreamingHttpResponse(stream, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="worklist.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _rows(clinic: Organisation, user: Any, ids: Sequence[UUID]) -> Iterator[tuple[Any, ...]]:
    for first in range(0, len(ids), AT_A_TIME):
        part = ids[first : first + AT_A_TIME]
        # Asked again for each part: a right that ended meanwhile ends the file's rows too.
        actor = actor_for(user)
        visible = rows_of(clinic, actor).with_people().filter(pk__in=part)
        found = {referral.pk: referral for referral in visible}
        shown = [found[pk] for pk in part if pk in found]
        records.list_opened(shown, by=actor, door="portal", verb="export")
        yield from (rows.exported(referral, actor) for referral in shown)


def export_url(filters: Filters) -> str:
    return f"{reverse('worklist-export')}?{filters.url().partition('?')[2]}"
