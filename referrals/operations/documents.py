"""Files on a referral: adding, opening, blocking, taking off, and what the scanner says."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from rest_framework import serializers

from referrals import access, clock, disclosure, events, permissions
from referrals.actors import SYSTEM, Actor, Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, QuotaReached
from referrals.files import scanner, store
from referrals.files.limits import MIB, MOST_BYTES_OF_REFERRAL, MOST_FILES_OF_REFERRAL
from referrals.files.uploads import Incoming
from referrals.lifecycle import State, Turn
from referrals.models import BlockedBy, Document, Message, Referral, ScanState
from referrals.models.conversation import InformationItem
from referrals.operations import drafts, records, transition
from referrals.permissions import LOUDNESS
from referrals.strict import StrictSerializer, Text, checked

log = structlog.get_logger("referrals.documents")

WRITERS = frozenset({Role.RC, Role.RD, Role.CO, Role.CL})
BLOCKERS = frozenset({Role.CO, Role.CL})
# While the person waits for the answer; the timer has more patience.
SCAN_SECONDS = 5
NOT_OPEN = {
    ScanState.PENDING: "This file is still being scanned. Try again in a few minutes.",
    ScanState.BLOCKED: "This file was blocked and opens for nobody.",
}
DAMAGED = "The stored copy of this file is damaged. Ask for it to be sent again."


class Attestation(StrictSerializer):
    no_psychotherapy_notes = serializers.BooleanField(
        label="No file holds psychotherapy notes or substance use counseling notes"
    )


class BlockInput(StrictSerializer):
    reason = Text(max_length=500, label="Why the file is blocked")


# --- Adding -------------------------------------------------------------------------------------


def authorise(referral_id: UUID, *, by: Actor) -> Role:
    """404 for a stranger, 403 for somebody who may read but not add."""
    referral = records.find(referral_id, by=by)
    if not may_add(referral, by=by):
        raise Forbidden()
    return _role(referral, by)


def may_add(referral: Referral, *, by: Actor) -> bool:
    if referral.state == State.DRAFT:
        return drafts.may_write(referral, by)
    return bool(permissions.roles_on(referral, by) & WRITERS)


def _role(referral: Referral, by: Actor) -> Role:
    roles = permissions.roles_on(referral, by) & WRITERS
    return min(roles, key=LOUDNESS.index)


def attest(data: Any, *, by: Actor) -> None:
    """`Invalid` unless the person says that no file holds what has no place here."""
    said = checked(Attestation(data=data))["no_psychotherapy_notes"]
    if not said:
        raise Invalid(
            errors=[FieldError("/no_psychotherapy_notes", "attestation_needed",
                    "Confirm that no file holds psychotherapy notes. They are never needed here.")]
        )  # fmt: skip


def add(
    referral_id: UUID,
    *,
    by: Actor,
    files: list[Incoming],
    data: Any,
    door: str,
    message: Message | None = None,
    item: InformationItem | None = None,
) -> list[Document]:
    """Put checked and stored files on the referral; the other side learns of each by event."""
    attest(data, by=by)
    with transaction.atomic():
        role = authorise(referral_id, by=by)
        referral = transition.lock(referral_id)
        if referral.state == State.ENTERED_IN_ERROR:
            raise Conflict("Nothing is added to a referral that was entered in error.")
        _check_room(referral, files)
        added = [_create(referral, one, by, message, item) for one in files]
        for document in added:
            _tell("document_added", referral, by=by, role=role)
            transaction.on_commit(partial(settle, document.pk, by=SYSTEM), robust=True)
        access.record(by=by, verb="upload", referral_id=referral.pk, door=door,
                      detail={"ids": [d.pk for d in added]})  # fmt: skip
    for one in files:
        one.kept = True
    return added


def _create(
    referral: Referral, one: Incoming, by: Actor, message: Message | None,
    item: InformationItem | None,
) -> Document:  # fmt: skip
    side = permissions.side_of(referral, by)
    return Document.objects.create(
        id=one.id, referral=referral, message=message, item=item, name=one.name,
        media_type=one.media_type, size=one.size, sha256=one.sha256, stored_as=one.stored_as,
        scan_state=_first_state(), side=side.value if side is not Turn.NOBODY else "clinic",
        added_by_id=by.user_id, attested_at=clock.now(),
    )  # fmt: skip


def _first_state() -> ScanState:
    return ScanState.PENDING if scanner.is_configured() else ScanState.NOT_SCANNED


def _check_room(referral: Referral, files: list[Incoming]) -> None:
    """The referral's and the organisation's room; the rest of the form is not touched."""
    new = sum(one.size for one in files)
    held = referral.documents.exclude(stored_as="")
    used = held.aggregate(bytes=Sum("size"))["bytes"] or 0
    if held.count() + len(files) > MOST_FILES_OF_REFERRAL or used + new > MOST_BYTES_OF_REFERRAL:
        raise QuotaReached(
            f"A referral holds up to {MOST_FILES_OF_REFERRAL} files and "
            f"{MOST_BYTES_OF_REFERRAL // MIB} MB. Send what matters most."
        )
    all_used = (
        Document.objects.filter(referral__practice_id=referral.practice_id)
        .exclude(stored_as="")
        .aggregate(bytes=Sum("size"))["bytes"]
        or 0
    )
    if all_used + new > settings.STORAGE_PER_PRACTICE_MB * MIB:
        raise QuotaReached("The practice's room for files is used up. Tell the site's operator.")


def _tell(name: str, referral: Referral, *, by: Actor, role: Role) -> None:
    """Nothing is told of a draft."""
    if referral.submitted_at is not None:
        events.tell(name, referral, by=by, role=role, occurred_at=clock.now())


# --- Reading ------------------------------------------------------------------------------------


def listed(referral: Referral, *, by: Actor) -> list[Document]:
    """The files on the record that this actor may know of; none once consent is revoked."""
    if not permissions.roles_on(referral, by) - {Role.PO}:
        return []
    reading = disclosure.reading_of(referral, by)
    rows = referral.documents.on_record().select_related("added_by")
    return [row for row in rows if disclosure.opens_file(reading, row.side)]


def open_file(referral_id: UUID, document_id: UUID, *, by: Actor, door: str) -> Document:
    """One file for reading: settled, whole by its hash, and the reading logged."""
    with transaction.atomic():
        referral = records.find(referral_id, by=by)
        document = _find(referral, document_id, by)
        if not document.is_open:
            raise Conflict(NOT_OPEN.get(ScanState(document.scan_state), DAMAGED))
        access.record(by=by, verb="download", referral_id=referral.pk, door=door,
                      detail={"id": document.pk})  # fmt: skip
    try:
        store.check(document.pk, document.stored_as, document.sha256)
    except store.Damaged as damaged:
        log.error("document_damaged", document_id=str(document.pk), problem=str(damaged))
        raise Conflict(DAMAGED) from None
    return document


def _find(referral: Referral, document_id: UUID, by: Actor) -> Document:
    found = next((one for one in listed(referral, by=by) if one.pk == document_id), None)
    if found is None:
        raise NotFound()
    return found


# --- Blocking, taking off -----------------------------------------------------------------------


def authorise_block(referral_id: UUID, *, by: Actor) -> Role:
    referral = records.find(referral_id, by=by)
    roles = permissions.roles_on(referral, by) & BLOCKERS
    if not roles:
        raise Forbidden()
    return min(roles, key=LOUDNESS.index)


def block(referral_id: UUID, document_id: UUID, *, by: Actor, data: Any, door: str) -> Document:
    """The clinic's people close a file to everybody, and say why."""
    with transaction.atomic():
        role = authorise_block(referral_id, by=by)
        referral = transition.lock(referral_id)
        document = _find(referral, document_id, by)
        reason = checked(BlockInput(data=data))["reason"]
        if document.scan_state == ScanState.BLOCKED:
            raise Conflict("This file was blocked already.")
        _close(document, BlockedBy.CLINIC, reason)
        _tell("document_blocked", referral, by=by, role=role)
        access.record(by=by, verb="block", referral_id=referral.pk, door=door,
                      detail={"id": document.pk})  # fmt: skip
    return document


