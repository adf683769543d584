"""Notices as rows: the table's sentence, the reference, when. Never a patient."""

from __future__ import annotations

from typing import Any

from referrals.models import Notice
from referrals.notifications import KINDS, TOLD, Kind

ICONS: dict[Kind, str] = {
    Kind.DANGER: "alert", Kind.SENT: "send", Kind.RECEIVED: "eye", Kind.QUESTION: "question",
    Kind.ANSWER: "turn", Kind.ACCEPTED: "check", Kind.DECLINED: "cross",
    Kind.APPOINTMENT: "calendar", Kind.PROGRESS: "rings", Kind.OUTCOME: "report",
    Kind.MESSAGE: "message", Kind.DOCUMENT: "file", Kind.CHANGE: "pencil", Kind.ENDED: "stop",
    Kind.ASSIGNED: "person", Kind.REMINDER: "hourglass", Kind.ESCALATION: "clock",
    Kind.ADVICE: "question", Kind.OVERSIGHT: "flag",
}  # fmt: skip


def row(notice: Notice) -> dict[str, Any]:
    told = TOLD.get(notice.what)
    kind = told.kind if told else None
    return {
        "id": notice.pk,
        "icon": ICONS.get(kind, "info") if kind else "info",
        "urgent": bool(kind and KINDS[kind].fixed),
        "sentence": told.sentence if told else "There is something to see.",
        "reference": notice.referral.reference if notice.referral else "",
        "url": notice.link,
        "at": notice.created_at,
        "unread": notice.read_at is None,
    }
