"""Forms of sign-in and of the account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm as AllauthAddWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from portal.accounts.models import User
from referrals.actors import CLINIC_ROLES, PRACTICE_ROLES, ROLE_LABELS, Role
from referrals.models import ClinicianKind, Organisation
from referrals.npi import validate_npi

STATES = [
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN",
    "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH",
    "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT",
    "VT", "VA", "WA", "WV", "WI", "WY", "PR", "GU", "VI", "AS", "MP",
]  # fmt: skip
CLINICIAN_ROLES = frozenset({Role.RC, Role.CL})
# Nobody invites a partner system, the privacy officer or the portal itself from a page.
INVITABLE: dict[str, list[Role]] = {
    "practice": [r for r in Role if r in PRACTICE_ROLES],
    "clinic": [r for r in Role if r in CLINIC_ROLES and r is not Role.PS],
}
TOKEN_DAYS = [(30, "30 days"), (90, "90 days"), (365, "One year")]
e164 = RegexValidator(
    r"\A\+[1-9]\d{7,14}\Z", "Write the number with + and the country code, like +14075550123."
)


class LoginForm(AllauthLoginForm):
    """allauth's, with the words of this portal and no box for staying signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"].label = "E-mail address"
        self.fields["login"].widget.attrs.update(autocomplete="username", inputmode="email")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""


def _choices(form: forms.Form, name: str) -> forms.ChoiceField:
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} has no choices")
    return field


class AddPasskeyForm(AllauthAddWebAuthnForm):
    """allauth's, in plain words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "So that you know it again, like: work laptop."
        self.fields["passwordless"].label = "Sign in with it alone, without a password"
        self.fields["passwordless"].help_text = "The device then asks for fingerprint, face or PIN."


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["full_name"]
        labels = {"full_name": "Your name"}
        help_texts = {"full_name": "As colleagues at the practice and the clinic know you."}


class InviteForm(forms.Form):
    organisation = forms.ChoiceField(label="Organization")
    email = forms.EmailField(label="E-mail address", max_length=254)
    roles = forms.MultipleChoiceField(
        label="Roles", widget=forms.CheckboxSelectMultiple, choices=()
    )

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisations = {str(o.pk): o for o in organisations}
        kinds = {o.kind for o in organisations}
        roles = [r for kind in sorted(kinds) for r in INVITABLE[kind]]
        _choices(self, "organisation").choices = [
            (k, o.name) for k, o in self.organisations.items()
        ]
        _choices(self, "roles").choices = [(r.value, ROLE_LABELS[r]) for r in roles]
        if len(organisations) == 1:
            self.fields["organisation"].initial = str(organisations[0].pk)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = self.organisations.get(data.get("organisation", ""))
        if chosen and not set(data.get("roles", [])) <= {r.value for r in INVITABLE[chosen.kind]}:
            self.add_error("roles", "Choose roles that this organization has.")
        return data


class AcceptForm(forms.Form):
    full_name = forms.CharField(label="Your name", max_length=120)
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Several words are good; paste and managers work.",
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        person = User(email=self.email, full_name=self.cleaned_data.get("full_name", ""))
        validate_password(password, person)
        return password


class AcceptClinicianForm(AcceptForm):
    """For those who refer or decide: kind and licence, and the NPI of those who have one."""

    kind = forms.ChoiceField(label="Profession", choices=ClinicianKind.choices)
    npi = forms.CharField(
        label="NPI", max_length=10, required=False, validators=[validate_npi],
        help_text="10 digits. Leave it empty if your profession has none.",
    )  # fmt: skip
    licence_number = forms.CharField(label="License number", max_length=30)
    licence_state = forms.ChoiceField(label="License state", choices=[(s, s) for s in STATES])
    after_hours_phone = forms.CharField(
        label="After-hours phone", max_length=20, required=False, validators=[e164],
        help_text="Where the clinic reaches you in an emergency, like +14075550123.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        prescribers = {ClinicianKind.PHYSICIAN, ClinicianKind.NP, ClinicianKind.PA}
        if data.get("kind") in prescribers and not data.get("npi") and "npi" not in self.errors:
            self.add_error("npi", ValidationError("Write your NPI: your profession has one."))
        return data


class TokenForm(forms.Form):
    name = forms.CharField(
        label="What is it for", max_length=60, help_text="For example: export to our EHR."
    )
    days = forms.TypedChoiceField(label="Ends after", choices=TOKEN_DAYS, coerce=int, initial=90)
