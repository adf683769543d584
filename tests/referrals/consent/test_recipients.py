"""Who is meant by a line of a signed form: the clinic by its name, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from referrals import disclosure, recipients
from referrals.content_classes import ContentClass
from referrals.lifecycle import State
from referrals.models import Organisation, Referral
from tests.cast import Cast
from tests.referrals.consent.test_windows import PART_2
from tests.walks import referral_at

APOPKA = ("apopka", "Apopka Integrated Care")
WINTER_PARK = ("winter-park", "Winter Park Integrated Care")
LANTERN = ("apopka", "Lanternmoss Clinic Apopka")


def means(line: str, clinic: tuple[str, str]) -> bool:
    slug, name = clinic
    return recipients.names_clinic([line], Organisation(slug=slug, name=name))


@pytest.mark.parametrize(
    ("line", "clinic"),
    [
        ("Apopka Integrated Care", APOPKA),
        ("APOPKA INTEGRATED CARE, 12 Main Street, Apopka", APOPKA),
        ("Dr. Hill at Apopka Integrated Care", APOPKA),
        ("Apopka", APOPKA),
        ("the clinic in Apopka", APOPKA),
        ("winter-park", WINTER_PARK),
        ("Winter Park clinic", WINTER_PARK),
        ("Lanternmoss Apopka", LANTERN),
        ("Lanternmoss Clinic, Apopka", LANTERN),
        ("My treating providers", APOPKA),
        ("my treating providers, health plans, third-party payers and people helping to "
         "operate this program", APOPKA),
        ("Any of my treating clinicians", APOPKA),
        ("all providers", APOPKA),
        ("The clinic on this referral", WINTER_PARK),
    ],
)  # fmt: skip
def test_a_line_that_means_the_clinic(line: str, clinic: tuple[str, str]) -> None:
    assert means(line, clinic)


@pytest.mark.parametrize(
    ("line", "clinic"),
    [
        ("Winter Garden Rheumatology", WINTER_PARK),
        ("Winter Park Dental", WINTER_PARK),
        ("Winter clinic", WINTER_PARK),
        ("Apopka Family Dental", APOPKA),
        ("Apopka Pain Center", APOPKA),
        ("Integrated Care", APOPKA),
        ("Lanternmoss Clinic", LANTERN),
        ("Lanternmoss Clinic Winter Park", LANTERN),
        ("Treating clinic: Sunset Orthopedics", APOPKA),
        ("All providers at Sunset Orthopedics", APOPKA),
        ("my treating physicians of Sunset Orthopedics", APOPKA),
        ("Sunset Orthopedics, for this referral", APOPKA),
        ("", APOPKA),
    ],
)
def test_a_line_that_means_somebody_else(line: str, clinic: tuple[str, str]) -> None:
    assert not means(line, clinic)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "opens"), [("Apopka Family Dental", False), ("Apopka Integrated Care", True)]
)
def test_a_part_2_consent_for_somebody_nearby_opens_nothing(
    line: str, opens: bool, cast: Cast
) -> None:
    record: dict[str, Any] = {**PART_2["part2_consent"], "recipients": [line]}
    row = referral_at(State.SUBMITTED, cast, consent={**PART_2, "part2_consent": record})
    reading = disclosure.reading_of(Referral.objects.get(pk=row.pk), cast.actor("clinician"))
    assert (ContentClass.SUBSTANCE in reading.classes) is opens
