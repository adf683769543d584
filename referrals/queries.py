"""Who sees which referrals: the one way to rows.

`visible_to` begins with the person. A practice's clinicians and delegates see what their
practice wrote; a clinic's people see what was sent to it, and its own drafts of paper
referrals; a partner sees its clinic's; the privacy officer sees what waits for the
confirmation of an error; an invited clinician sees the referrals that she was invited to.
Administrators of a practice have no clinical rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery

from referrals.actors import Actor, ActorKind, Role
from referrals.lifecycle import State

if TYPE_CHECKING:
    from referrals.models import Advice, Organisation, Referral  # noqa: F401 (named in base classes)

PAPER_ORIGINS = ("paper", "fax", "phone")
MOST_COUNTED = 1000


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, actor: Actor) -> ReferralQuerySet:
        """The referrals that this actor may know of; everything else is 'not found'."""
        rows = self.filter(discarded_at__isnull=True)
        return rows.filter(_scope(actor)) if actor.seats or actor.shared else self.none()

    def with_people(self) -> ReferralQuerySet:
        """Everything that a row in a list names, in a constant number of queries."""
        return self.select_related(
            "practice",
            "clinic",
            "service",
            "referring_clinician__clinician",
            "submitted_by",
            "reviewer",
            "content",
        ).prefetch_related("error_requests", "successors")


class AdviceQuerySet(models.QuerySet["Advice"]):
    def visible_to(self, actor: Actor) -> AdviceQuerySet:
        """The questions of the practice's clinicians and delegates, or to the clinic's people."""
        practices = actor.organisations(Role.RC, Role.RD)
        clinics = actor.organisations(Role.CO, Role.CL)
        return self.filter(Q(practice_id__in=practices) | Q(clinic_id__in=clinics))


def _scope(actor: Actor) -> Q:
    if actor.kind is ActorKind.SYSTEM:
        return Q()
    practices = actor.organisations(Role.RC, Role.RD)
    clinics = actor.organisations(Role.CO, Role.CL, Role.CA, Role.PS)
    own_drafts = actor.organisations(Role.CO)
    scope = Q(pk__in=[])
    if practices:
        scope |= Q(practice_id__in=practices) & ~(
            Q(state=State.DRAFT) & Q(origin__in=PAPER_ORIGINS)
        )
    if clinics:
        scope |= Q(clinic_id__in=clinics, submitted_at__isnull=False)
    if own_drafts:
        scope |= Q(clinic_id__in=own_drafts, state=State.DRAFT, origin__in=PAPER_ORIGINS)
    if actor.shared:
        scope |= Q(pk__in=actor.shared) & ~Q(state=State.ENTERED_IN_ERROR)
    if actor.has(Role.PO):
        scope |= Q(pk__in=_waiting_for_confirmation())
    return scope


def _waiting_for_confirmation() -> Any:
    from referrals.models import ErrorRequest

    waiting = ErrorRequest.objects.filter(
        confirmed_at__isnull=True, asked_at__gte=ErrorRequest.oldest_in_time()
    )
    return waiting.values("referral_id")


def related_to_visible(actor: Actor) -> Any:
    """A subquery of visible referral ids, for models that hang on a referral."""
    from referrals.models import Referral

    return Referral.objects.visible_to(actor).values("pk")


def is_visible(actor: Actor, outer: str) -> models.Exists:
    """Whether the referral that a row names is visible: looked up for each row, so that few
    rows never read all referrals."""
    from referrals.models import Referral

    return models.Exists(Referral.objects.visible_to(actor).filter(pk=OuterRef(outer)))


class CountUpTo(Subquery):
    """How many rows a query has, counted no further than its slice goes."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()


def counted(folders: Mapping[str, QuerySet[Any]], *, person_id: Any) -> dict[str, int]:
    """How many rows each query has, up to `MOST_COUNTED`: one query, and no more rows read.

    Each of them comes in the order of an index, so that the first thousand are all it costs.
    """
    from django.contrib.auth import get_user_model

    counts = [CountUpTo(rows.values("pk")[:MOST_COUNTED]) for rows in folders.values()]
    found = get_user_model().objects.filter(pk=person_id).values_list(*counts).get()
    return dict(zip(folders, found, strict=True))


def named_by(rows: ReferralQuerySet, column: str) -> QuerySet[Organisation]:
    """The organizations that stand in this column of some row: one look-up for each of them,
    in the order of an index, and no pass over all rows."""
    from referrals.models import Organisation

    one = rows.filter(**{column: OuterRef("pk")}).order_by("priority", "due_at", "pk")
    some = Organisation.objects.annotate(one=Subquery(one.values("pk")[:1]))
    return some.filter(one__isnull=False).order_by("name")
