"""New referrals made from old ones, so that nobody types anything twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import access, clock, consent, events, permissions
from referrals.actors import Actor, Role
from referrals.clocks import running
from referrals.errors import FieldError, Forbidden, Invalid
from referrals.lifecycle import Action, State
from referrals.models import Organisation, Origin, Priority, Referral, ReferralContent, Service
from referrals.operations import documents, facts, records
from referrals.operations.transition import Change, write_entry

COPIED = (
    "practice_id", "clinic_id", "service_id", "referring_clinician_id", "after_hours_phone",
    "patient_index", "priority", "computed_priority",
)  # fmt: skip


def new_draft(old: Referral, *, by: Actor, door: str) -> Referral:
    """A draft with the old one's content, which it replaces once it is sent.

    A consent that was revoked is not carried along: the patient is asked anew. What was
    revoked of it in part stays closed until a new written one names it.
    """
    body = old.content.as_dict()
    if old.consent_revoked_at is not None:
        body.pop("consent", None)
    draft = _copy(old, body, origin=Origin.PORTAL, created_by_id=by.person)
    documents.carry_over(old, draft, by=by)
    access.record(by=by, verb="create", referral_id=draft.pk, door=door)
    return draft


def redirected(
    old: Referral, *, clinic_slug: str, new_consent: Mapping[str, Any] | None, by: Actor, door: str
) -> Referral:
    """The successor at another clinic, sent at once in the original referrer's name."""
    clinic = Organisation.objects.get(kind="clinic", slug=clinic_slug)
    now = clock.now()
    body = old.content.as_dict()
    if new_consent:
        closed = old.content.revoked_classes or {}
        body["consent"] = consent.renewed(body.get("consent") or {}, new_consent, closed=closed)
    new = _copy(
        old, body, origin=old.origin, clinic_id=clinic.pk,
        service_id=_service_id(old, clinic), state=State.SUBMITTED, submitted_at=now,
        submitted_by_id=old.submitted_by_id, created_by_id=old.created_by_id,
    )  # fmt: skip
    version = facts.freeze(new, by=by)
    new.content_version = new.clinic_read_version = version.number
    new.save(update_fields=["content_version", "clinic_read_version"])
    documents.carry_over(old, new, by=by)
    event = events.tell(
        "submitted", new, by=by, role=Role.CO, occurred_at=now,
        previous_state=State.DRAFT, replaces=old.pk,
    )  # fmt: skip
    rose = {"priority": str(new.priority)} if new.priority < old.priority else {}
    write_entry(
        new, Action.SUBMIT.value, before=State.DRAFT, by=by, role=Role.CO,
        change=Change(detail=rose), event_id=event.event_id,
    )  # fmt: skip
    access.record(by=by, verb="create", referral_id=new.pk, door=door)
    return new


def _copy(old: Referral, body: dict[str, Any], *, origin: str, **columns: Any) -> Referral:
    values = {name: getattr(old, name) for name in COPIED} | {"replaces": old} | columns
    new = Referral.objects.create(origin=origin, **values)
    content = ReferralContent(referral=new)
    content.fill(body)
    if new.replaces_id is not None:
        content.revoked_classes = old.content.revoked_classes
    content.save()
    new.content = content
    new.consent_expires_on = consent.next_expiry(new, body)
    _prioritise(new)
    new.save(update_fields=["consent_expires_on", "priority", "computed_priority", "awaits_review"])
    running.follow(new)
    return new


def _prioritise(new: Referral) -> None:
    """By the rules of today; what was sent is never less urgent than what it replaces."""
    result = facts.remember_assessment(new)
    new.computed_priority = Priority(result["priority"]["value"])
    new.awaits_review = facts.awaits_review(new, result)
    sent = new.state != State.DRAFT
    new.priority = min(new.priority, new.computed_priority) if sent else new.computed_priority


def _service_id(old: Referral, clinic: Organisation) -> int | None:
    # By id, like what it replaces among the copied columns: beside a copied id an object loses.
    service = same_service(old, clinic)
    return service.pk if service else None


def same_service(old: Referral, clinic: Organisation) -> Service | None:
    code = old.service.code if old.service else ""
    return clinic.services.filter(active=True, code=code).first()


# --- Copies, which replace nothing --------------------------------------------------------------

# What is asked anew each time: a copy must not carry an agreement or a safety answer along.
ASKED_ANEW = ("consent", "safety", "instruments")
PERSON = ("patient", "care_team")
WHOLE, SAME_PATIENT = "everything", "patient"


def may_copy(referral: Referral, *, by: Actor) -> bool:
    """The practice that wrote it, once it was sent and is no mistake."""
    writes = permissions.roles_on(referral, by) & {Role.RC, Role.RD}
    return bool(writes) and referral.state not in (State.DRAFT, State.ENTERED_IN_ERROR)


def authorise(referral_id: UUID, *, by: Actor) -> Referral:
    """404 for a stranger, 403 for who may not copy it."""
    old = records.find(referral_id, by=by)
    if not may_copy(old, by=by):
        raise Forbidden()
    return old


def copy(referral_id: UUID, *, what: str, by: Actor, door: str) -> Referral:
    """A new draft with the same patient, or with all that need not be asked anew."""
    with transaction.atomic():
        old = authorise(referral_id, by=by)
        if what not in (WHOLE, SAME_PATIENT):
            raise Invalid(errors=[FieldError("/what", "required", "Choose one.")])
        body = {
            name: value
            for name, value in old.content.as_dict().items()
            if name not in ASKED_ANEW and (what == WHOLE or name in PERSON)
        }
        draft = _copy(
            old, body, origin=Origin.PORTAL, created_by_id=by.person, replaces=None,
            copied_from=old, priority=Priority.P3, computed_priority=Priority.P3,
        )  # fmt: skip
        role = Role.RC if Role.RC in permissions.roles_on(old, by) else Role.RD
        write_entry(draft, Action.CREATE.value, before="", by=by, role=role, change=Change())
        access.record(by=by, verb="create", referral_id=draft.pk, door=door,
                      detail={"from_id": str(old.pk), "kind": what})  # fmt: skip
    return draft