def _close(document: Document, who: BlockedBy, reason: str | None) -> None:
    document.scan_state, document.blocked_by = ScanState.BLOCKED, who
    document.blocked_because, document.blocked_at = reason, clock.now()
    document.save(update_fields=["scan_state", "blocked_by", "blocked_because", "blocked_at"])


def may_remove(document: Document, referral: Referral, *, by: Actor) -> bool:
    """From a draft whatever is there; later only what was blocked, so that nothing waits on it."""
    if not may_add(referral, by=by):
        return False
    return referral.state == State.DRAFT or document.scan_state == ScanState.BLOCKED


def remove(referral_id: UUID, document_id: UUID, *, by: Actor, door: str) -> None:
    """Take a file off the record. A blocked one stays in the store, closed, as evidence."""
    with transaction.atomic():
        authorise(referral_id, by=by)
        referral = transition.lock(referral_id)
        document = _find(referral, document_id, by)
        if not may_remove(document, referral, by=by):
            raise Conflict("A file stays on the record once the referral is sent.")
        document.removed_at, name = clock.now(), ""
        if document.scan_state != ScanState.BLOCKED:
            name, document.stored_as = document.stored_as, ""
        document.save(update_fields=["removed_at", "stored_as"])
        transaction.on_commit(lambda: store.remove(name))
        access.record(by=by, verb="change", referral_id=referral.pk, door=door,
                      detail={"id": document.pk})  # fmt: skip


