"""Where the person's last referral went: offered beside the empty choice, taken by a button.

Nothing is chosen before somebody presses it, and what was chosen already stays without it.
"""

from __future__ import annotations

from django.http import QueryDict

from portal.forms.steps_form import StepForm
from portal.forms.steps_header import HeaderForm
from referrals.actors import Actor
from referrals.models import Referral
from referrals.operations import prefill

GO = "last"


def offered(form: StepForm, *, by: Actor) -> Referral | None:
    """The last referral, while clinic or evaluation of this one is still to be chosen."""
    header = form.header
    if header is None or header.types_in or (_chosen(header, "clinic", "service")):
        return None
    return prefill.last_sent(by=by)


def _chosen(header: HeaderForm, *names: str) -> bool:
    return all(header[name].value() for name in names)


def taken(data: QueryDict, *, by: Actor) -> QueryDict:
    """What was posted, with clinic and evaluation of the last referral where that was pressed."""
    last = prefill.last_sent(by=by) if data.get("go") == GO else None
    if last is None or last.clinic is None or last.service is None:
        return data
    filled = data.copy()
    filled["clinic"], filled["service"] = last.clinic.slug, last.service.code
    if not filled.get("referrer"):
        filled["referrer"] = f"{last.practice_id}:{last.referring_clinician_id}"
    return filled
