"""Who refers, and where to: the answers that stand on the referral's own row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from portal.forms import from_serializer_words as words
from portal.forms.from_serializer import OneOf
from portal.forms.from_serializer_typing import us_phone
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Invalid
from referrals.models import ClinicianProfile, Membership, Organisation, Origin, Referral, Service
from referrals.operations import parties

ORIGINS = (("fax", "Fax"), ("phone", "Phone"), ("paper", "Paper"))
POINTERS = {
    "/clinic": "clinic",
    "/service": "service",
    "/practice": "referrer",
    "/referring_clinician/id": "referrer",
    "/referring_clinician": "referrer",
    "/referring_clinician/after_hours_phone": "after_hours_phone",
    "/origin": "origin",
    "/received_on": "received_on",
}


class HeaderField(forms.Field):
    def validate(self, value: Any) -> None:
        """Nothing: the operation's own checks judge."""


class HeaderForm(forms.Form):
    """Clinic, evaluation, the clinician who refers, and where to reach them after hours."""

    use_required_attribute = False

    def __init__(self, actor: Actor, referral: Referral | None, *, data: Any = None) -> None:
        super().__init__(data)
        self.actor, self.referral = actor, referral
        self.referrers = referrer_choices(actor, referral)
        self.good: dict[str, Any] = {}
        self._add_fields()
        self._fill()

    @property
    def types_in(self) -> bool:
        """True where somebody at the clinic types in what came by paper, fax or phone."""
        if self.referral is not None:
            return self.referral.origin not in (Origin.PORTAL, Origin.API)
        return not self.actor.organisations(Role.RC, Role.RD)

    # --- Building -------------------------------------------------------------------------

    def _add_fields(self) -> None:
        if self.types_in and self.referral is None:
            self.fields["origin"] = HeaderField(
                label="How did it come?", widget=OneOf(choices=ORIGINS, attrs=ROW)
            )
        if self.types_in:
            self.fields["received_on"] = HeaderField(
                label="Received on",
                help_text="The day on which it came in. The clocks begin when you send it.",
                widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            )
        if len(self.referrers) > 1 or self.types_in or self._writes_for_others():
            self.fields["referrer"] = HeaderField(
                label="Referring clinician",
                help_text=self._about_referrer(),
                widget=forms.Select(choices=[("", "Choose one"), *_grouped(self.referrers)]),
            )
        self.fields["clinic"] = HeaderField(
            required=True, label="Clinic", widget=OneOf(choices=self._clinics())
        )
        self.fields["service"] = HeaderField(
            required=True,
            label="Evaluation",
            help_text="Every referral asks for an evaluation first.",
            widget=OneOf(choices=self._services()),
        )
        self.fields["after_hours_phone"] = HeaderField(
            required=True,
            label="After-hours number of the referring clinician",
            help_text="For danger and urgent questions alone."
            + ("" if self.referral else " Empty: the number of their profile."),
            widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "size": 20}),
        )

    def _writes_for_others(self) -> bool:
        return not self._is_own_choice()

    def _about_referrer(self) -> str | SafeString:
        if self.types_in and self.referral is None:
            return format_html(
                'Not in the list? <a href="{}">Write down a practice and its clinician</a> first.',
                reverse("record-practice"),
            )
        return "" if self._is_own_choice() else "Both names are kept: theirs and yours."

    def _is_own_choice(self) -> bool:
        return all(str(self.actor.user_id) in value for value, *_ in self.referrers)

    def _clinics(self) -> list[tuple[str, str]]:
        clinics = Organisation.objects.filter(kind="clinic", active=True).order_by("name")
        if self.types_in:
            clinics = clinics.filter(pk__in=self.actor.organisations(Role.CO))
        return [(clinic.slug, clinic.name) for clinic in clinics]

    def _services(self) -> list[tuple[str, str]]:
        found = Service.objects.filter(active=True, clinic__active=True).order_by("pk")
        return list({service.code: (service.code, service.name) for service in found}.values())

    def _fill(self) -> None:
        if self.referral is None:
            own = self._clinics()
            if len(own) == 1:
                self.initial["clinic"] = own[0][0]
            self.initial["after_hours_phone"] = self._own_number()
            return
        self.initial.update(
            clinic=self.referral.clinic.slug if self.referral.clinic else "",
            service=self.referral.service.code if self.referral.service else "",
            after_hours_phone=us_phone(self.referral.after_hours_phone),
            referrer=f"{self.referral.practice_id}:{self.referral.referring_clinician_id}",
        )
        if "received_on" in self.fields:
            self.initial["received_on"] = (
                self.referral.received_on.isoformat() if self.referral.received_on else ""
            )

    def propose(self, referrer: str) -> None:
        """The clinician who was just written down stands chosen."""
        if "referrer" in self.fields and referrer in {value for value, *_ in self.referrers}:
            self.initial["referrer"] = referrer

    def _own_number(self) -> str:
        """The number of the profile, where people write in their own name."""
        if "referrer" in self.fields or not self.referrers:
            return ""
        me = self.actor.user_id
        profile = ClinicianProfile.objects.filter(user_id=me).first() if me else None
        return us_phone(profile.after_hours_phone) if profile else ""

    # --- Reading --------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        typed = self.header()
        try:
            self.good = dict(parties.split(typed)[1])
        except Invalid as refused:
            self._keep_good(typed, refused)
        self._check_service()
        if self._needs_referrer() and not self._typed("referrer"):
            self.add_error("referrer", "Choose the clinician who refers.")
        if "origin" in self.fields and not self._typed("origin"):
            self.add_error("origin", "Choose how it came.")
        return self.cleaned_data

    def _needs_referrer(self) -> bool:
        return "referrer" in self.fields and self.referral is None

    def header(self) -> dict[str, Any]:
        """What was typed, in the operation's write shape."""
        typed: dict[str, Any] = {"clinic": self._typed("clinic"), "service": self._typed("service")}
        if "origin" in self.fields and self._typed("origin"):
            typed["origin"] = self._typed("origin")
        if "received_on" in self.fields and (
            self.referral is not None or self._typed("received_on")
        ):
            typed["received_on"] = self._typed("received_on")
        practice, _, clinician = (self._typed("referrer") or self._only_referrer()).partition(":")
        phone = self._typed("after_hours_phone")
        named = {"id": clinician} if clinician else {}
        if practice and self.referral is None:
            typed["practice"] = practice
        if phone:  # an empty field never takes a number away
            named["after_hours_phone"] = phone
        if named:
            typed["referring_clinician"] = named
        return typed

    def _only_referrer(self) -> str:
        if "referrer" in self.fields or self.referral is not None or not self.referrers:
            return ""
        return self.referrers[0][0]

    def _typed(self, name: str) -> Any:
        return (str(self[name].data or "").strip() if name in self.fields else "") or None

    def _keep_good(self, typed: dict[str, Any], refused: Invalid) -> None:
        for fault in refused.errors:
            self.add_fault(fault)
            part = fault.pointer.split("/")[1]
            if part == "referring_clinician" and part in typed:
                typed[part].pop(fault.pointer.split("/")[-1], None)
            else:
                typed.pop(part, None)
        self.good = dict(parties.split(typed)[1])

    def _check_service(self) -> None:
        slug, code = self.good.get("clinic"), self.good.get("service")
        if slug and slug not in dict(self._clinics()):
            self.add_error("clinic", "Choose a clinic from the list.")
            self.good.pop("clinic")
            self.good.pop("service", None)
        elif code and not slug:
            self.add_error("clinic", "Choose the clinic, then the evaluation.")
            self.good.pop("service")
        elif (
            code and not Service.objects.filter(clinic__slug=slug, code=code, active=True).exists()
        ):
            self.add_error("service", "This clinic does not offer it. Choose another evaluation.")
            self.good.pop("service")

    def add_fault(self, fault: FieldError) -> None:
        name = POINTERS.get(fault.pointer)
        self.add_error(name if name in self.fields else None, words.error(None, fault, ""))

    def changes(self) -> dict[str, Any]:
        """What differs from the draft's row, in the operation's write shape."""
        if self.referral is None:
            return {k: v for k, v in self.good.items() if v is not None}
        changed: dict[str, Any] = {
            name: self.good[name]
            for name in ("clinic", "service", "received_on")
            if name in self.good
            and name in self.initial
            and str(self.good[name] or "") != self.initial[name]
        }
        named: Mapping[str, Any] = self.good.get("referring_clinician") or {}
        person = {
            key: value
            for key, value in named.items()
            if str(value or "") != str(self._now(key) or "")
        }
        if person:
            changed["referring_clinician"] = person
        return changed

    def _now(self, key: str) -> Any:
        assert self.referral is not None
        return {
            "id": self.referral.referring_clinician_id,
            "after_hours_phone": self.referral.after_hours_phone,
        }[key]


