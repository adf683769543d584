"""/referrals/: list, create, one, search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from referrals import access, disclosure
from referrals.api import bodies, listing, representation, versions
from referrals.api.base import TandemView
from referrals.errors import FieldError, Invalid
from referrals.models import Origin, Referral
from referrals.operations import drafts, facts, records
from referrals.strict import StrictSerializer, Text, checked


class ReferralAnswers(TandemView):
    """Views that answer with one whole referral and its ETag."""

    def seen(self, referral_id: UUID) -> Referral | None:
        """The row as it stands now, where the caller sees it."""
        seen = Referral.objects.visible_to(self.actor).with_people()
        return seen.filter(pk=referral_id).first()

    def referral(self, row: Referral, status: int = 200, **headers: str) -> HttpResponse:
        # A move may take the referral out of its maker's sight (the privacy officer's
        # confirmation does); the answer to that move still shows what became of it.
        fresh = self.seen(row.pk) or row
        return self.answer(
            representation.referral(fresh, self.actor), status, ETag=versions.etag(fresh), **headers
        )


def location(row: Referral) -> str:
    return reverse("api:referral", kwargs={"referral_id": row.pk})


class ReferralList(ReferralAnswers):
    known_parameters = listing.PARAMETERS

    def get(self, request: Request) -> HttpResponse:
        page = listing.page(request, self.actor)
        records.list_opened(page.rows, by=self.actor, door="api")
        return self.answer(
            {
                "next": page.next,
                "previous": page.previous,
                "results": [representation.summary(row, self.actor) for row in page.rows],
            }
        )

    def post(self, request: Request) -> HttpResponse:
        bodies.check_type_and_size(request)

        def work() -> HttpResponse:
            data = writable(self.body())
            row = drafts.create(by=self.actor, data=data, door="api", origin=Origin.API)
            return self.referral(row, 201, Location=location(row))

        return self.once(work)


class ReferralDetail(ReferralAnswers):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = records.open_record(referral_id, by=self.actor, door="api")
        return self.answer(representation.referral(row, self.actor), 200, ETag=versions.etag(row))

    def patch(self, request: Request, referral_id: UUID) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        current = drafts.authorise(referral_id, by=self.actor)

        def work() -> HttpResponse:
            version = versions.required_version(request, current)
            drafts.refuse_closed(current, by=self.actor)
            data = dict(writable(self.body()))
            reason = data.pop("amendment_reason", None)
            row = drafts.change(
                referral_id, by=self.actor, data=data, version=version,
                amendment_reason=_reason(reason), door="api",
            )  # fmt: skip
            return self.referral(row)

        return self.once(work)


class AmendmentReason(StrictSerializer):
    amendment_reason = Text(max_length=500, required=False, allow_null=True)


def _reason(value: Any) -> str | None:
    return checked(AmendmentReason(data={"amendment_reason": value}))["amendment_reason"]


# What a referral reads beside what can be written; sent back unchanged, it is let be.
READ_ONLY = frozenset(
    {"id", "reference", "state", "phase", "whose_turn", "version", "priority", "created_at",
     "submitted_at", "updated_at", "due_at", "expected_by", "review_on", "submitted_by", "reviewer",
     "replaces", "consent_revoked_at", "assessment", "disclosure", "available_actions"}
)  # fmt: skip


def writable(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body without surprises: read-only names are refused by name, never ignored."""
    fixed = sorted(READ_ONLY & set(data))
    if fixed:
        raise Invalid(
            errors=[FieldError(f"/{n}", "read_only", "This is not yours to set.") for n in fixed]
        )
    return data


class PatientSearch(StrictSerializer):
    """An exact search: all three, as they stand in the referral."""

    family_name = Text(max_length=120)
    given_name = Text(max_length=120)
    birth_date = Text(max_length=10)


class ReferralSearch(TandemView):
    """Names and birth dates travel in a body, never in an address."""

    write_scope = TandemView.read_scope

    def post(self, request: Request) -> HttpResponse:
        bodies.check_type_and_size(request)
        asked = checked(PatientSearch(data=self.body()))
        index = facts.patient_index_for(
            asked["family_name"], asked["given_name"], asked["birth_date"]
        )
        found = (
            Referral.objects.visible_to(self.actor).with_people()
            .filter(patient_index=index).order_by("-updated_at", "pk")[:50]
        )  # fmt: skip
        # A hit would say who it is, so what is closed to the caller is not found by a name.
        rows = [row for row in found if not disclosure.is_closed_to(row, self.actor)]
        access.record(
            by=self.actor, verb="search", referral_id=None, door="api",
            detail={"count": len(rows), "referrals": [str(row.pk) for row in rows]},
        )  # fmt: skip
        return self.answer({"results": [representation.summary(row, self.actor) for row in rows]})
