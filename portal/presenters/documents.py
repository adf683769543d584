"""The files of a referral in words: state, who sent them, what may be done with each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from referrals import permissions
from referrals.actors import Actor
from referrals.files import limits
from referrals.models import BlockedBy, Document, Referral, ScanState
from referrals.operations import documents

TONES = {
    ScanState.PENDING: ("waiting", "hourglass"),
    ScanState.CLEAN: ("ok", "check"),
    ScanState.BLOCKED: ("late", "stop"),
    ScanState.NOT_SCANNED: ("quiet", "info"),
}
ACCEPT = limits.ACCEPT
HINT = (
    f"PDF, PNG, JPEG, TIFF or DOCX, up to {limits.MOST_BYTES // limits.MIB} MB each, "
    f"{limits.MOST_FILES} at once. A file is kept as it is, with what its camera or program wrote "
    "into it."
)
SCANNED_HINT = {
    BlockedBy.SCANNER: "The virus scanner found something in it.",
    BlockedBy.CHECK: "It is not what was sent.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One file in a list; `url` is empty while it opens for nobody."""

    name: str
    url: str
    state: str
    tone: str
    icon: str
    size: str
    who: str
    at: datetime
    because: str
    block_url: str
    remove_url: str


def rows(found: Iterable[Document], referral: Referral, actor: Actor) -> list[Row]:
    return [_row(document, referral, actor) for document in found]


def url_of(document: Document) -> str:
    return (
        reverse("referrals:document", args=[document.referral_id, document.pk])
        if document.is_open
        else ""
    )


def size_of(document: Document) -> str:
    kb = max(1, round(document.size / 1024))
    return f"{kb} KB" if kb < 1024 else f"{document.size / 1024**2:.1f} MB"


def _row(document: Document, referral: Referral, actor: Actor) -> Row:
    tone, icon = TONES[ScanState(document.scan_state)]
    side = f", {document.side}" if document.side else ""
    return Row(
        name=document.name, url=url_of(document), state=document.get_scan_state_display(),
        tone=tone, icon=icon, size=size_of(document),
        who=f"{document.added_by.full_name}{side}" if document.added_by else document.side,
        at=document.added_at, because=_because(document),
        block_url=_act("block", document) if _may_block(document, referral, actor) else "",
        remove_url=_act("remove", document)
        if documents.may_remove(document, referral, by=actor)
        else "",
    )  # fmt: skip


def _because(document: Document) -> str:
    if document.scan_state != ScanState.BLOCKED:
        return ""
    if document.blocked_by == BlockedBy.CLINIC:
        return f"Blocked by the clinic: {document.blocked_because}"
    return SCANNED_HINT.get(BlockedBy(document.blocked_by or BlockedBy.CHECK), "")


def _may_block(document: Document, referral: Referral, actor: Actor) -> bool:
    may = bool(permissions.roles_on(referral, actor) & documents.BLOCKERS)
    return may and document.scan_state != ScanState.BLOCKED


def _act(name: str, document: Document) -> str:
    return reverse(f"referrals:document-{name}", args=[document.referral_id, document.pk])
