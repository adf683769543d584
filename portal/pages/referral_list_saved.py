"""A practice's filters by name, and its referrals as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from portal.forms import list_filters
from portal.http import posts_only
from portal.pages import kept_lists, keyset
from portal.pages.doorway import person_page
from portal.pages.kept_lists import KeptList, Query
from portal.pages.organisation import acting_for
from referrals import errors
from referrals.actors import Actor, Role
from referrals.lifecycle import Turn
from referrals.models import Organisation, Referral
from referrals.queries import ReferralQuerySet

WRITERS = (Role.RC, Role.RD)


def practice_of(request: HttpRequest) -> Organisation:
    practice = acting_for(request, *WRITERS)
    if practice is None:
        raise errors.Forbidden()
    return practice


def _rows(practice: Organisation, actor: Actor) -> ReferralQuerySet:
    """Those of the person's own practices: what another practice shared stays with it."""
    own = actor.organisations(*WRITERS)
    return Referral.objects.visible_to(actor).filter(practice_id__in=own)


def _chosen(found: ReferralQuerySet, query: Query, actor: Actor) -> ReferralQuerySet:
    form = list_filters.of(query, actor, Turn.PRACTICE)
    rows = list_filters.narrowed(found, form)
    return rows.order_by(*(keyset.order(column) for column in list_filters.columns(query)))


REFERRALS = KeptList(
    name="referrals", side=Turn.PRACTICE, routes="referrals:list-", organisation=practice_of,
    address=list_filters.address, rows=_rows, chosen=_chosen,
)  # fmt: skip


@posts_only
@person_page
def save(request: HttpRequest) -> HttpResponse:
    return kept_lists.save(request, REFERRALS)


@posts_only
@person_page
def remove(request: HttpRequest) -> HttpResponse:
    return kept_lists.remove(request, REFERRALS)


@require_safe
@person_page
def export(request: HttpRequest) -> HttpResponseBase:
    return kept_lists.export(request, REFERRALS)
