"""A practice that does not work with the portal, and a clinician of it, as a form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from portal.accounts.forms import STATES
from referrals.errors import Invalid
from referrals.models import ClinicianKind, Organisation
from referrals.operations.practices import Recorded

NEW = ""
CHOOSE = {"required": "Choose one.", "invalid_choice": "Choose one."}


class PracticeForm(forms.Form):
    use_required_attribute = False
    practice = forms.ChoiceField(label="Practice", required=False, error_messages=CHOOSE)
    practice_name = forms.CharField(label="Name of the practice", max_length=120, required=False)
    practice_phone = forms.CharField(
        label="Phone of the practice", max_length=30, required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )  # fmt: skip
    state = forms.ChoiceField(
        label="State", choices=[(s, s) for s in STATES], initial="FL", required=False
    )
    clinician_name = forms.CharField(
        label="Name of the referring clinician", max_length=120,
        error_messages={"required": "Write the clinician's name."},
    )  # fmt: skip
    kind = forms.ChoiceField(label="Profession", choices=ClinicianKind.choices)
    npi = forms.CharField(
        label="NPI", max_length=10, required=False, help_text="10 digits, where it is known."
    )
    after_hours_phone = forms.CharField(
        label="After-hours phone", max_length=30, required=False,
        help_text="For danger and urgent questions alone.",
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, clinic_id: UUID) -> None:
        super().__init__(data)
        known = Organisation.objects.filter(recorded_by_id=clinic_id, active=True).order_by("name")
        listed = [(str(o.pk), o.name) for o in known]
        self.fields["practice"].choices = [(NEW, "A new one"), *listed]  # type: ignore[attr-defined]
        if not listed:
            self.fields["practice"].widget = forms.HiddenInput()

    def given(self) -> dict[str, Any]:
        """What was typed, in the operation's shape; blanks are left out."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def refuse(self, refused: Invalid) -> None:
        for fault in refused.errors:
            name = fault.pointer.strip("/")
            self.add_error(name if name in self.fields else None, fault.detail)


assert set(PracticeForm.base_fields) == set(Recorded().fields)
