"""What was sent before: its frozen versions, copies of it, and others for the same person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from referrals import disclosure
from referrals import versions as frozen
from referrals.api import bodies
from referrals.api.parts import PartView
from referrals.api.referrals import ReferralAnswers, location
from referrals.models import ContentVersion, DuplicateDecision, DuplicateVerdict, Referral
from referrals.operations import copies, duplicates, records, versions
from referrals.operations.versions import Opened
from referrals.strict import StrictSerializer, Text, checked

# --- Versions -----------------------------------------------------------------------------------


def version(row: ContentVersion, opened: Opened) -> dict[str, Any]:
    """One version without its content; `changed` holds names, never values."""
    return {
        "number": row.number,
        "created_at": row.created_at,
        "created_by": row.created_by.full_name if row.created_by else None,
        "reason": opened.reason(row) or None,
        "changed": row.changed,
        "sha256": row.sha256,
        "unaltered": frozen.is_unchanged(row),
        "read_by_clinic": row.number <= opened.referral.clinic_read_version,
    }


class Versions(PartView):
    """GET lists them, the oldest first; empty where no consent opens the content."""

    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        opened = versions.open_all(referral_id, by=self.actor, door="api")
        return self.answer({"results": [version(row, opened) for row in opened.versions]})


class OneVersion(PartView):
    def get(self, request: Request, referral_id: UUID, number: int) -> HttpResponse:
        """What was sent then, as far as the consent opens it today."""
        opened = versions.open_all(referral_id, by=self.actor, door="api", number=number)
        row = opened.number(number)
        body = opened.body(row)
        scored = disclosure.instruments_for(opened.referral, self.actor, body)
        return self.answer({**version(row, opened), "content": {**body, "instruments": scored}})


class ReadInput(StrictSerializer):
    number = serializers.IntegerField(min_value=1, label="The newest version that was read")


class VersionsRead(PartView):
    def post(self, request: Request, referral_id: UUID) -> HttpResponse:
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        versions.authorise_reading(referral_id, by=self.actor)

        def work() -> HttpResponse:
            number = checked(ReadInput(data=self.body()))["number"]
            versions.mark_read(referral_id, number=number, by=self.actor, door="api")
            return HttpResponse(status=204, headers={"Cache-Control": "no-store"})

        return self.once(work)


# --- Copies -------------------------------------------------------------------------------------


class CopyInput(StrictSerializer):
    what = serializers.ChoiceField(
        choices=[copies.SAME_PATIENT, copies.WHOLE],
        help_text="The patient and the care team; or all but consent, safety and scales.",
    )


class Copy(ReferralAnswers):
    def post(self, request: Request, referral_id: UUID) -> HttpResponse:
        """A new draft that replaces nothing; what must be asked anew is left out."""
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        copies.authorise(referral_id, by=self.actor)

        def work() -> HttpResponse:
            what = checked(CopyInput(data=self.body()))["what"]
            draft = copies.copy(referral_id, what=what, by=self.actor, door="api")
            return self.referral(draft, 201, Location=location(draft))

        return self.once(work)


# --- Duplicates ---------------------------------------------------------------------------------


def _other(row: Referral) -> dict[str, Any]:
    return {"id": row.pk, "reference": row.reference, "state": row.state,
            "practice": row.practice.name, "submitted_at": row.submitted_at}  # fmt: skip


def _said(row: DuplicateDecision | None, *, heard: bool = True) -> dict[str, Any]:
    return {
        "verdict": row.verdict if row else None,
        "note": row.note if row and heard else None,
        "decided_by": row.decided_by.full_name if row else None,
        "decided_at": row.decided_at if row else None,
    }


class Duplicates(PartView):
    def get(self, request: Request, referral_id: UUID) -> HttpResponse:
        """For the clinic's reviewers what else it has for this person; for both sides what the
        practice itself said of its own."""
        row = self.open(referral_id)
        if self.closed(row):
            return self.answer({"results": [], "acknowledged": []})
        found = duplicates.for_clinic(row, by=self.actor)
        heard = disclosure.reading_of(row, self.actor).hears(disclosure.PRACTICE)
        return self.answer({
            "results": [{"referral": _other(c.other), **_said(c.verdict)} for c in found],
            "acknowledged": [
                {"referral": _other(other), **_said(said, heard=heard)}
                for other, said in duplicates.acknowledged(row, by=self.actor)
            ],
        })  # fmt: skip


class VerdictInput(StrictSerializer):
    verdict = serializers.ChoiceField(
        choices=[DuplicateVerdict.LINKED.value, DuplicateVerdict.SET_ASIDE.value]
    )
    note = Text(
        max_length=duplicates.NOTE_LENGTH, required=False, allow_null=True,
        help_text="Needed where it is set aside; only the clinic reads it.",
    )  # fmt: skip


class Duplicate(PartView):
    def post(self, request: Request, referral_id: UUID, other_id: UUID) -> HttpResponse:
        """Link the two or set the suspicion aside. No event, no version: practices see nothing."""
        records.find(referral_id, by=self.actor)
        bodies.check_type_and_size(request)
        duplicates.authorise(referral_id, other_id, by=self.actor)

        def work() -> HttpResponse:
            typed = checked(VerdictInput(data=self.body()))
            row = duplicates.decide(
                referral_id, other_id, verdict=typed["verdict"], note=typed.get("note") or "",
                by=self.actor, door="api",
            )  # fmt: skip
            return self.answer({"referral": _other(row.other), **_said(row)})

        return self.once(work)
