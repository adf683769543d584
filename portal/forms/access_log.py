"""What the privacy officer may ask of the access log."""

from __future__ import annotations

from django import forms


class AccessLogForm(forms.Form):
    reference = forms.CharField(
        required=False, max_length=20, label="Referral's reference",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 14}),
    )  # fmt: skip
    email = forms.EmailField(required=False, label="Person's e-mail address")
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
