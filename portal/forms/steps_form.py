"""One step as a page shows it: its header, its answers and its scales, read and kept together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms import BoundField

from portal.forms.from_serializer import AnswersForm, Path, name_of, value_at
from portal.forms.instruments import ScaleForm, merged
from portal.forms.steps import FOR_PRESCRIBERS, Group, Step
from portal.forms.steps_header import HeaderForm
from referrals import clock, content
from referrals.actors import Actor
from referrals.assessment import submit_gaps
from referrals.errors import FieldError
from referrals.models import ClinicianProfile, Referral
from referrals.rules.consent import PRESCRIBERS


@dataclass
class Rows:
    """A list of entries, one fieldset each; `more` is the value of the button that adds one."""

    name: str
    label: str
    hint: str
    entries: list[list[BoundField]]


@dataclass
class Shown:
    """A group as the template draws it. `parts` are fields and lists, in order."""

    group: Group
    parts: list[BoundField | Rows] = field(default_factory=list)
    scales: list[ScaleForm] = field(default_factory=list)
    totals: list[ScaleForm] = field(default_factory=list)
    open: bool = False
    answered: int = 0


class StepForm:
    def __init__(
        self, step: Step, actor: Actor, referral: Referral | None, *,
        data: Any = None, more_rows: str = "", another: str = "",
    ) -> None:  # fmt: skip
        """What is on the referral's own row stays as it was sent, so only a draft shows it."""
        self.step, self.referral = step, referral
        self.content = referral.content.as_dict() if referral else {}
        zone = referral.practice.time_zone if referral else "America/New_York"
        sent = referral is not None and referral.submitted_at is not None
        has_header = any(group.header for group in step.groups) and not sent
        self.header = HeaderForm(actor, referral, data=data) if has_header else None
        self.left_out = _not_asked(actor, referral, self.content) & set(step.paths)
        self.paths = [path for path in step.paths if path not in self.left_out]
        self.answers = AnswersForm(
            self.paths, content=self.content, data=data, needed=needed_to_send(),
            time_zone=zone, more_rows=more_rows,
        )  # fmt: skip
        self.scales = [
            ScaleForm(
                name, content=self.content, data=data, grid=name in group.scales,
                another=name == another,
            )
            for group in step.groups
            for name in (*group.scales, *group.totals)
        ]  # fmt: skip
        self.another = another

    @property
    def forms(self) -> list[forms.Form]:
        return [form for form in (self.header, self.answers, *self.scales) if form]

    def is_valid(self) -> bool:
        return all([form.is_valid() for form in self.forms])

    @property
    def fault_count(self) -> int:
        return sum(len(texts) for form in self.forms for texts in form.errors.values())

    def changes(self) -> dict[str, Any]:
        """What is good of what was typed and differs from the draft, in the write shape."""
        body: dict[str, Any] = dict(self.answers.good)
        if self.scales:
            body["instruments"] = merged(self.scales, self.content)
        after = content.merge(self.content, body)
        changed = {name.split(".")[0] for name in content.changed_names(self.content, after)}
        kept = {name: value for name, value in body.items() if name in changed}
        return kept | (self.header.changes() if self.header else {})

    def add_fault(self, fault: FieldError) -> None:
        """A refusal of the operation, beside the field that it means."""
        first = fault.pointer.strip("/").split("/")[0]
        outside = first not in content.SECTIONS
        form = self.header if outside and self.header else self.answers
        form.add_fault(fault)

    # --- Two people, two windows ----------------------------------------------------------

    def base(self) -> str:
        """A fingerprint of what the draft holds on this step."""
        held: dict[str, Any] = {name_of(path): value_at(self.content, path) for path in self.paths}
        if self.scales:
            held["instruments"] = self.content.get("instruments")
        if self.header:
            held["header"] = self.header.initial
        text = json.dumps(held, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def differences(self) -> list[dict[str, str]]:
        """Where the typed answers differ from the stored ones, for the person to choose."""
        found = self.answers.differences()
        if self.header:
            found += [
                {"name": name, "label": str(field.label), "stored": _choice(field, stored)}
                for name, field in self.header.fields.items()
                if (self.header[name].data or "")
                != (stored := str(self.header.initial.get(name) or ""))
            ]
        found += [
            {"name": f"{s.key}-on", "label": s.instrument.title, "stored": ""}
            for s in self.scales
            if s.differs()
        ]
        return found

    # --- Showing --------------------------------------------------------------------------

    def groups(self) -> list[Shown]:
        scales = {scale.key: scale for scale in self.scales}
        shown = [self._shown(group, scales) for group in self.step.groups]
        return [one for one in shown if one.parts or one.scales or one.totals]

    def _shown(self, group: Group, scales: dict[str, ScaleForm]) -> Shown:
        shown = Shown(
            group,
            scales=[scales[name] for name in group.scales],
            totals=[scales[name] for name in group.totals],
        )
        if group.header and self.header:
            shown.parts += list(self.header)
        for path in group.paths:
            shown.parts += self._parts(name_of(path))
        shown.answered = sum(1 for part in _fields(shown.parts) if part.value())
        shown.answered += sum(1 for scale in (*shown.scales, *shown.totals) if scale.stored)
        asked = self.another in (*group.scales, *group.totals) if self.another else False
        shown.open = asked or _has_errors(shown) or self._added_in(shown) or self._opened(group)
        return shown

    def _parts(self, name: str) -> list[BoundField | Rows]:
        if name in self.answers.rows:
            return [self._rows(name)]
        if name in self.answers.fields:
            return [self.answers[name]]
        prefix = f"{name}-"
        return [self.answers[n] for n in self.answers.fields if n.startswith(prefix)]

    def _rows(self, name: str) -> Rows:
        path = name.split("-")
        source = content.section_field(path[0])
        if len(path) > 1:
            source = source.fields[path[1]]  # type: ignore[attr-defined]
        entries = [[self.answers[n] for n in names] for names in self.answers.rows[name]]
        label = str(source.label or "Care team")
        return Rows(name, label, str(source.help_text or ""), entries)

    def _opened(self, group: Group) -> bool:
        name, value = group.opens
        return bool(name) and self.answers[name].value() == value

    def _added_in(self, shown: Shown) -> bool:
        return any(
            isinstance(part, Rows) and part.name == self.answers.more_rows for part in shown.parts
        )


def _not_asked(actor: Actor, referral: Referral | None, held: Mapping[str, Any]) -> frozenset[Path]:
    """What a therapist cannot answer: left out, unless it has an answer already.

    A prescriber who completes a therapist's referral is asked all of it.
    """
    profile = getattr(referral.referring_clinician, "clinician", None) if referral else None
    if profile is None or profile.kind in PRESCRIBERS:
        return frozenset()
    if profile.user_id != actor.user_id and _prescribes(actor):
        return frozenset()
    return frozenset(path for path in FOR_PRESCRIBERS if value_at(held, path) in (None, [], {}))


def _prescribes(actor: Actor) -> bool:
    found = ClinicianProfile.objects.filter(user=actor.user_id, kind__in=PRESCRIBERS)
    return found.exists()


def needed_to_send() -> frozenset[str]:
    """Names of the fields that an empty referral would still need, by the rules themselves."""
    gaps = submit_gaps({}, clock.now().date())
    return frozenset(gap.pointer.strip("/").replace("/", "-") for gap in gaps) - {
        "safety-suicide_screen"  # one of three ways; the group says so
    }


def _choice(shown: forms.Field, value: str) -> str:
    choices = getattr(shown.widget, "choices", ())
    return str(dict(choices).get(value, value)) if choices else value


def _fields(parts: list[BoundField | Rows]) -> list[BoundField]:
    found: list[BoundField] = []
    for part in parts:
        if isinstance(part, Rows):
            found += [one for entry in part.entries for one in entry]
        else:
            found.append(part)
    return found


def _has_errors(shown: Shown) -> bool:
    return any(part.errors for part in _fields(shown.parts)) or any(
        scale.is_bound and scale.errors for scale in (*shown.scales, *shown.totals)
    )
