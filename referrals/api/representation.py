"""How a referral and its parts read: the one JSON shape of the API."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework import serializers

from referrals import clock, content, disclosure, permissions, reasons
from referrals.actors import Actor, Role
from referrals.care_team import Member
from referrals.lifecycle import Action, Move, State
from referrals.lifecycle.inputs import inputs_of
from referrals.models import (
    Appointment,
    ClinicianInvitation,
    Document,
    FlagReview,
    InformationRequest,
    InterimNote,
    Message,
    Outcome,
    PlanContribution,
    PlanSide,
    Reason,
    Referral,
    TimelineEntry,
)
from referrals.operations import conversation


def dumps(payload: Any) -> str:
    """JSON as the API writes it: RFC 3339 times, UUIDs and decimals as they read."""
    return json.dumps(payload, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal():
            return float(value)
    raise TypeError(type(value).__name__)


def summary(referral: Referral, actor: Actor) -> dict[str, Any]:
    """One row of the list: the header and whom it is about."""
    patient = disclosure.content_for(referral, actor).get("patient") or {}
    return {
        **_header(referral),
        "patient": {k: patient.get(k) for k in ("given_name", "family_name", "birth_date")},
        "available_actions": [a.value for a in permissions.available_actions(referral, actor)],
    }


def referral(row: Referral, actor: Actor) -> dict[str, Any]:
    """The whole referral as the contract reads it."""
    return {
        **_header(row),
        **content.as_read(disclosure.content_for(row, actor)),
        "instruments": disclosure.instruments_for(row, actor),
        "assessment": disclosure.assessment_for(row, actor),
        "disclosure": disclosure.summary_of(disclosure.reading_of(row, actor)),
        "available_actions": [a.value for a in permissions.available_actions(row, actor)],
    }


def _header(row: Referral) -> dict[str, Any]:
    return {
        "id": row.pk,
        "reference": row.reference,
        "state": row.state,
        "phase": row.phase.value,
        "whose_turn": row.info.turn.value,
        "version": row.version,
        "priority": row.priority,
        "origin": row.origin,
        "received_on": row.received_on,
        "created_at": row.created_at,
        "submitted_at": row.submitted_at,
        "updated_at": row.updated_at,
        "due_at": row.due_at,
        "expected_by": row.expected_by,
        "review_on": row.review_on if row.state == State.WAITLISTED else None,
        "consent_revoked_at": row.consent_revoked_at,
        "practice": {"id": row.practice_id, "name": row.practice.name},
        "clinic": {"slug": row.clinic.slug, "name": row.clinic.name} if row.clinic else None,
        "service": row.service.code if row.service else None,
        "referring_clinician": _clinician(row),
        "submitted_by": _person(row.submitted_by),
        "reviewer": _person(row.reviewer),
        "replaces": row.replaces_id,
    }


def _clinician(row: Referral) -> dict[str, Any] | None:
    user = row.referring_clinician
    if user is None:
        return None
    profile = getattr(user, "clinician", None)
    return {
        "id": user.pk,
        "name": user.full_name,
        "kind": profile.kind if profile else None,
        "npi": profile.npi if profile else None,
        "after_hours_phone": row.after_hours_phone or None,
    }


def _person(user: Any) -> dict[str, Any] | None:
    return {"id": user.pk, "name": user.full_name} if user else None


def action(move: Move, row: Referral, actor: Actor) -> dict[str, Any]:
    """One thing that may be done now, with what it takes."""
    role = permissions.acting_role(row, actor, move)
    found = _reasons(move.reasons, role, row) if move.reasons and role else []
    return {
        "action": move.action.value,
        "label": move.label,
        "inputs": inputs(move.action),
        "reasons": [
            {"code": r.code, "label": r.label, "reason_class": r.reason_class,
             "comment_mandatory": r.comment_mandatory}
            for r in found
        ],
    }  # fmt: skip


def _reasons(kind: str, role: Role, row: Referral) -> list[Reason]:
    return reasons.open_to(kind, role, clinic=row.clinic)


def inputs(name: Action) -> list[dict[str, Any]]:
    return [
        {
            "name": key,
            "label": str(field.label or key),
            "required": field.required,
            "type": _type_of(field),
            **({"choices": list(field.choices)} if hasattr(field, "choices") else {}),
        }
        for key, field in inputs_of(name)().fields.items()
    ]


# The first that fits, so the narrow ones stand before those that they are made from.
INPUT_TYPES: tuple[tuple[type[serializers.Field], str], ...] = (
    (serializers.ChoiceField, "choice"),
    (serializers.BooleanField, "boolean"),
    (serializers.DateTimeField, "date-time"),
    (serializers.DateField, "date"),
    (serializers.UUIDField, "uuid"),
    (serializers.ListField, "list"),
    (serializers.Serializer, "object"),
    (serializers.CharField, "text"),
)


def _type_of(field: serializers.Field) -> str:
    return next(word for kind, word in INPUT_TYPES if isinstance(field, kind))


def entry(row: TimelineEntry, reading: disclosure.Reading) -> dict[str, Any]:
    return {
        "number": row.number,
        "action": row.action,
        "from_state": row.from_state or None,
        "to_state": row.to_state,
        "version": row.version,
        "by": {"kind": row.actor_kind, "name": row.actor_name, "role": row.actor_role},
        "on_behalf_of": row.on_behalf_of_id,
        "reason_class": row.reason_class or None,
        "detail": disclosure.detail_of(row, reading),
        "automatic": row.automatic,
        "late": row.late,
        "again": row.again,
        "event_id": row.event_id,
        "occurred_at": row.occurred_at,
    }


def message(row: Message, read: dict[str, datetime]) -> dict[str, Any]:
    """`read`: for each side the moment up to which it has read."""
    return {
        "id": row.pk,
        "side": row.side,
        "author": row.author_name,
        "body": row.body,
        "item": row.item,
        "answers": row.answers_id,
        "answered": bool(row.answered_by.all()),
        "documents": [d.pk for d in row.documents.all() if d.removed_at is None],
        "read": conversation.is_read(row, read),
        "created_at": row.created_at,
    }


def document(row: Document) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256,
        "scan_state": row.scan_state,
        "side": row.side or None,
        "message": row.message_id,
        "blocked_by": row.blocked_by or None,
        "blocked_because": row.blocked_because,
        "added_at": row.added_at,
    }


def information_request(row: InformationRequest) -> dict[str, Any]:
    return {
        "id": row.pk,
        "asked_at": row.asked_at,
        "due_on": row.due_on,
        "message": row.message,
        "answered_at": row.answered_at,
        "items": [
            {"id": i.pk, "code": i.code, "note": i.note, "answer": i.answer,
             "declined_because": i.declined_because}
            for i in row.items.all()
        ],
    }  # fmt: skip


def interim_note(row: InterimNote) -> dict[str, Any]:
    return {"id": row.pk, "note": row.note, "by": row.author_name, "written_at": row.created_at}


def flag_review(row: FlagReview) -> dict[str, Any]:
    return {
        "id": row.pk,
        "rule": row.rule,
        "note": row.note,
        "by": _person(row.reviewer),
        "reviewed_at": row.reviewed_at,
    }


def invitation(row: ClinicianInvitation) -> dict[str, Any]:
    """Never the link: it goes by mail to one person, and only its hash is kept."""
    return {
        "id": row.pk,
        "email": row.email,
        "status": row.status(at=clock.now()).value,
        "clinician": _person(row.accepted_by),
        "practice_name": row.practice_name or None,
        "invited_by": row.invited_by_name,
        "invited_at": row.invited_at,
        "expires_at": row.expires_at,
        "accepted_at": row.accepted_at,
        "revoked_at": row.revoked_at,
    }


def appointment(row: Appointment) -> dict[str, Any]:
    return {
        "id": row.pk,
        "start": row.start,
        "end": row.end,
        "time_zone": row.time_zone,
        "mode": row.mode,
        "place": row.place,
        "status": row.status,
        "ended_by": row.ended_by or None,
        "reason": row.reason_code,
    }


def plan(
    outcome: Outcome | None,
    contributions: list[PlanContribution],
    *,
    goals: str | None,
    team: list[Member],
) -> dict[str, Any]:
    """The newest word on each side, all that was contributed, and whose plan it is."""
    body = dict(outcome.plan) if outcome else {}
    body |= {one.side: one.text for one in contributions if one.side != PlanSide.GOALS}
    return {
        **{side: body.get(side) for side in ("pain", "trauma", "daily_life")},
        "goals": goals,
        "report": outcome.report if outcome else None,
        "disposition": outcome.disposition if outcome else None,
        "by": outcome.author_name if outcome else None,
        "updated_at": outcome.sent_at if outcome else None,
        "contributions": [contribution(one) for one in contributions],
        "care_team": [
            {"name": m.name, "role": m.role, "organisation": m.organisation or None,
             "may_be_told": m.may_be_told or None}
            for m in team
        ],
    }  # fmt: skip


def contribution(row: PlanContribution) -> dict[str, Any]:
    return {
        "id": row.pk,
        "side": row.side,
        "topic": row.topic or None,
        "text": row.text,
        "by": row.author_name,
        "by_side": row.author_side,
        "with_outcome": row.with_outcome,
        "written_at": row.written_at,
    }
