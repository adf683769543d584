"""The referral itself and where it stands: ServiceRequest and Task, by the lifecycle's table."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from referrals import disclosure
from referrals.fhir import codes
from referrals.fhir.case import Case, Resource, moment
from referrals.lifecycle import STATES, Action, State, Turn
from referrals.models import Reason

# R4: statusReason.text goes with these.
WITH_REASON = frozenset({"rejected", "cancelled", "on-hold", "failed"})
AFTER_APPOINTMENT = {"missed": "5.1.2", "cancelled": "5.1.3"}


@dataclass(frozen=True, slots=True)
class Standing:
    """The codes of the state: ServiceRequest.status, Task.status, Task.businessStatus codes."""

    service_request: str
    task: str
    business: tuple[str, ...]


def standing(case: Case) -> Standing:
    row = case.referral
    info = STATES[State(row.state)]
    business: tuple[str, ...] = (info.business_status,) if info.business_status else ()
    match State(row.state):
        case State.IN_REVIEW:
            business = ("2.0", "in-review")
        case State.ACCEPTED:
            last = row.appointments.order_by("booked_at").last()
            if last is not None and last.status in AFTER_APPOINTMENT:
                business = (AFTER_APPOINTMENT[last.status],)
        case State.CLOSED:
            return _closed(case, business)
    return Standing(info.service_request, info.task, business)


def _closed(case: Case, business: tuple[str, ...]) -> Standing:
    """Closing adds nothing to the ending that it acknowledges: the task stays terminal."""
    closing = next((e for e in reversed(case.timeline) if e.action == Action.CLOSE), None)
    before = State(closing.from_state) if closing else State.COMPLETED
    request = "completed" if before is State.COMPLETED else "revoked"
    return Standing(request, STATES[before].task, business)


def _business_status(found: Standing) -> Resource | None:
    listed = [
        codes.coding(codes.BSER if code[0].isdigit() else codes.local("business-status"), code)
        for code in found.business
    ]
    return codes.concept(*listed) if listed else None


def add_request(case: Case) -> None:
    row = case.referral
    service = row.service.name if row.service and not case.reading.closed else "Evaluation"
    case.add("request", "ServiceRequest", {
        "identifier": [{"system": codes.local("referral"), "value": row.reference}],
        "replaces": _replaces(case), "status": standing(case).service_request, "intent": "order",
        "category": [
            codes.concept(codes.coding(codes.SNOMED, "386053000", "Evaluation procedure")),
            codes.concept(codes.coding(codes.SNOMED, "3457005", "Patient referral")),
        ],
        "priority": codes.PRIORITY[row.priority],
        "code": codes.concept(
            codes.coding(codes.SNOMED, "306206005", "Referral to service"), text=service
        ),
        "subject": case.patient, "authoredOn": moment(row.submitted_at or row.created_at),
        "requester": case.reference("referrer") or case.reference("practice"),
        "performer": case.references("clinic"),
        "reasonCode": _reason(case), "reasonReference": case.named("condition-"),
        "supportingInfo": [
            *case.named("answers-"), *case.named("score-"), *case.named("document-"),
            *case.named("consent-"),
        ],
        "note": _notes(case),
    })  # fmt: skip


def _replaces(case: Case) -> list[Resource] | None:
    if case.referral.replaces_id is None:
        return None
    address = f"{settings.BASE_URL}/api/v1/referrals/{case.referral.replaces_id}/"
    return [{"identifier": {"system": "urn:ietf:rfc:3986", "value": address}}]


def _reason(case: Case) -> list[Resource] | None:
    reason = (case.content.get("request") or {}).get("reason")
    return [codes.concept(text=reason)] if reason else None


def _notes(case: Case) -> list[Resource]:
    """The notice of 42 CFR 2.32 travels with the request that the content hangs on."""
    return [
        {"text": f"{notice['text']} The consent covers: {notice['scope']}"}
        for notice in case.reading.notices
    ]


def add_task(case: Case) -> None:
    row, found = case.referral, standing(case)
    owner = "practice" if row.info.turn is Turn.PRACTICE else "clinic"
    case.add("task", "Task", {
        "identifier": [{"system": codes.local("task"), "value": row.reference}],
        "status": found.task, "statusReason": _status_reason(case, found.task),
        "businessStatus": _business_status(found), "intent": "order",
        "priority": codes.PRIORITY[row.priority],
        "code": codes.concept(codes.coding(codes.TASK_CODE, "fulfill")),
        "focus": case.reference("request"), "for": case.patient,
        "authoredOn": moment(row.submitted_at or row.created_at),
        "lastModified": moment(row.updated_at),
        "requester": case.reference("referrer") or case.reference("practice"),
        "owner": case.reference(owner) or case.reference("practice"),
        "restriction": {"period": {"end": moment(row.due_at)}} if row.due_at else None,
        "output": _outputs(case),
    })  # fmt: skip


def _outputs(case: Case) -> list[Resource]:
    kind = codes.concept(codes.coding(codes.LOINC, "11488-4", "Consult note"))
    return [{"type": kind, "valueReference": one} for one in case.named("plan")]


def _status_reason(case: Case, task: str) -> Resource | None:
    """In words: the coded reason where it may be read, else what the state means."""
    if task not in WITH_REASON:
        return None
    said = next((e for e in reversed(case.timeline) if e.to_state == case.referral.state), None)
    detail = disclosure.detail_of(said, case.reading) if said else None
    code = (detail or {}).get("reason")
    label = Reason.objects.filter(code=code).values_list("label", flat=True).first()
    return {"text": label or code or case.referral.info.meaning}
