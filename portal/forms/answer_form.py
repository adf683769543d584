"""The form that answers the clinic's request: each item in its own place of the referral."""

from __future__ import annotations

from typing import Any

from django.forms import FileField

from portal.forms.action_forms import NESTED, ActionForm, form_field
from portal.forms.from_serializer import Path
from portal.forms.instruments import GRIDS, TOTALS
from portal.forms.steps import Group, Step
from portal.forms.steps_form import Shown, StepForm
from referrals import content
from referrals.lifecycle.inputs import inputs_of

PARTS = ("answer", "declined_because")
IN_PLACE = "Answered in the referral"
BY_FILE = "Answered by a file"
# Where a listed item is answered; the codes that the rules find missing name their own place.
LISTED: dict[str, tuple[Path, ...]] = {
    "medications": (("medical", "medications"),),
    "allergies": (("medical", "allergies"),),
    "vitals": (("medical", "blood_pressure"), ("medical", "heart_rate"), ("medical", "weight_kg"),
               ("medical", "height_cm")),
    "pain_history": (("pain", "treatments"),),
    "trauma_history": (("trauma", "therapies"),),
    "substance_use": (("substance", "drug_use"), ("substance", "treatment")),
    "mental_health_history": (("mental_health", "hospitalized"),),
    "insurance": (("patient", "insurance"),),
    "contact_details": (("patient", "phone"), ("patient", "ok_to_leave_message")),
}  # fmt: skip
LISTED_SCALES = {"safety_screen": "c-ssrs"}


def place_of(code: str) -> tuple[tuple[Path, ...], str]:
    """Where an item is answered: paths of the content, or the name of a scale."""
    if code in LISTED:
        return LISTED[code], ""
    section, _, name = code.partition(".")
    scale = LISTED_SCALES.get(code) or (name if section == "instruments" else "")
    if scale in GRIDS or scale in TOTALS:
        return (), scale
    if section not in content.SECTIONS or section in content.LISTS:
        return (), ""
    known = name in content.SECTIONS[section]().fields
    return (((section, name),), "") if known else ((), "")


def step_for(codes: dict[str, str]) -> Step:
    """One group for each item that has a place; a place is shown once."""
    groups, seen = [], set[Any]()
    for key, code in codes.items():
        paths, scale = place_of(code)
        new = tuple(path for path in paths if path not in seen)
        scales = (scale,) if scale and scale not in seen else ()
        seen.update(new, scales)
        grid = tuple(name for name in scales if name in GRIDS)
        groups.append(Group(key, new, grid, tuple(n for n in scales if n not in grid)))
    return Step("answers", "Answers", tuple(groups))


class ProvideInfoForm(ActionForm):
    """Each item that the clinic asked for, answered in place, in words, by a file, or not."""

    def build(self) -> None:
        answers: Any = inputs_of(self.action)().fields["answers"]
        for key, _, _ in self.ask.items:
            for part in PARTS:
                f = form_field(answers.child.fields[part])
                f.required = False
                if part == "answer":
                    f.label, f.widget.attrs["rows"] = "In your own words", 2
                self.fields[f"{part}{NESTED}{key}"] = f
            self.fields[f"files{NESTED}{key}"] = FileField(required=False)
        self.place = self._place()

    def _place(self) -> StepForm | None:
        if self.ask.referral is None:
            return None
        data = self.data if self.is_bound else None
        step = step_for({key: self.ask.codes[key] for key, _, _ in self.ask.items})
        more = str(data.get("add", "")) if data is not None else ""
        return StepForm(step, self.ask.actor, self.ask.referral, data=data, more_rows=more)

    def is_valid(self) -> bool:
        placed = self.place is None or (self.place.is_valid() and not self.place.fault_count)
        return super().is_valid() and placed

    # --- Showing --------------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        shown = {one.group.title: one for one in self.place.groups()} if self.place else {}
        return [
            {
                "number": number, "key": key, "label": label, "note": note,
                "shown": shown.get(key), "wide": _is_wide(shown.get(key)),
                "answer": self[f"answer{NESTED}{key}"],
                "declined": self[f"declined_because{NESTED}{key}"],
                "files": self.ask.files.get(key, ()),
            }
            for number, (key, label, note) in enumerate(self.ask.items, start=1)
        ]  # fmt: skip

    # --- What was answered ----------------------------------------------------------------

    def changes(self) -> dict[str, Any]:
        return self.place.changes() if self.place else {}

    def changed_items(self) -> set[str]:
        """The items whose place in the referral holds something new now."""
        if self.place is None:
            return set()
        before = self.place.content
        changed = content.changed_names(before, content.merge(before, self.changes()))
        scales = {scale.key for scale in self.place.scales if scale.differs()}
        found = set()
        for group in self.place.step.groups:
            names = [".".join(path) for path in group.paths]
            placed = any(c == n or c.startswith(f"{n}.") for n in names for c in changed)
            if placed or scales & {*group.scales, *group.totals}:
                found.add(group.title)
        return found

    def payload(self) -> dict[str, Any]:
        placed = self.changed_items()
        return {"answers": [self._answer(key, placed) for key, _, _ in self.ask.items]}

    def _answer(self, key: str, placed: set[str]) -> dict[str, Any]:
        typed = self.cleaned_data.get(f"answer{NESTED}{key}") or ""
        why_not = self.cleaned_data.get(f"declined_because{NESTED}{key}") or ""
        if not typed and key in placed:
            typed = IN_PLACE
        elif not typed and (key in self.ask.arriving or self.ask.files.get(key)):
            typed = BY_FILE
        return {"item": key, "answer": typed or None, "declined_because": why_not or None}

    # --- Refusals -------------------------------------------------------------------------

    def refuse(self, errors: Any) -> None:
        errors = list(errors)
        for error in errors:
            if self.place and error.pointer.strip("/").split("/")[0] in content.SECTIONS:
                self.place.add_fault(error)
        super().refuse(
            e for e in errors if e.pointer.strip("/").split("/")[0] not in content.SECTIONS
        )

    def field_at(self, pointer: str) -> str | None:
        parts = pointer.strip("/").split("/")
        if len(parts) == 3 and parts[0] == "answers":
            return f"{parts[2]}{NESTED}{self.ask.items[int(parts[1])][0]}"
        return None


def _is_wide(shown: Shown | None) -> bool:
    """Lists and scales take the whole width."""
    return bool(shown and (shown.scales or shown.totals or any(
        hasattr(part, "entries") for part in shown.parts
    )))  # fmt: skip
