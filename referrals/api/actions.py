"""/referrals/{id}/actions/ and one endpoint for each action of the table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from referrals import permissions
from referrals.api import bodies, representation, versions
from referrals.api.base import TandemView
from referrals.api.referrals import ReferralAnswers, location
from referrals.lifecycle import Action
from referrals.operations import moves, records


class ReferralActions(TandemView):
    """What this caller may do to this version; never cached."""

    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = records.find(referral_id, by=self.actor)
        found = permissions.available_moves(row, self.actor)
        return self.answer(
            {
                "version": row.version,
                "actions": [representation.action(move, row, self.actor) for move in found],
            }
        )


class PerformAction(ReferralAnswers):
    """One move. The order of refusals is the contract's."""

    move_action: Action = Action.SUBMIT

    def post(self, request: Request, referral_id: UUID, **_: Any) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        current, _role = moves.authorise(self.move_action, referral_id=referral_id, by=self.actor)

        def work() -> HttpResponse:
            version = versions.required_version(request, current)
            with self.offering(referral_id):
                result = moves.perform(
                    self.move_action, referral_id=referral_id, by=self.actor, data=self.body(),
                    version=version, door="api",
                )  # fmt: skip
            if result.successor is not None:
                return self._successor(result)
            return self.referral(result.referral)

        return self.once(work)

    def _successor(self, result: moves.MoveResult) -> HttpResponse:
        """201 with the successor's address; its body where the caller may see it."""
        assert result.successor is not None
        shown = self.seen(result.successor.pk) or result.referral
        return self.referral(shown, 201, Location=location(result.successor))
