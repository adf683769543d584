"""Writing a referral: create a draft, change it, amend what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from referrals import access, clock, consent, content, permissions
from referrals.actors import Actor, ActorKind, Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid, Stale
from referrals.lifecycle import Phase, State
from referrals.lifecycle.actions import Action
from referrals.lifecycle.moves import Move, Target
from referrals.models import Origin, Priority, Referral, ReferralContent
from referrals.operations import facts, half, parties, records, transition
from referrals.operations.transition import Change

# Not a row of the table: an amendment is allowed to the practice while the referral is open.
AMEND = Move(
    Action.CREATE, frozenset(State) - {State.DRAFT}, Target.SAME,
    frozenset({Role.RC, Role.RD, Role.IC}), "amended", "Change what was sent",
    "The clinic sees what changed, and why.",
)  # fmt: skip
AMENDABLE = frozenset({Phase.DECIDING, Phase.ACTIVE})


def create(
    *, by: Actor, data: Mapping[str, Any], door: str, origin: Origin = Origin.PORTAL
) -> Referral:
    """A new draft with any subset of the answers.

    `data` has the API's write shape: content sections beside `clinic` (slug), `practice`
    (id), `service` (code), `referring_clinician` {id, after_hours_phone} and `origin`.
    """
    if by.kind is ActorKind.PARTNER:
        raise Forbidden()
    with transaction.atomic():
        body, header = parties.split(data)
        columns = parties.for_new(header, by=by, origin=origin)
        referral = Referral.objects.create(created_by_id=by.person, **columns)
        sections = ReferralContent(referral=referral)
        sections.fill(content.apply(content.empty(), body))
        sections.save()
        referral.content = sections
        _follow_up(referral, by=by)
        role = permissions.acting_role(referral, by, AMEND) or Role.CO
        transition.write_entry(
            referral, Action.CREATE.value, before="", by=by, role=role, change=Change()
        )
        access.record(by=by, verb="create", referral_id=referral.pk, door=door)
    return referral


def authorise(referral_id: UUID, *, by: Actor) -> Referral:
    """404 for a stranger, 403 for somebody who may read but not write."""
    referral = records.find(referral_id, by=by)
    if not (may_write(referral, by) or half.may_complete(referral, by=by)):
        raise Forbidden()
    return referral


def may_write(referral: Referral, by: Actor) -> bool:
    if by.kind is ActorKind.PARTNER:
        return False
    roles = permissions.roles_on(referral, by)
    on_paper = referral.origin not in (Origin.PORTAL, Origin.API)
    # Of a practice that does not work with the portal nobody else could add what came later.
    if on_paper and (referral.state == State.DRAFT or referral.practice.is_external):
        return Role.CO in roles
    return bool(roles & {Role.RC, Role.RD})


def refuse_closed(referral: Referral, *, by: Actor) -> None:
    """`Conflict` unless the referral is a draft or still open to an amendment."""
    if referral.state != State.DRAFT and referral.phase not in AMENDABLE:
        raise Conflict(
            "Only an open referral can be changed.",
            available_actions=[a.value for a in permissions.available_actions(referral, by)],
        )


def change(
    referral_id: UUID,
    *,
    by: Actor,
    data: Mapping[str, Any],
    version: int | None,
    amendment_reason: str | None = None,
    door: str,
) -> Referral:
    """Change a draft, or amend what was sent (then a reason is needed and kept)."""
    with transaction.atomic():
        authorise(referral_id, by=by)
        referral = transition.lock(referral_id)
        if version is not None and version != referral.version:
            raise Stale(current_version=referral.version)
        if half.may_complete(referral, by=by):
            data = half.limited(referral, data, by=by)
        if referral.state == State.DRAFT:
            return _change_draft(referral, by=by, data=data, door=door)
        return _amend(referral, by=by, data=data, reason=amendment_reason, door=door)


def _change_draft(referral: Referral, *, by: Actor, data: Mapping[str, Any], door: str) -> Referral:
    body, header = parties.split(data)
    before = referral.content.as_dict()
    changed = _store(referral, body)
    columns = parties.changes(referral, header, by=by)
    touched = Referral.objects.filter(
        pk=referral.pk, version=referral.version, state=State.DRAFT
    ).update(**columns, version=referral.version + 1, updated_at=clock.now())
    if touched != 1:
        raise Stale(current_version=referral.version)
    referral = transition.lock(referral.pk)
    _reopen(referral, before)  # what the referral that it replaces had closed
    _follow_up(referral, by=by)
    access.record(
        by=by, verb="change", referral_id=referral.pk, door=door,
        detail={"fields": [*changed, *columns]},
    )  # fmt: skip
    return referral


def _amend(
    referral: Referral, *, by: Actor, data: Mapping[str, Any], reason: str | None, door: str
) -> Referral:
    refuse_closed(referral, by=by)
    body, header = parties.split(data)
    if header:
        raise Invalid(
            errors=[FieldError(f"/{name}", "fixed", "This cannot change once a referral is sent.")
                    for name in header]
        )  # fmt: skip
    if not reason:
        raise Invalid(
            errors=[FieldError("/amendment_reason", "required", "Say why you change it.")]
        )
    before = referral.content.as_dict()
    changed = _store(referral, body)
    version = facts.freeze(referral, by=by, reason=reason, changed=changed)
    result = facts.remember_assessment(referral, by=by)
    reopened = _reopen(referral, before)  # first: what is open decides what waits for a review
    columns = _columns(referral, result) | reopened
    columns["content_version"] = version.number
    role = permissions.acting_role(referral, by, AMEND) or Role.CO
    if role is Role.CO:  # the clinic typed it and need not read it
        columns["clinic_read_version"] = version.number
    transition.apply(
        referral, AMEND, Change(columns=columns, changed=changed,
                                detail={"fields": changed, "reason": reason},
                                found_by=result["priority"]["rules"]),
        by=by, role=role, door=door, action="amend",
    )  # fmt: skip
    return referral


def _store(referral: Referral, body: dict[str, Any]) -> list[str]:
    before = referral.content.as_dict()
    after = content.apply(before, body)
    referral.content.fill(after)
    referral.content.save()
    return content.changed_names(before, after)


def _reopen(referral: Referral, before: dict[str, Any]) -> dict[str, Any]:
    """A new written consent of the patient opens what a revocation closed."""
    whole, closed = consent.reopened(referral, before, referral.content.as_dict())
    if closed != (referral.content.revoked_classes or {}):
        referral.content.revoked_classes = closed or None
        referral.content.save(update_fields=["revoked_classes"])
    if not whole:
        return {}
    referral.consent_revoked_at = None
    return {"consent_revoked_at": None}


def _follow_up(referral: Referral, *, by: Actor) -> None:
    """Recompute what follows from a draft's content."""
    columns = _columns(referral, facts.remember_assessment(referral, by=by))
    Referral.objects.filter(pk=referral.pk).update(**columns)
    for name, value in columns.items():
        setattr(referral, name, value)


def _columns(referral: Referral, result: Mapping[str, Any]) -> dict[str, Any]:
    """What the rules found, as columns. Once it is sent, priority may rise, never fall."""
    computed = Priority(result["priority"]["value"])
    rises = referral.state == State.DRAFT or computed < referral.priority
    return {
        "patient_index": facts.index_patient(referral),
        "computed_priority": computed,
        "awaits_review": facts.awaits_review(referral, result),
        "consent_expires_on": consent.next_expiry(referral, referral.content.as_dict()),
        **({"priority": computed} if rises else {}),
    }
