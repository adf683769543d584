"""The four steps of writing a referral: which answers stand where, in what order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.forms.from_serializer import Path
from referrals.instruments import INSTRUMENTS


@dataclass(frozen=True, slots=True)
class Group:
    """Answers under one heading.

    `look`: "" one below the other, "two" in two columns, "pain" or "trauma" for the two
    sides of a pair, "rows" for compact questions. `more` folds the group away; `opens` is
    the answer (field name, value) that unfolds it.
    """

    title: str
    paths: tuple[Path, ...] = ()
    scales: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    look: str = ""
    more: bool = False
    header: bool = False
    hint: str = ""
    opens: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Step:
    slug: str
    label: str
    groups: tuple[Group, ...] = ()

    @property
    def paths(self) -> list[Path]:
        return [path for group in self.groups for path in group.paths]


def _in(section: str, *names: str) -> tuple[Path, ...]:
    """Paths of a section; `name?` is followed by the reason why it is missing."""
    paths: list[Path] = []
    for name in names:
        paths.append((section, *name.rstrip("?").split(".")))
        if name.endswith("?"):
            paths.append((section, "absent_reasons", name.rstrip("?")))
    return tuple(paths)


def _absent(section: str, *names: str) -> tuple[Path, ...]:
    return tuple((section, "absent_reasons", name) for name in names)


PATIENT = Step(
    "patient",
    "Patient and consent",
    (
        Group("Where to", header=True),
        Group(
            "Patient",
            _in(
                "patient", "given_name", "family_name", "birth_date", "sex_for_clinical_use",
                "phone", "ok_to_leave_message", "state", "language", "interpreter",
            ),
            look="two",
        ),
        Group(
            "Consent",
            _in("consent", "patient_agrees", "obtained_on", "basis", "part2_source"),
            hint="Nothing is shared before you send.",
        ),
        Group(
            "Written consent",
            _in("consent", "written.signed_on", "written.signed_by", "written.evidence",
                "written.content_classes", "written.recipients", "written.purpose",
                "written.expires_on"),
            more=True,
            hint="Where the basis is a written consent.",
            opens=("consent-basis", "written"),
        ),
        Group(
            "Part 2 consent",
            _in("consent", "part2_consent"),
            more=True,
            hint="Where a part comes from a substance use program.",
            opens=("consent-part2_source", "yes"),
        ),
        Group(
            "More about the patient",
            _in("patient", "pronouns", "veteran", "emergency_contact", "capacity",
                "representative", "insurance", "address"),
            more=True,
            look="two",
        ),
        Group("Family or friends who may be told", _in("consent", "family"), more=True),
    ),
)  # fmt: skip

WHY = Step(
    "why",
    "Why now",
    (
        Group("Request", _in("request", "reason", "urgency", "goals")),
        Group(
            "Pain",
            _in("pain", "diagnoses", "problem", "onset", "sites", "mechanism", "function?",
                "treatments?"),
            look="pain",
        ),
        Group(
            "Trauma",
            _in("trauma", "ptsd_status", "diagnosed_on", "diagnosed_by", "diagnoses",
                "trauma_type", "therapies?"),
            look="trauma",
        ),
        Group(
            "After the evaluation",
            _in("request", "referrer_role_after", "report_to", "direct_line",
                "faster_option_reason", "lifestyle"),
            more=True,
        ),
        Group("Care team", (("care_team",), *_absent("request", "care_team")), more=True),
        Group("More about the pain", _in("pain", "procedures", "imaging"), more=True),
        Group(
            "More about trauma and mental health",
            (*_in("trauma", "complex_ptsd_note"),
             *_in("mental_health", "diagnoses", "sleep", "anxiety_is_reason",
                  "medication_tried", "antidepressants?")),
            more=True,
        ),
    ),
)  # fmt: skip

SAFETY = Step(
    "safety",
    "Safety",
    (
        Group("Danger", _in("safety", "danger_now")),
        Group(
            "Suicide screen",
            _in("safety", "suicide_screen"),
            scales=("c-ssrs", "phq-9"),
            hint="One of the two is enough to send: item 9 of the PHQ-9, or the C-SSRS.",
        ),
        Group(
            "What was done for safety",
            _in("safety", "action_taken", "action_by", "action_at", "safety_plan",
                "lethal_means_counseling"),
            more=True,
            opens=("safety-danger_now", "true"),
        ),
        Group("Pain now", _absent("pain", "peg"), scales=("peg",), look="pain"),
        Group(
            "Trauma now", _absent("trauma", "ptsd_screen"), scales=("pc-ptsd-5", "pcl-5"),
            look="trauma",
        ),
        Group(
            "Mental health history",
            _in("mental_health", "psychosis", "mania", "dissociation", "hospitalized",
                "last_discharge_on", "brain_injury"),
            look="rows",
            more=True,
        ),
        Group(
            "Substances",
            _in("substance", "drug_use", "last_use_on", "overdose_or_withdrawal",
                "overdose_or_withdrawal_on", "opioid_use", "opioids?", "pdmp_reviewed_on",
                "diagnoses?", "treatment?", "remission"),
            look="rows",
            more=True,
        ),
        Group(
            "Medical history",
            _in("medical", "k01", "k02", "k03", "k04", "k05", "k06", "k07", "k08", "k09",
                "liver_severity", "pregnancy", "breastfeeding", "hyperthyroidism_untreated",
                "respiratory", "seizures", "ketamine_history", "ketamine_heavy_use",
                "bladder_symptoms", "anesthesia_reactions", "diagnoses"),
            look="rows",
            more=True,
        ),
        Group(
            "Vital signs, medicines and tests",
            _in("medical", "blood_pressure", "absent_reasons.blood_pressure", "heart_rate?",
                "weight_kg?", "height_cm?", "medications?", "allergies?", "labs", "ecg",
                "ecg_on", "escort"),
            more=True,
        ),
        Group(
            "Other scales",
            (*_absent("mental_health", "phq-9", "gad-7"),
             *_absent("substance", "audit-c", "dast-10"), *_absent("safety", "c-ssrs")),
            scales=("gad-7", "audit-c", "nrs"),
            totals=("isi", "dast-10", "ort", "ort-oud"),
            more=True,
        ),
    ),
)  # fmt: skip

# Only those who prescribe and measure are asked; for a therapist the clinic obtains it.
FOR_PRESCRIBERS = frozenset(
    _in("medical", "blood_pressure", "heart_rate?", "weight_kg?", "height_cm?", "labs", "ecg",
        "ecg_on")
    + _absent("medical", "blood_pressure")
    + _in("substance", "pdmp_reviewed_on")
)  # fmt: skip

CHECK = Step("check", "Check and send")
STEPS: tuple[Step, ...] = (PATIENT, WHY, SAFETY, CHECK)

# --- The same answers section by section, in any order ----------------------------------------

SECTION_TITLES = (
    ("request", "Request"), ("patient", "Patient"), ("consent", "Consent"), ("pain", "Pain"),
    ("trauma", "Trauma"), ("mental_health", "Mental health"), ("safety", "Safety"),
    ("substance", "Substances"), ("medical", "Medical history and medicines"),
    ("instruments", "Scales"), ("care_team", "Care team"),
)  # fmt: skip


def home_of(path: Sequence[str]) -> str:
    """The section that a path belongs to; the reason for a missing scale stands with the scales."""
    if path[1:2] == ("absent_reasons",):
        if path[2] in INSTRUMENTS or path[2] == "ptsd_screen":
            return "instruments"
        if path[2] == "care_team":
            return "care_team"
    return path[0]


def _section(name: str, title: str) -> Step:
    groups = [
        replace(
            group,
            paths=tuple(path for path in group.paths if home_of(path) == name),
            scales=group.scales if name == "instruments" else (),
            totals=group.totals if name == "instruments" else (),
            look="rows" if group.look == "rows" else "",
            more=bool(group.opens[0]),
        )
        for step in STEPS
        for group in step.groups
        if not group.header
    ]
    kept = tuple(group for group in groups if group.paths or group.scales or group.totals)
    return Step(f"section-{name.replace('_', '-')}", title, kept)


SECTIONS: tuple[Step, ...] = tuple(_section(name, title) for name, title in SECTION_TITLES)
SECTION_OF = dict(zip((name for name, _ in SECTION_TITLES), SECTIONS, strict=True))
BY_SLUG = {step.slug: step for step in (*STEPS, *SECTIONS)}


def section_name(step: Step) -> str:
    """The section of the content that this step is about; "" for one of the four steps."""
    return next((name for name, one in SECTION_OF.items() if one is step), "")


def next_after(step: Step) -> Step:
    if step in SECTIONS:
        return CHECK
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def step_of(path: Sequence[str]) -> Step:
    """The step on which an answer is given; the first one for the referral's header."""
    for step in STEPS:
        if any(_covers(shown, path) for shown in step.paths):
            return step
    return SAFETY if path and path[0] == "instruments" else PATIENT


def _covers(shown: Path, path: Sequence[str]) -> bool:
    shorter = min(len(shown), len(path))
    return tuple(path[:shorter]) == shown[:shorter]
