"""How a result stands to its cut, in words. A screen is told as a screen, never as a diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.presenters.content_words import Fact
from referrals.instruments.trauma import CLUSTERS, PCL5_WINDOW

Result = Mapping[str, Any]
CLUSTER_NAMES = {
    "B": "Cluster B, intrusion (items 1 to 5)",
    "C": "Cluster C, avoidance (items 6 and 7)",
    "D": "Cluster D, mood and thoughts (items 8 to 14)",
    "E": "Cluster E, arousal (items 15 to 20)",
}
MOST_PER_ITEM = 4
INCOMPLETE = "incomplete"
RULE = {True: "provisional rule met, needs clinician assessment", False: "provisional rule not met"}


def cut_words(one: Result) -> str:
    """`at or above the cut of 33`; between the published cuts it says both."""
    if one.get("positive") is None or one.get("cut") is None:
        return ""
    if one["positive"]:
        return f"at or above the cut of {one['cut']}"
    if one.get("cut_status") in ("in_window", "at_or_above"):
        return f"at or above {PCL5_WINDOW[0]}, below the cut of {one['cut']}"
    return f"below the cut of {one['cut']}"


def beside(one: Result) -> list[str]:
    """What is read with the sum: the provisional rule of the PCL-5, item 9, and the notes.

    The sum and the rule can disagree, so both are always told.
    """
    found = [RULE[one["cluster_rule"]]] if one.get("cluster_rule") is not None else []
    if one.get("item9") is not None:
        found.append(f"item 9: {one['item9']}")
    return [*found, *(str(note) for note in one.get("notes") or [] if _told(one, note))]


def _told(one: Result, note: str) -> bool:
    """That an entry is incomplete is said by the missing result already, if one is missing."""
    return note != INCOMPLETE or bool(one.get("band"))


def clusters(one: Result) -> list[Fact]:
    """The sums of the four clusters of the PCL-5."""
    held = one.get("subscales") or {}
    return [
        Fact(CLUSTER_NAMES[name], f"{held[name]} of {(end - start) * MOST_PER_ITEM}")
        for name, (start, end) in CLUSTERS.items()
        if held.get(name) is not None
    ]
