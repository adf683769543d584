"""What stands in the place of a delivery that was skipped, so that no number is missing.

A partner that sees a gap waits. A tombstone says: this number will not come, read the feed
for what it was.
"""

from __future__ import annotations

from typing import Any

from integrations.registry import EventType

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "skipped_id": {
            "type": "string",
            "format": "uuid",
            "description": "The id of the event that the feed still has.",
            "examples": ["019a6b1e-5a3c-7b1e-9c55-2f1d3a6b7c8d"],
        },
        "skipped_type": {
            "type": "string",
            "pattern": r"^tandem\.[a-z_.]+\.v[0-9]+$",
            "examples": ["tandem.referral.accepted.v1"],
        },
    },
    "required": ["skipped_id", "skipped_type"],
    "additionalProperties": False,
}
REGISTRY = {
    f"{family}.skipped": EventType(
        "skipped",
        "1.0",
        _SCHEMA,
        "0.1.0",
        family=family,
        summary="This number of the sequence was skipped; the feed still has what it was.",
    )
    for family in ("referral", "command")
}
# Ends the key of a delivery that was skipped, and the source of the event in its place.
SKIPPED = ":skipped"
SKIPPED_TYPES = tuple(kind.type for kind in REGISTRY.values())


def tombstone_of(type_: str) -> EventType:
    """The tombstone for a delivery of this CloudEvents type."""
    family = type_.split(".")[1]
    return REGISTRY[f"{family}.skipped"]
