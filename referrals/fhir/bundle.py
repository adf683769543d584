"""The Bundle: every resource that this reader may have, and the labels of all of them."""

from __future__ import annotations

from typing import Any

from referrals import clock, disclosure
from referrals.actors import Actor
from referrals.fhir import agreement, findings, people, workflow
from referrals.fhir.case import Case, moment
from referrals.models import Referral


def bundle_of(referral: Referral, actor: Actor) -> dict[str, Any]:
    """A FHIR R4 collection Bundle of one referral, as the actor may read it now.

    Where consent has closed the content, the workflow is left: who referred to whom, and
    where that stands, about a patient whom it does not name.
    """
    case = Case(referral, actor)
    people.add_organisations(case)
    people.add_clinicians(case)
    people.add_patient(case)
    people.add_family(case)
    findings.add_conditions(case)
    findings.add_instruments(case, disclosure.instruments_for(referral, actor))
    findings.add_medical(case)
    agreement.add_documents(case)
    agreement.add_consents(case)
    agreement.add_care_team(case)
    agreement.add_plan(case)
    workflow.add_request(case)
    workflow.add_task(case)
    findings.add_flags(case)
    agreement.add_messages(case)
    agreement.add_provenance(case)
    return {
        "resourceType": "Bundle",
        "id": case.id_of("bundle"),
        "meta": {"security": _labels(case)},
        "type": "collection",
        "timestamp": moment(clock.now()),
        "entry": [
            {"fullUrl": f"urn:uuid:{one['id']}", "resource": one}
            for one in case.resources.values()
        ],
    }  # fmt: skip


def _labels(case: Case) -> list[dict[str, str]]:
    """A Bundle is as sensitive as the most sensitive of what it holds."""
    listed = (label for one in case.resources.values() for label in one["meta"]["security"])
    return list({(label["system"], label["code"]): label for label in listed}.values())
