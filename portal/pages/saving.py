"""Keeping a step of a draft: what is good is stored, what is not stays with the person.

The wizard, the first page of a new referral and the autosave keep answers through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from portal.accounts import interrupted
from portal.forms.instruments import GRIDS, TOTALS
from portal.forms.steps import Step
from portal.forms.steps_form import StepForm
from referrals import errors
from referrals.actors import Actor
from referrals.lifecycle import State
from referrals.models import Referral
from referrals.operations import drafts, facts, guards, records

DOOR = "portal"
BASE = "base"


@dataclass
class Attempt:
    """What became of one try to keep a step. `conflict`: someone else kept other answers."""

    form: StepForm
    referral: Referral | None
    conflict: bool = False

    @property
    def clean(self) -> bool:
        return not self.conflict and self.form.fault_count == 0


def open_draft(request: HttpRequest, referral_id: Any, *, by: Actor) -> Referral:
    """The referral for writing; 404 for a stranger, 403 for a reader, logged as a reading."""
    referral = records.open_record(referral_id, by=by, door=DOOR)
    if not drafts.may_write(referral, by):
        raise errors.Forbidden()
    return referral


def keep(step: Step, *, referral: Referral, by: Actor, data: Mapping[str, Any]) -> Attempt:
    """Store the good answers of this step in the draft, unless somebody was faster."""
    form = StepForm(step, by, referral, data=data)
    form.is_valid()
    if data.get(BASE) != form.base() and form.differences():
        return Attempt(form, referral, conflict=True)
    return _store(form, referral, by=by)


def _store(form: StepForm, referral: Referral, *, by: Actor) -> Attempt:
    changes = form.changes()
    if not changes:
        return Attempt(form, referral)
    try:
        referral = drafts.change(
            referral.pk, by=by, data=changes, version=referral.version, door=DOOR
        )
    except errors.Stale:
        return Attempt(form, referral, conflict=True)
    except errors.Invalid as refused:
        for fault in refused.errors:
            form.add_fault(fault)
    return Attempt(form, referral)


def begin(step: Step, *, by: Actor, data: Mapping[str, Any]) -> Attempt:
    """Make a draft of the first step's good answers; None where a needed one is missing."""
    form = StepForm(step, by, None, data=data)
    form.is_valid()
    if form.header and form.header.errors.keys() & {"referrer", "origin"}:
        return Attempt(form, None)
    try:
        return Attempt(form, drafts.create(by=by, data=form.changes(), door=DOOR))
    except errors.Invalid as refused:
        for fault in refused.errors:
            form.add_fault(fault)
    return Attempt(form, None)


def leave_to_clinic(referral: Referral, section: str, *, by: Actor) -> None:
    """Say of every answer that a section still lacks that the clinic obtains it."""
    body = facts.left_to_clinic(referral, section, referral.content.as_dict())
    if body:
        drafts.change(referral.pk, by=by, data=body, version=referral.version, door=DOOR)


def typed_before(request: HttpRequest) -> QueryDict | None:
    """What a session that had run out kept of this page, once."""
    return interrupted.take(request) if request.method == "GET" else None


def cleared(data: QueryDict) -> QueryDict:
    """The posted answers without those of the scale whose `clear` button was pressed."""
    key = data.get("clear", "")
    if key not in (*GRIDS, *TOTALS):
        return data
    kept = data.copy()
    _forget(kept, key)
    return kept


def beside(data: QueryDict, referral: Referral) -> QueryDict:
    """The posted answers with a blank for one more result of the scale that `another` names."""
    key = data.get("another", "")
    kept = data.copy()
    if key in (*GRIDS, *TOTALS):
        _forget(kept, key)
        held = referral.content.instruments or []
        kept[f"{key}-kept"] = str(sum(1 for entry in held if entry.get("instrument") == key))
    return kept


def _forget(data: QueryDict, key: str) -> None:
    for name in [n for n in data if n.startswith(f"{key}-") and n != f"{key}-kept"]:
        del data[name]


def duplicates_of(referral: Referral | None) -> list[Referral]:
    """Open referrals of the same practice for the same person at the same clinic."""
    if referral is None or referral.state != State.DRAFT or not referral.clinic_id:
        return []
    return list(guards.open_duplicates(referral).order_by("-updated_at")[:5])


def edit_url(referral: Referral, step: Step | str) -> str:
    slug = step if isinstance(step, str) else step.slug
    return reverse("referrals:edit", args=[referral.pk, slug])
