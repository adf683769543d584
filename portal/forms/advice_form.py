"""Asking a clinic without a referral: the operation's own input, laid out."""

from __future__ import annotations

from portal.forms.action_forms import ActionForm, Ask, Choices, fields_of
from referrals.actors import Actor, Role
from referrals.lifecycle import Action
from referrals.models import Membership, Organisation, Service
from referrals.operations.asking_advice import AdviceInput

GROUPS = (
    ("", ("clinic", "service", "practice", "clinician", "topic", "question")),
    ("Both conditions, in short", ("pain", "ptsd_status")),
    ("The patient, if the question needs it", (
        "patient__given_name", "patient__family_name", "patient__birth_date",
        "patient__sex_for_clinical_use", "patient_agrees_in_writing",
    )),
)  # fmt: skip
HINTS = {
    "question": "No session notes and no trauma narrative. What you write here becomes the "
    "reason of the referral, if one comes of it.",
    "patient__given_name": "You can ask without naming anybody.",
    "patient_agrees_in_writing": "Needed where a therapist or a psychologist gives a name or a "
    "birth date.",
    "pain": "Where, since when, what was tried.",
}


class AdviceForm(ActionForm):
    """`payload()` is the input of operations.asking_advice.ask."""

    def __init__(self, actor: Actor, data: object = None) -> None:
        self.actor = actor
        # A clinician asks for themselves, unless they choose a colleague.
        first = {"clinician": str(actor.user_id)} if actor.organisations(Role.RC) else {}
        ask = Ask(choices=_choices(actor), initial=first)
        super().__init__(data, action=Action.CREATE, ask=ask)

    def build(self) -> None:
        found = fields_of(AdviceInput(), self.ask.choices)
        for name in ("practice", "clinician"):
            options = self.ask.choices[name]
            if len(options) < 2 and not (name == "clinician" and options and not self._is_rc()):
                del found[name]
        for name, words in HINTS.items():
            found[name].help_text = words
        self.fields.update(found)

    def _is_rc(self) -> bool:
        return bool(self.actor.organisations(Role.RC))

    def groups(self) -> list[tuple[str, list]]:
        return [(title, [self[n] for n in names if n in self.fields]) for title, names in GROUPS]


def _choices(actor: Actor) -> dict[str, Choices]:
    mine = actor.organisations(Role.RC, Role.RD)
    clinics = Organisation.objects.filter(kind="clinic", active=True).order_by("name")
    services = Service.objects.filter(active=True, clinic__active=True).order_by("name")
    seats = Membership.objects.in_force().filter(
        organisation_id__in=mine, role=Role.RC, user__is_active=True
    )
    people = seats.order_by("user__full_name").values_list("user_id", "user__full_name")
    practices = Organisation.objects.filter(pk__in=mine).order_by("name")
    return {
        "clinic": list(clinics.values_list("slug", "name")),
        "service": list(dict(services.values_list("code", "name")).items()),
        "clinician": [(str(pk), name) for pk, name in dict(people).items()],
        "practice": [(str(pk), name) for pk, name in practices.values_list("pk", "name")],
    }
