"""What stands beside the form: what the rules make of the answers that are kept so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from portal.presenters import findings
from portal.presenters.findings import Findings
from referrals import disclosure
from referrals.actors import Actor
from referrals.models import Referral
from referrals.operations import facts

TEMPLATE = "pages/wizard/beside.html"


@dataclass(frozen=True, slots=True)
class Beside:
    """`full` is for clinicians; others read the priority and whether a clinician is needed."""

    found: Findings
    full: bool
    mme: dict[str, Any] | None


def of_draft(referral: Referral | None, actor: Actor) -> Beside | None:
    if referral is None:
        return None
    whole = facts.assess(referral)
    shown = disclosure.assessment_for(referral, actor, whole)
    if shown is None:
        return None
    full = shown["dual_diagnosis"]["profile"] is not None
    return Beside(findings.now(shown, referral.content.as_dict()), full, shown["mme"])


def html(referral: Referral, actor: Actor) -> str:
    """The same for the page that is already open, after an autosave."""
    return render_to_string(TEMPLATE, {"found": of_draft(referral, actor)})
