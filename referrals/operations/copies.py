"""New referrals made from old ones, so that nobody types anything twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from referrals import clock, events
from referrals.actors import Actor, Role
from referrals.lifecycle import Action, State
from referrals.models import Organisation, Origin, Referral, ReferralContent, Service
from referrals.operations import facts
from referrals.operations.transition import Change, write_entry

COPIED = (
    "practice_id", "clinic_id", "service_id", "referring_clinician_id", "after_hours_phone",
    "patient_index", "priority", "computed_priority",
)  # fmt: skip


def new_draft(old: Referral, *, by: Actor) -> Referral:
    """A draft with the old one's content, which it replaces once it is sent."""
    return _copy(old, by=by, origin=Origin.PORTAL)


def redirected(
    old: Referral, *, clinic_slug: str, new_consent: Mapping[str, Any] | None, by: Actor
) -> Referral:
    """The successor at another clinic, sent at once in the original referrer's name."""
    clinic = Organisation.objects.get(kind="clinic", slug=clinic_slug)
    now = clock.now()
    new = _copy(
        old, by=by, origin=old.origin, clinic_id=clinic.pk, service=_same_service(old, clinic),
        state=State.SUBMITTED, submitted_at=now, submitted_by_id=old.submitted_by_id,
        priority=old.priority, computed_priority=old.computed_priority,
    )  # fmt: skip
    if new_consent:
        _record_consent(new, new_consent)
    facts.freeze(new, by=by)
    event = events.tell(
        "submitted", new, by=by, role=Role.CO, occurred_at=now,
        previous_state=State.DRAFT, replaces=old.pk,
    )  # fmt: skip
    write_entry(
        new, Action.SUBMIT.value, before=State.DRAFT, by=by, role=Role.CO, change=Change(),
        event_id=event.event_id,
    )  # fmt: skip
    return new


def _copy(old: Referral, *, by: Actor, origin: str, **columns: Any) -> Referral:
    from referrals import clocks

    values = {name: getattr(old, name) for name in COPIED} | columns
    new = Referral.objects.create(
        created_by_id=by.person, origin=origin, replaces=old, **values
    )  # fmt: skip
    content = ReferralContent(referral=new)
    content.fill(old.content.as_dict())
    content.save()
    new.content = content
    new.due_at = clocks.due_at(new, now=clock.now())
    new.save(update_fields=["due_at"])
    facts.remember_assessment(new)
    return new


def _same_service(old: Referral, clinic: Organisation) -> Service | None:
    code = old.service.code if old.service else ""
    return clinic.services.filter(active=True, code=code).first()


def _record_consent(new: Referral, consent: Mapping[str, Any]) -> None:
    recorded = {key: str(value) for key, value in consent.items() if value is not None}
    new.content.consent = {**(new.content.consent or {}), **recorded}
    new.content.save(update_fields=["consent"])
