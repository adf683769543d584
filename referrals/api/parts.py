"""The parts of a referral: timeline, messages, documents, appointments, plan."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from referrals import care_team, disclosure, fhir
from referrals.api import bodies, representation
from referrals.api.base import TandemView
from referrals.models import Referral
from referrals.operations import conversation, own_words, plan, records


class FhirRenderer(JSONRenderer):
    """What may be asked for; the answer itself is always the same bytes."""

    media_type = "application/fhir+json"
    format = "fhir"


class PartView(TandemView):
    """A part is read with its referral: same scope, same log."""

    def open(self, referral_id: UUID) -> Referral:
        return records.open_record(referral_id, by=self.actor, door="api")

    def closed(self, row: Referral) -> bool:
        return disclosure.is_closed_to(row, self.actor)


class Timeline(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        reading = disclosure.reading_of(row, self.actor)
        return self.answer(
            {"results": [representation.entry(e, reading) for e in row.timeline.all()]}
        )


class Messages(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        found = conversation.listed(row, by=self.actor)
        conversation.mark_read(row, found, by=self.actor)
        read = conversation.read_up_to(row, by=self.actor)
        return self.answer({"results": [representation.message(m, read) for m in found]})

    def post(self, request: Request, referral_id: UUID) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        conversation.authorise(referral_id, by=self.actor)

        def work() -> HttpResponse:
            with self.offering(referral_id):
                message = conversation.post(
                    referral_id, by=self.actor, data=self.body(), door="api"
                )
            return self.answer(representation.message(message, {}), 201)

        return self.once(work)


class InformationRequests(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        asked = own_words.requests(row, by=self.actor)
        return self.answer({"results": [representation.information_request(a) for a in asked]})


class InterimNotes(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        found = own_words.notes(row, by=self.actor)
        return self.answer({"results": [representation.interim_note(n) for n in found]})


class FlagReviews(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        found = own_words.flag_reviews(row, by=self.actor)
        return self.answer({"results": [representation.flag_review(r) for r in found]})


class Appointments(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        found = [] if self.closed(row) else row.appointments.all()
        return self.answer({"results": [representation.appointment(a) for a in found]})


class FhirBundle(PartView):
    """The referral for another health system; its reading is logged like every other."""

    renderer_classes = [FhirRenderer, JSONRenderer]

    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        answer = self.answer(fhir.bundle_of(self.open(referral_id), self.actor))
        answer["Content-Type"] = "application/fhir+json"
        return answer


class Plan(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        request_section = disclosure.content_for(row, self.actor).get("request") or {}
        return self.answer(
            representation.plan(
                next(iter(own_words.outcomes(row, by=self.actor)), None),
                plan.read(row, by=self.actor),
                goals=request_section.get("goals"),
                team=care_team.team_of(row, self.actor),
            )
        )

    def post(self, request: Request, referral_id: UUID) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        plan.authorise(referral_id, by=self.actor)

        def work() -> HttpResponse:
            with self.offering(referral_id):
                added = plan.add(referral_id, by=self.actor, data=self.body(), door="api")
            return self.answer(representation.contribution(added), 201)

        return self.once(work)
