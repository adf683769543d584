"""What every resource of one Bundle shares: whose referral, for whom, with which labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from referrals import disclosure
from referrals.actors import Actor
from referrals.content_classes import ContentClass
from referrals.fhir import codes
from referrals.models import Referral, TimelineEntry

Resource = dict[str, Any]
CLASS_LABELS = {
    ContentClass.MENTAL_HEALTH: codes.coding(
        codes.ACT_CODE, "PSY", "psychiatry disorder information sensitivity"
    ),
    ContentClass.SUBSTANCE: codes.coding(
        codes.ACT_CODE, "ETH", "substance abuse information sensitivity"
    ),
}
RESTRICTED = codes.coding(codes.CONFIDENTIALITY, "R", "restricted")
PART_2 = codes.coding(codes.ACT_CODE, disclosure.PART_2, "42 CFR Part 2")


@dataclass
class Case:
    """One referral as one actor may read it now. Resources are added in order, each once."""

    referral: Referral
    actor: Actor
    resources: dict[str, Resource] = field(default_factory=dict)

    @cached_property
    def reading(self) -> disclosure.Reading:
        return disclosure.reading_of(self.referral, self.actor)

    @cached_property
    def content(self) -> dict[str, Any]:
        return disclosure.content_for(self.referral, self.actor)

    @cached_property
    def assessment(self) -> dict[str, Any] | None:
        return disclosure.assessment_for(self.referral, self.actor)

    @cached_property
    def timeline(self) -> list[TimelineEntry]:
        return list(self.referral.timeline.all())

    def id_of(self, name: str) -> str:
        """The id of the resource of this name: the same in each answer."""
        return str(self.referral.pk if name == "request" else uuid5(self.referral.pk, name))

    def add(
        self, name: str, kind: str, body: Resource, *held: ContentClass, part2: bool = False
    ) -> Resource:
        """Add a resource under a name; `held` are the classes of content that it tells of."""
        self.resources[name] = {
            "resourceType": kind, "id": self.id_of(name), "meta": self._meta(held, part2),
            **{key: value for key, value in body.items() if value not in (None, [], {}, "")},
        }  # fmt: skip
        return self.reference(name)

    def _meta(self, held: tuple[ContentClass, ...], part2: bool) -> Resource:
        labels = [RESTRICTED, *(CLASS_LABELS[one] for one in held if one in CLASS_LABELS)]
        if self.reading.notices and (part2 or ContentClass.SUBSTANCE in held):
            labels.append(PART_2)
        return {"security": labels}

    def reference(self, name: str, display: str = "") -> Resource:
        found = {"reference": f"urn:uuid:{self.id_of(name)}"} if name in self.resources else {}
        return {**found, "display": display} if display else found

    def references(self, *names: str) -> list[Resource]:
        return [self.reference(name) for name in names if name in self.resources]

    def named(self, prefix: str) -> list[Resource]:
        return self.references(*(name for name in self.resources if name.startswith(prefix)))

    @property
    def patient(self) -> Resource:
        """Whom it is about; where that is closed, a reference that says so and names nobody."""
        return self.reference("patient") or {"display": "Closed: no consent stands"}


def moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def key(value: UUID | int) -> str:
    return str(value)
