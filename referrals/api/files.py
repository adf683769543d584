"""Files of a referral: what is known of them, sending, fetching, blocking, taking off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from referrals.api import bodies, representation
from referrals.api.parts import PartView
from referrals.errors import FieldError, Invalid
from referrals.files import serving, uploads
from referrals.files.limits import MOST_REQUEST_BYTES
from referrals.operations import documents, records

YES = {"true": True, "1": True, "yes": True, "false": False}


class Documents(PartView):
    """GET lists; POST takes a form with `files` and the word on psychotherapy notes."""

    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        row = self.open(referral_id)
        found = documents.listed(row, by=self.actor)
        return self.answer({"results": [representation.document(d) for d in found]})

    def post(self, request: Request, referral_id: UUID) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_upload(request, MOST_REQUEST_BYTES)
        documents.authorise(referral_id, by=self.actor)
        sent = request._request
        data = _fields(sent.POST.dict())

        def work() -> HttpResponse:
            documents.attest(data, by=self.actor)
            with uploads.received(sent) as files:
                if not files:
                    raise Invalid(errors=[FieldError("/files", "required", "Send a file.")])
                added = documents.add(
                    referral_id, by=self.actor, files=files, data=data, door="api"
                )
            return self.answer({"results": [representation.document(d) for d in added]}, 201)

        return self.once(work)


def _fields(typed: dict[str, str]) -> dict[str, object]:
    return {name: YES.get(value.lower(), value) for name, value in typed.items()}


class DocumentBytes(PartView):
    """GET answers the file itself, with its own type, to be saved; DELETE takes it off."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request, referral_id: UUID, document_id: UUID) -> HttpResponseBase:
        document = documents.open_file(referral_id, document_id, by=self.actor, door="api")
        return serving.response(document)

    def delete(self, request: Request, referral_id: UUID, document_id: UUID) -> HttpResponse:
        documents.remove(referral_id, document_id, by=self.actor, door="api")
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


class BlockDocument(PartView):
    def post(self, request: Request, referral_id: UUID, document_id: UUID) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        documents.authorise_block(referral_id, by=self.actor)

        def work() -> HttpResponse:
            blocked = documents.block(
                referral_id, document_id, by=self.actor, data=self.body(), door="api"
            )
            return self.answer(representation.document(blocked))

        return self.once(work)
