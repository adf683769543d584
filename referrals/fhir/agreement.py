"""What both sides agree on and exchange: consent, care team, plan, files, messages, history."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from referrals import disclosure
from referrals.content.codes import TEAM_ROLE
from referrals.content_classes import ContentClass
from referrals.fhir import codes
from referrals.fhir.case import Case, Resource, key, moment
from referrals.models import PlanSide, PlanTopic
from referrals.operations import conversation, documents, plan

SIDE_CLASS = {"pain": ContentClass.PAIN, "trauma": ContentClass.MENTAL_HEALTH}


def add_consents(case: Case) -> None:
    record = case.content.get("consent") or {}
    if not record and not case.reading.closed:
        return
    written = record.get("written") or {}
    _consent(case, "consent-sharing", {
        "dateTime": written.get("signed_on") or record.get("obtained_on"),
        "provision": {
            "type": "permit",
            "period": {"end": written["expires_on"]} if written.get("expires_on") else None,
            "class": _classes(written.get("content_classes")),
        },
    })  # fmt: skip
    part2 = record.get("part2_consent") or {}
    if record.get("part2_source") == "yes" and part2:
        _consent(case, "consent-part-2", {
            "dateTime": part2.get("signed_on"),
            "provision": {
                "type": "permit",
                "period": {"end": part2["expires_on"]} if part2.get("expires_on") else None,
                "securityLabel": [codes.coding(codes.ACT_CODE, disclosure.PART_2)],
            },
        }, part2=True)  # fmt: skip


def _consent(case: Case, name: str, body: Resource, *, part2: bool = False) -> None:
    provision = {
        **{k: v for k, v in body.pop("provision").items() if v},
        "purpose": [codes.coding(codes.ACT_REASON, "TREAT", "treatment")],
        "actor": [
            {"role": codes.concept(codes.coding(codes.ROLE_CODE, "IRCP")), "reference": one}
            for one in case.references("clinic")
        ],
    }
    active = not case.reading.closed and case.referral.consent_revoked_at is None
    case.add(name, "Consent", {
        "status": "active" if active else "inactive",
        "scope": codes.concept(codes.coding(codes.CONSENT_SCOPE, "patient-privacy")),
        "category": [
            codes.concept(codes.coding(codes.ACT_CODE, "IDSCL")),
            codes.concept(codes.coding(codes.LOINC, "59284-0")),
        ],
        "patient": case.patient, "organization": case.references("practice"),
        "policyRule": codes.concept(codes.coding(codes.CONSENT_POLICY, "hipaa-auth")),
        **body, "provision": provision,
    }, ContentClass.IDENTITY, part2=part2)  # fmt: skip


def _classes(named: list[str] | None) -> list[Resource]:
    return [codes.coding(codes.local("content-class"), name) for name in named or []]


def add_care_team(case: Case) -> None:
    """One team across practice and clinic, as far as the reader may know of it."""
    if case.reading.closed:
        return
    roles = dict(TEAM_ROLE)
    named = [
        _member(case.reference(name), words)
        for name, words in (("referrer", "Referring clinician"), ("reviewer", "Reviewer"),
                            ("licensed-reviewer", "Licensed reviewer"))
        if name in case.resources
    ]  # fmt: skip
    named += [_member(one, "Invited clinician") for one in case.named("invited-")]
    named += [_member(one, "Family or friend") for one in case.named("family-")]
    named += [
        _member({"display": str(one.get("name") or one.get("organisation") or "Not named")},
                roles.get(one.get("role") or "", "Other"))
        for one in case.content.get("care_team") or []
    ]  # fmt: skip
    case.add("care-team", "CareTeam", {
        "status": "active", "name": "Care team across practice and clinic",
        "subject": case.patient, "participant": named,
        "managingOrganization": case.references("practice", "clinic"),
    }, ContentClass.IDENTITY)  # fmt: skip


def _member(who: Resource, words: str) -> Resource:
    return {"role": [codes.concept(text=words)], "member": who}


def add_plan(case: Case) -> None:
    """One plan for both conditions, each contribution with who and when."""
    if case.reading.closed:
        return
    rows = plan.read(case.referral, by=case.actor)
    goals = [one.text for one in rows if one.side == PlanSide.GOALS]
    asked = (case.content.get("request") or {}).get("goals")
    for n, words in enumerate([*([asked] if asked else []), *goals]):
        case.add(f"goal-{n}", "Goal", {
            "lifecycleStatus": "proposed", "description": codes.concept(text=words),
            "subject": case.patient, "expressedBy": case.reference("patient"),
        }, ContentClass.IDENTITY)  # fmt: skip
    activities = [_activity(one) for one in rows if one.side != PlanSide.GOALS]
    if not activities and not case.named("goal-"):
        return
    case.add("plan", "CarePlan", {
        "status": "active" if case.referral.is_open else "completed", "intent": "plan",
        "title": "One plan for both conditions", "subject": case.patient,
        "careTeam": case.references("care-team"), "addresses": case.named("condition-"),
        "goal": case.named("goal-"), "activity": activities,
    }, *(SIDE_CLASS[one.side] for one in rows if one.side in SIDE_CLASS))  # fmt: skip


def _activity(one: Any) -> Resource:
    words = PlanSide(one.side).label
    if one.topic:
        words = f"{words}: {PlanTopic(one.topic).label}"
    return {
        "progress": [
            {"authorString": one.author_name, "time": moment(one.written_at), "text": one.text}
        ],
        "detail": {"status": "in-progress", "code": codes.concept(text=words)},
    }  # fmt: skip


def add_documents(case: Case) -> None:
    base = f"{settings.BASE_URL}/api/v1/referrals/{case.referral.pk}/documents"
    for row in documents.listed(case.referral, by=case.actor):
        case.add(f"document-{key(row.pk)}", "DocumentReference", {
            "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{row.pk}"},
            "identifier": [{"system": codes.local("sha256"), "value": row.sha256}],
            "status": "current", "date": moment(row.added_at),
            "type": codes.concept(codes.coding(codes.LOINC, "57133-1", "Referral note")),
            "subject": case.patient,
            "content": [{"attachment": {
                "contentType": row.media_type, "size": row.size, "url": f"{base}/{row.pk}/",
                "title": row.name, "creation": moment(row.added_at),
            }}],
        }, ContentClass.DOCUMENTS, part2=True)  # fmt: skip


def add_messages(case: Case) -> None:
    for row in conversation.listed(case.referral, by=case.actor):
        case.add(f"message-{key(row.pk)}", "Communication", {
            "status": "completed", "subject": case.patient, "about": case.references("request"),
            "sent": moment(row.created_at), "sender": case.reference(row.side),
            "payload": [{"contentString": row.body}],
        }, ContentClass.IDENTITY)  # fmt: skip


def add_provenance(case: Case) -> None:
    """Who wrote and who sent; a delegate stands with the clinician for whom she typed."""
    row = case.referral
    recorded = moment(row.submitted_at or row.created_at)
    author = case.reference("referrer") or case.reference("practice")
    case.add("provenance", "Provenance", {
        "target": case.references("request"), "recorded": recorded,
        "agent": [
            _agent(codes.PARTICIPANT, "author", author, case.reference("practice")),
            _agent(codes.US_PARTICIPANT, "transmitter", case.reference("practice"), None),
        ],
    })  # fmt: skip


def _agent(system: str, code: str, who: Resource, behalf: Resource | None) -> Resource:
    found = {"type": codes.concept(codes.coding(system, code)), "who": who}
    return {**found, "onBehalfOf": behalf} if behalf and behalf != who else found
