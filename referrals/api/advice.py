"""Advice first, by the API: the same operations as the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from referrals.api import bodies, listing
from referrals.api.base import TandemView
from referrals.errors import Forbidden
from referrals.models import Advice, AdviceEntry
from referrals.operations import advice, asking_advice


def brief(row: Advice) -> dict[str, Any]:
    return {
        "id": row.pk,
        "reference": row.reference,
        "stage": row.stage,
        "practice": {"id": row.practice_id, "name": row.practice.name},
        "clinic": {"slug": row.clinic.slug, "name": row.clinic.name},
        "clinician": {"id": row.clinician_id, "name": row.clinician.full_name},
        "topic": row.topic,
        "asked_at": row.asked_at,
        "answered_at": row.answered_at,
        "updated_at": row.updated_at,
        "referral": row.referral_id,
    }


def whole(row: Advice, view: TandemView) -> dict[str, Any]:
    return {
        **brief(row),
        "service": row.service.code if row.service else None,
        "body": row.body,
        "patient_agreed_in_writing": row.agreed_in_writing,
        "entries": [_entry(e) for e in row.entries.all()],
        "available_actions": advice.available(row, by=view.actor),
    }


def _entry(row: AdviceEntry) -> dict[str, Any]:
    return {
        "number": row.number, "act": row.act, "side": row.side, "author": row.author_name,
        "role": row.author_role, "text": row.text, "at": row.at,
    }  # fmt: skip


class PersonView(TandemView):
    """Questions are between people; a partner's system has no part in them."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        served = hasattr(self, (request.method or "").lower())  # 405 comes before
        if served and self.actor.user_id is None:
            raise Forbidden("Advice is between people.")


class AdviceList(PersonView):
    known_parameters = listing.PAGING

    def get(self, request: Request) -> HttpResponse:
        """A page, newest change first."""
        found = listing.paged(request, advice.listed(by=self.actor))
        return self.answer({
            "results": [brief(row) for row in found.rows],
            "next": found.next,
            "previous": found.previous,
        })  # fmt: skip

    def post(self, request: Request) -> HttpResponse:
        bodies.check_type_and_size(request)
        if not asking_advice.may_ask(by=self.actor):
            raise Forbidden()

        def work() -> HttpResponse:
            row = asking_advice.ask(by=self.actor, data=self.body(), door="api")
            where = f"/api/v1/advice/{row.pk}/"
            return self.answer(whole(row, self), 201, Location=where)

        return self.once(work)


class AdviceDetail(PersonView):
    def get(self, request: Request, advice_id: UUID) -> HttpResponse:
        row = advice.open_record(advice_id, by=self.actor, door="api")
        return self.answer(whole(row, self))


class AdviceAct(PersonView):
    """POST answer, follow-up, close or refer; `refer` answers the draft's id with its address."""

    act = ""

    def post(self, request: Request, advice_id: UUID) -> HttpResponse:
        advice.find(advice_id, by=self.actor)
        bodies.check_type_and_size(request)
        advice.authorise(self.act, advice_id, by=self.actor)
        return self.once(lambda: self._do(advice_id))

    def _do(self, advice_id: UUID) -> HttpResponse:
        by, headers = self.actor, {}
        if self.act == "refer":
            draft = advice.refer(advice_id, by=by, door="api")
            headers = {"Location": f"/api/v1/referrals/{draft.pk}/"}
        elif self.act == "close":
            advice.close(advice_id, by=by, door="api")
        else:
            said = advice.answer if self.act == "answer" else advice.follow_up
            said(advice_id, by=by, data=self.body(), door="api")
        row = advice.find(advice_id, by=by)
        return self.answer(whole(row, self), 201 if headers else 200, **headers)
