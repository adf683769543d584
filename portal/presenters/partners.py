"""Partners in figures and words: what waits, what was delivered, what is parked and why.

Nothing of a patient is here: kinds of events, references, counts and times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from integrations import registry
from integrations.inbox.parked import STARTABLE, STUCK
from integrations.inbox.reasons import UNPROVEN
from integrations.models import Delivery, DeliveryStatus, InboxMessage, InboxStatus, Partner
from portal.presenters import words
from referrals.actors import Actor
from referrals.models import Referral

SHOWN = 50
ANSWERS = {f"tandem.command.{name}.v1" for name in ("accepted", "rejected", "skipped")}
UNSENT = (DeliveryStatus.PENDING, DeliveryStatus.PARKED)
STATUS_WORDS = {
    DeliveryStatus.PENDING: ("Waiting", "waiting", "hourglass"),
    DeliveryStatus.SENT: ("Delivered", "ok", "check"),
    DeliveryStatus.PARKED: ("Parked", "late", "alert"),
    DeliveryStatus.CANCELLED: ("Skipped", "quiet", "minus"),
}
FAILURES = {
    "returned": "No queue takes it",
    "nacked": "Its queue refuses it, for instance because it is full",
    "refused": "The broker refuses this message",
}
REASONS = {
    "too_large": "Larger than 256 KiB",
    "content_type": "Not sent as a CloudEvent",
    "not_json": "Not well-formed JSON",
    "not_a_cloudevent": "Not a CloudEvent of version 1.0",
    "user_id_is_not_the_partner": "Sent by another account",
    "unknown_type": "No such command",
    "routing_key_is_not_the_type": "The routing key is not the command's",
    "subject_is_not_a_uuid": "The subject is no referral's id",
    "signature_missing": "Not signed, and signatures are required",
    "signature_invalid": "Its signature is not one of this message",
    "signature_key_unknown": "Signed with a key that is not known or was retired",
    "signed_time_missing": "Signed without a time, so it could be an old one",
    "signed_time_outside_window": "Signed for a time that is too old, or ahead of our clock",
    "could_not_be_read": "Could not be read",
    "other_bytes_under_a_known_id": "Another message under an id that was used before",
    "started_too_often": "Applying it ended the process, three times",
    "handler_failed": "Applying it failed, three times",
}


@dataclass
class Figures:
    """The counters of one partner."""

    waiting: int = 0
    oldest: datetime | None = None
    parked: int = 0
    # Of the parked commands, those that were not signed as they have to be.
    unproven: int = 0
    inbox: dict[str, int] = field(default_factory=dict)

    @property
    def trouble(self) -> bool:
        return bool(self.parked or self.inbox.get("parked"))


def figures(partners: Iterable[Partner]) -> dict[UUID, Figures]:
    """The counters of these partners, in three statements however many they are."""
    found = {partner.pk: Figures() for partner in partners}
    rows = Delivery.objects.filter(partner__in=found, status__in=UNSENT).order_by()
    counted = rows.values_list("partner", "status").annotate(Count("pk"), Min("created_at"))
    for pk, status, count, oldest in counted:
        if status == DeliveryStatus.PARKED:
            found[pk].parked = count
        else:
            found[pk].waiting, found[pk].oldest = count, oldest
    messages = InboxMessage.objects.filter(partner__in=found).order_by()
    unproven = Count("pk", filter=Q(status=InboxStatus.PARKED, reason__in=UNPROVEN))
    for pk, status, accepted, count, bad in messages.values_list(
        "partner", "status", "accepted"
    ).annotate(n=Count("pk"), unproven=unproven):
        name = _inbox_name(status, accepted)
        found[pk].inbox[name] = found[pk].inbox.get(name, 0) + count
        found[pk].unproven += bad
    return found


def _inbox_name(status: str, accepted: bool | None) -> str:
    if status == InboxStatus.DONE:
        return "done" if accepted else "rejected"
    return {"received": "waiting", "discarded": "discarded"}.get(status, "parked")


def state_of(partner: Partner) -> words.Words:
    if not partner.active:
        return words.Words("Off", "quiet", "stop")
    if partner.paused:
        return words.Words("Paused", "waiting", "pause")
    return words.Words("On", "ok", "check")


def counters(partner: Partner, found: Figures) -> list[dict[str, str]]:
    """The figures as facts, in the order in which somebody looks for trouble."""
    oldest = f", the oldest since {words.moment(found.oldest)}" if found.oldest else ""
    counted = partner.dead_letters_at
    dead = f" (counted {words.ago(counted)})" if counted else " (not counted yet)"
    unproven = f", {found.unproven} for their signature" if found.unproven else ""
    rows = {
        "Waiting to be sent": f"{found.waiting}{oldest}",
        "Parked": str(found.parked),
        "Dead letters": f"{partner.dead_letters}{dead}",
        "Commands that wait": str(found.inbox.get("waiting", 0)),
        "Commands done": str(found.inbox.get("done", 0)),
        "Commands rejected": str(found.inbox.get("rejected", 0)),
        "Commands parked": f"{found.inbox.get('parked', 0)}{unproven}",
    }
    return _facts(rows)


def parked_deliveries(partner: Partner, *, by: Actor) -> list[dict[str, Any]]:
    """What is parked and why, oldest first."""
    rows = Delivery.objects.filter(partner=partner, status=DeliveryStatus.PARKED)
    found = list(rows.select_related("event").defer("body", "event__body").order_by("pk")[:SHOWN])
    references = _references([row.event.subject for row in found], by)
    return [
        {
            "id": row.pk, "what": kind(row.type), "number": row.key_seq,
            "reference": references.get(row.event.subject, "–"), "since": row.created_at,
            "why": why(row.last_error),
        }
        for row in found
    ]  # fmt: skip


def delivery_facts(partner: Partner, pk: int, *, by: Actor) -> list[dict[str, str]]:
    """What one delivery is about, for the page that asks before something is done with it.

    Empty where the partner has none of this number.
    """
    found = Delivery.objects.filter(partner=partner, pk=pk).select_related("event")
    row = found.defer("body", "event__body").first()
    if row is None:
        return []
    reference = _references([row.event.subject], by).get(row.event.subject, "–")
    state = STATUS_WORDS[DeliveryStatus(row.status)][0]
    parked = f": {why(row.last_error)}" if row.status == DeliveryStatus.PARKED else ""
    return _facts(
        {
            "Event": kind(row.type), "Referral": reference, "Number": str(row.key_seq),
            "Since": words.moment(row.created_at), "State": state + parked,
        }
    )  # fmt: skip


def command_facts(partner: Partner, pk: int, *, by: Actor) -> list[dict[str, str]]:
    """As `delivery_facts`, of a command."""
    row = InboxMessage.objects.filter(partner=partner, pk=pk).defer("body").first()
    if row is None:
        return []
    subject = UUID(row.subject) if row.subject else None
    reference = _references([subject], by).get(subject, "–") if subject else "–"
    return _facts(
        {
            "Command": kind(row.type) if row.type else "Unreadable", "Referral": reference,
            "Since": words.moment(row.received_at),
            "Why": REASONS.get(row.reason, row.reason) or "–",
        }
    )  # fmt: skip


def _facts(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in values.items()]


def parked_commands(partner: Partner, *, by: Actor) -> list[dict[str, Any]]:
    rows = InboxMessage.objects.filter(partner=partner, status__in=STUCK)
    found = list(rows.defer("body").order_by("pk")[:SHOWN])
    subjects = [UUID(row.subject) for row in found if row.subject]
    references = _references(subjects, by)
    return [
        {
            "id": row.pk, "what": kind(row.type) if row.type else "Unreadable",
            "reference": references.get(UUID(row.subject), "–") if row.subject else "–",
            "since": row.received_at, "why": REASONS.get(row.reason, row.reason),
            "may_start": row.reason in STARTABLE,
        }
        for row in found
    ]  # fmt: skip


def log_rows(rows: list[Delivery], *, by: Actor) -> list[list[dict[str, str]]]:
    """The delivery log, row by row, as the plain table takes it."""
    references = _references([row.event.subject for row in rows], by)
    return [
        [
            {"label": "When", "text": words.moment(row.confirmed_at or row.created_at)},
            {"label": "Event", "text": kind(row.type)},
            {"label": "Referral", "text": references.get(row.event.subject, "–")},
            {"label": "Number", "text": str(row.key_seq), "number": "1"},
            {"label": "State", "text": STATUS_WORDS[DeliveryStatus(row.status)][0]},
        ]
        for row in rows
    ]  # fmt: skip


def sees(partner: Partner, scopes: list[str]) -> list[dict[str, str]]:
    """What reaches this partner, in words."""
    known = registry.registered()
    chosen = [known[name] for name in partner.events if name in known] or list(known.values())
    every = "" if partner.events else "Every event: "
    fields = sorted({name for event in chosen for name in event.schema["properties"]})
    return [
        {"label": "Referrals", "value": "Those that were sent to this clinic, drafts never"},
        {"label": "Over the API", "value": ", ".join(scopes) or "Nothing: its client is gone"},
        {"label": "Events", "value": f"{every}{', '.join(kind(e.type) for e in chosen)}"},
        {"label": "In an event", "value": ", ".join(fields).replace("_", " ")},
        {"label": "Signatures", "value": "On each message" if partner.signed else "None asked for"},
        {"label": "Never in an event", "value": "Names, birth dates, diagnoses, free text, files"},
    ]


def last_event(partner: Partner) -> str:
    """The last event that it was owed, as it reads it; empty where there is none."""
    row = partner.delivery_set.order_by("-pk").first()
    return json.dumps(json.loads(bytes(row.body)), indent=2) if row else ""


def kind(type_: str) -> str:
    """`Appointment booked` for `tandem.referral.appointment_booked.v1`."""
    parts = type_.split(".")
    name = parts[2].replace("_", " ").capitalize() if len(parts) > 3 else type_
    return f"Answer: {name.lower()}" if type_ in ANSWERS else name


def why(last_error: str) -> str:
    outcome = last_error.partition(":")[0]
    return FAILURES.get(outcome, "It failed too often")


def _references(subjects: list[UUID], by: Actor) -> dict[UUID, str]:
    rows = Referral.objects.visible_to(by).filter(pk__in=set(subjects))
    return dict(rows.values_list("pk", "reference"))
