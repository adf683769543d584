"""The patient's other clinicians: inviting one to a referral, and taking that back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from referrals.api import bodies, representation
from referrals.api.parts import PartView
from referrals.operations import records, sharing


class Invitations(PartView):
    """GET lists them for the practice, the oldest first; POST sends one by mail."""

    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        found = sharing.listed(referral_id, by=self.actor)
        self.open(referral_id)
        return self.answer({"results": [representation.invitation(one) for one in found]})

    def post(self, request: Request, referral_id: UUID) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        sharing.authorise(referral_id, by=self.actor)

        def work() -> HttpResponse:
            with self.offering(referral_id):
                made = sharing.invite(referral_id, by=self.actor, data=self.body(), door="api")
            return self.answer(representation.invitation(made), 201)

        return self.once(work)


class Invitation(PartView):
    def delete(self, request: Request, referral_id: UUID, shared_id: UUID) -> HttpResponse:
        """Take it back: its link and the access that it gave end now."""
        sharing.revoke(referral_id, shared_id, by=self.actor, door="api")
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
