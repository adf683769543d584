"""A list's filters by name, shared within the organization, and the list as a file.

The same for the clinic's worklist and the practice's referrals; each says what it is once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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

from portal.pages.doorway import actor_of
from portal.presenters import csv_rows, list_file
from referrals import errors
from referrals.actors import Actor, actor_for
from referrals.lifecycle import Turn
from referrals.models import Organisation
from referrals.operations import records, saved_filters
from referrals.queries import ReferralQuerySet

AT_A_TIME = 500
Query = Mapping[str, str]


@dataclass(frozen=True)
class KeptList:
    """`address` is the list under what it knows of a query; `chosen` its rows in order."""

    name: str
    side: Turn
    routes: str  # of its save, remove and export pages: `worklist-save`
    organisation: Callable[[HttpRequest], Organisation]
    address: Callable[[Query], str]
    rows: Callable[[Organisation, Actor], ReferralQuerySet]
    chosen: Callable[[ReferralQuerySet, Query, Actor], ReferralQuerySet]


def frame(kept: KeptList, organisation: Organisation, actor: Actor, query: Query) -> dict[str, Any]:
    """What components/saved_filters.html and the button for the file need."""
    here = kept.address(query)
    return {
        "saved": [
            # Read again as every address is: what is not known any more is dropped.
            {"id": row.pk, "label": row.name, "url": kept.address(QueryDict(row.query))}
            for row in saved_filters.of(organisation.pk, by=actor)
        ],
        "here": here,
        "save_url": reverse(f"{kept.routes}save"),
        "remove_url": reverse(f"{kept.routes}remove"),
        "export_url": f"{reverse(f'{kept.routes}export')}?{here.partition('?')[2]}",
    }


def save(request: HttpRequest, kept: KeptList) -> HttpResponse:
    """Keep the filters of the list that was shown, under a name."""
    organisation, here = kept.organisation(request), _shown(request, kept)
    try:
        saved = saved_filters.save(
            organisation.pk, by=actor_of(request), name=request.POST.get("name", ""),
            query=here.partition("?")[2],
        )  # fmt: skip
    except errors.Invalid as refused:
        for problem in refused.errors:
            messages.error(request, problem.detail)
    else:
        told = f"Saved as “{saved.name}” for everybody at {organisation.name}."
        messages.success(request, told)
    return HttpResponseRedirect(here, status=303)


def remove(request: HttpRequest, kept: KeptList) -> HttpResponse:
    """Take a saved filter away, for everybody of the organization."""
    organisation = kept.organisation(request)
    number = request.POST.get("filter", "")
    known = int(number) if number.isdecimal() and len(number) < 10 else 0
    if saved_filters.remove(organisation.pk, known, by=actor_of(request)):
        messages.success(request, "Removed.")
    return HttpResponseRedirect(_shown(request, kept), status=303)


def _shown(request: HttpRequest, kept: KeptList) -> str:
    """The list that one came from; only ever this list's own addresses."""
    return kept.address(QueryDict(request.POST.get("here", "").partition("?")[2]))


def export(request: HttpRequest, kept: KeptList) -> HttpResponseBase:
    """The list under its filters, in its order, as CSV; rights as they are at each row."""
    organisation, actor = kept.organisation(request), actor_of(request)
    found = kept.chosen(kept.rows(organisation, actor), request.GET, actor)
    ids = list(found.values_list("pk", flat=True))
    records.exported(len(ids), by=actor, door="portal")
    stream = csv_rows.lines(
        list_file.HEADS[kept.side], _lines(kept, organisation, request.user, ids)
    )
    response = StreamingHttpResponse(stream, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kept.name}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _lines(
    kept: KeptList, organisation: Organisation, user: Any, ids: Sequence[UUID]
) -> Iterator[tuple[Any, ...]]:
    for first in range(0, len(ids), AT_A_TIME):
        part = ids[first : first + AT_A_TIME]
        # Asked again for each part: a right that ended meanwhile ends the file's rows too.
        actor = actor_for(user)
        visible = kept.rows(organisation, actor).with_people().filter(pk__in=part)
        found = {referral.pk: referral for referral in visible}
        shown = [found[pk] for pk in part if pk in found]
        records.list_opened(shown, by=actor, door="portal", verb="export")
        yield from (list_file.line(referral, actor, kept.side) for referral in shown)