def forget(referral: Referral, *, by: Actor) -> None:
    """Remove the files of a draft that was left alone, bytes and names."""
    for document in referral.documents.exclude(stored_as=""):
        name, document.stored_as, document.name = document.stored_as, "", ""
        document.removed_at = document.removed_at or clock.now()
        document.save(update_fields=["stored_as", "name", "removed_at"])
        transaction.on_commit(partial(store.remove, name))


# --- The scanner --------------------------------------------------------------------------------


def settle(document_id: UUID, *, by: Actor, seconds: float = SCAN_SECONDS) -> ScanState | None:
    """Ask the scanner about a file that waits. Whatever is not its clear word leaves it waiting."""
    document = Document.objects.filter(pk=document_id, scan_state=ScanState.PENDING).first()
    if document is None or not document.stored_as:
        return None
    if not scanner.is_configured():
        return _settled(document, ScanState.NOT_SCANNED)
    try:
        verdict = scanner.scan(store.read(document.pk, document.stored_as), seconds=seconds)
    except store.Damaged as damaged:
        log.error("document_damaged", document_id=str(document.pk), problem=str(damaged))
        verdict = scanner.Verdict.UNSURE
    if verdict is scanner.Verdict.INFECTED:
        return _quarantine(document, by)
    return _settled(
        document, ScanState.CLEAN if verdict is scanner.Verdict.CLEAN else ScanState.PENDING
    )


def _settled(document: Document, state: ScanState) -> ScanState:
    Document.objects.filter(pk=document.pk, scan_state=ScanState.PENDING).update(
        scan_state=state, scanned_at=clock.now(), scan_attempts=document.scan_attempts + 1
    )
    return state


def _quarantine(document: Document, by: Actor) -> ScanState:
    with transaction.atomic():
        referral = transition.lock(document.referral_id)
        fresh = Document.objects.filter(pk=document.pk, scan_state=ScanState.PENDING).first()
        if fresh is not None:
            fresh.scanned_at = clock.now()
            fresh.save(update_fields=["scanned_at"])
            _close(fresh, BlockedBy.SCANNER, None)
            _tell("document_blocked", referral, by=by, role=Role.SY)
            access.record(by=by, verb="block", referral_id=referral.pk, door="portal",
                          detail={"id": fresh.pk})  # fmt: skip
    return ScanState.BLOCKED


# --- Sent again ---------------------------------------------------------------------------------


def carry_over(old: Referral, new: Referral, *, by: Actor) -> list[Document]:
    """Copies of the open files for the referral that replaces the old one.

    Where a part of the consent was revoked, the clinic's own files stay on the old one: they
    may tell of it, and to the next clinic they would count as words of its own.
    """
    left = {disclosure.CLINIC} if old.content.revoked_classes else set()
    rows = old.documents.on_record().exclude(side__in=left)
    copies = [_copy(one, new) for one in rows if one.is_open]
    return [copy for copy in copies if copy is not None]


def _copy(one: Document, new: Referral) -> Document | None:
    copy = Document(
        referral=new, name=one.name, media_type=one.media_type, size=one.size, sha256=one.sha256,
        scan_state=one.scan_state, scanned_at=one.scanned_at, side=one.side,
        added_by_id=one.added_by_id, added_at=one.added_at, attested_at=one.attested_at,
    )  # fmt: skip
    try:
        copy.stored_as = store.copied(one.pk, copy.pk, one.stored_as).name
    except store.Damaged as damaged:
        log.error("document_damaged", document_id=str(one.pk), problem=str(damaged))
        return None
    copy.save(force_insert=True)
    return copy
