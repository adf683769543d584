"""What a clinic's administrator types about a partner's system."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations import discarding, public_jwk, registry
from integrations.public_jwk import KeyRefused, PrivateKeyGiven, PublicKey
from portal.accounts.partners import SCOPES
from portal.catalogue.presenting import in_html
from referrals import event_words
from referrals.api.security import SCOPES as SCOPE_WORDS
from referrals.models import Organisation

Choice = tuple[str, SafeString]


def event_choices() -> list[tuple[str, list[Choice]]]:
    """The events by what they are about, each with what it says."""
    known = registry.registered()
    return [
        (about, [_choice(known[name]) for name in names])
        for about, names in event_words.GROUPS.items()
    ]


def _choice(event: registry.EventType) -> Choice:
    name = event.name.replace("_", " ").capitalize()
    words = in_html(event.summary)
    return event.name, format_html('{}<span class="td-option__more">{}</span>', name, words)


class EventsForm(forms.Form):
    events = forms.MultipleChoiceField(
        required=False, label="Events", widget=forms.CheckboxSelectMultiple,
        help_text="Leave all of them open for every event.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["events"].choices = event_choices()  # type: ignore[attr-defined]


class PartnerForm(EventsForm):
    clinic = forms.ChoiceField(label="Clinic")
    name = forms.CharField(
        label="Name", max_length=120, help_text="As people know it: Main Street EHR"
    )
    slug = forms.CharField(
        label="Short name", max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Its client id, its account and its queue are called so. Lower-case letters, "
        "digits and hyphens, for ever.",
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label="What it may do over the API", widget=forms.CheckboxSelectMultiple,
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES], initial=SCOPES,
    )  # fmt: skip

    field_order = ("clinic", "name", "slug", "scopes", "events")

    def __init__(self, *args: Any, clinics: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(clinic.pk), clinic.name) for clinic in clinics]
        self.fields["clinic"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["clinic"].initial = choices[0][0]


class ReplayForm(forms.Form):
    reference = forms.CharField(
        required=False, max_length=20, label="Referral's reference",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 14}),
        help_text="Leave it open for all referrals.",
    )  # fmt: skip
    since = forms.DateField(
        required=False, label="From this day on", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label="Until this day", widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day is before the first. Change one of them.")
        if not self.errors and not any(data.values()):
            raise forms.ValidationError("Give a reference, a day, or both.")
        return data


class DiscardForm(forms.Form):
    reason = forms.ChoiceField(
        label="Why", widget=forms.RadioSelect, choices=list(discarding.REASONS.items())
    )


class CommandKeysForm(forms.Form):
    keys = forms.CharField(
        label="Public key",
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        help_text="A JSON Web Key on Ed25519 with its kid, or a set of them, as the partner "
        "sent it. Never a private key.",
    )  # fmt: skip

    def clean_keys(self) -> list[PublicKey]:
        try:
            return public_jwk.read(self.cleaned_data["keys"])
        except KeyRefused as refused:
            if isinstance(refused, PrivateKeyGiven):
                # The one thing typed that is not shown again.
                self.data = {**self.data, self.add_prefix("keys"): ""}
            raise forms.ValidationError(str(refused)) from refused
