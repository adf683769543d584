"""The classes of content that a consent can cover, and where each answer belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any


class ContentClass(StrEnum):
    IDENTITY = "identity"
    PAIN = "pain"
    MENTAL_HEALTH = "mental_health"
    SUBSTANCE = "substance"
    MEDICAL = "medical"
    DOCUMENTS = "documents"


ALL = frozenset(ContentClass)
NONE: frozenset[ContentClass] = frozenset()
SECTIONS: dict[str, ContentClass] = {
    "patient": ContentClass.IDENTITY,
    "consent": ContentClass.IDENTITY,
    "request": ContentClass.IDENTITY,
    "care_team": ContentClass.IDENTITY,
    "pain": ContentClass.PAIN,
    "trauma": ContentClass.MENTAL_HEALTH,
    "mental_health": ContentClass.MENTAL_HEALTH,
    "safety": ContentClass.MENTAL_HEALTH,
    "substance": ContentClass.SUBSTANCE,
    "medical": ContentClass.MEDICAL,
}
INSTRUMENTS: dict[str, ContentClass] = {
    "peg": ContentClass.PAIN,
    "nrs": ContentClass.PAIN,
    "pc-ptsd-5": ContentClass.MENTAL_HEALTH,
    "pcl-5": ContentClass.MENTAL_HEALTH,
    "phq-9": ContentClass.MENTAL_HEALTH,
    "gad-7": ContentClass.MENTAL_HEALTH,
    "c-ssrs": ContentClass.MENTAL_HEALTH,
    "isi": ContentClass.MENTAL_HEALTH,
    "audit-c": ContentClass.SUBSTANCE,
    "dast-10": ContentClass.SUBSTANCE,
    "ort": ContentClass.SUBSTANCE,
    "ort-oud": ContentClass.SUBSTANCE,
}
# Answers of one section that tell of another: flags on psychosis and on substance use stand
# among the medical, and whoever reads which program consented knows of the treatment.
ANSWERS: dict[str, ContentClass] = {
    "medical.k03": ContentClass.MENTAL_HEALTH,
    "medical.k06": ContentClass.SUBSTANCE,
    "consent.part2_consent": ContentClass.SUBSTANCE,
}
# The classes that are a subject: a text may tell of each. Files are none of their own.
SUBJECTS = frozenset(
    {ContentClass.PAIN, ContentClass.MENTAL_HEALTH, ContentClass.SUBSTANCE, ContentClass.MEDICAL}
)
# Codes at large stand in each of the sections; a finding that names them so tells of all.
EVERYWHERE = "diagnoses"
SCATTERED = {"ptsd_screen": ContentClass.MENTAL_HEALTH}


def class_of(path: str) -> ContentClass:
    """The class of a name such as `medical.k06`, `/substance/opioids` or `instruments.peg`.

    What is not known belongs to the identity, which closes last.
    """
    steps = path.strip("/").replace("/", ".").split(".")
    if steps[0] == "instruments" and len(steps) > 1:
        name = steps[1]
        return INSTRUMENTS.get(name) or SCATTERED.get(name, ContentClass.MENTAL_HEALTH)
    exact = ANSWERS.get(".".join(steps[:2]))
    return exact or SECTIONS.get(steps[0]) or SCATTERED.get(steps[0], ContentClass.IDENTITY)


def classes_of(paths: Iterable[str]) -> frozenset[ContentClass]:
    found: frozenset[ContentClass] = frozenset()
    for path in paths:
        found |= SUBJECTS if path.strip("/") == EVERYWHERE else {class_of(path)}
    return found


def held_in(content: Mapping[str, Any]) -> frozenset[ContentClass]:
    """The subjects that something in this content tells of."""
    found = {SECTIONS[name] for name, body in content.items() if name in SECTIONS and body}
    found |= {class_of(f"instruments.{one.get('instrument')}")
              for one in content.get("instruments") or []}  # fmt: skip
    found |= {owner for path, owner in ANSWERS.items() if _answered(content, *path.split("."))}
    return SUBJECTS & found


def _answered(content: Mapping[str, Any], section: str, name: str) -> bool:
    return bool((content.get(section) or {}).get(name))
