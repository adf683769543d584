"""The worklist's filters by name, and the worklist as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from portal.http import posts_only
from portal.pages import kept_lists
from portal.pages.doorway import person_page
from portal.pages.kept_lists import KeptList, Query
from portal.pages.worklist_scope import asked_by, clinic_of, rows_of
from portal.presenters import worklist_rows as rows
from portal.presenters.worklist_rows import Filters
from referrals.actors import Actor
from referrals.lifecycle import Turn
from referrals.queries import ReferralQuerySet


def _chosen(found: ReferralQuerySet, query: Query, actor: Actor) -> ReferralQuerySet:
    filters = Filters.read(query)
    found = rows.narrowed(found, filters, **asked_by(actor))
    return found.order_by(*rows.order_by(filters.sort))


WORKLIST = KeptList(
    name="worklist", side=Turn.CLINIC, routes="worklist-", organisation=clinic_of,
    address=lambda query: Filters.read(query).url(), rows=rows_of, chosen=_chosen,
)  # fmt: skip


@posts_only
@person_page
def save(request: HttpRequest) -> HttpResponse:
    return kept_lists.save(request, WORKLIST)


@posts_only
@person_page
def remove(request: HttpRequest) -> HttpResponse:
    return kept_lists.remove(request, WORKLIST)


@require_safe
@person_page
def export(request: HttpRequest) -> HttpResponseBase:
    return kept_lists.export(request, WORKLIST)