ROW = {"class": "td-options--row"}
Choice = tuple[str, str, str]  # "practice:user", the person's name, the practice's name


def referrer_choices(actor: Actor, referral: Referral | None) -> list[Choice]:
    """The clinicians in whose name this person may write."""
    seats = Membership.objects.in_force().filter(_can_refer(actor), role=Role.RC)
    if referral is not None:
        seats = seats.filter(organisation_id=referral.practice_id)
        if Role.RD not in actor.roles_at(referral.practice_id) and Role.RC in actor.roles_at(
            referral.practice_id
        ):
            seats = seats.filter(user_id__in=_own(actor, referral))
    elif own := actor.organisations(Role.RC, Role.RD):
        for_others = Q(organisation_id__in=actor.organisations(Role.RD))
        seats = seats.filter(Q(user_id=actor.user_id) | for_others, organisation_id__in=own)
    elif not actor.organisations(Role.CO):
        return []
    rows = seats.select_related("user", "organisation").order_by(
        "organisation__name", "user__full_name"
    )
    return [
        (f"{s.organisation_id}:{s.user_id}", s.user.full_name, str(s.organisation)) for s in rows
    ]


def _can_refer(actor: Actor) -> Q:
    """People who sign in, and those whom this person's clinic wrote down."""
    written_down = Q(organisation__recorded_by__in=actor.organisations(Role.CO))
    return Q(user__is_active=True, organisation__recorded_by__isnull=True) | written_down


def _own(actor: Actor, referral: Referral) -> set[UUID]:
    return {pk for pk in (actor.user_id, referral.referring_clinician_id) if pk}


def _grouped(choices: list[Choice]) -> list[Any]:
    """One group for each practice where there are several, else the plain list."""
    practices = list(dict.fromkeys(practice for *_, practice in choices))
    if len(practices) < 2:
        return [(value, label) for value, label, _ in choices]
    return [
        (escape(practice), [(v, label) for v, label, p in choices if p == practice])
        for practice in practices
    ]
