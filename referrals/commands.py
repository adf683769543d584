"""The commands that partners may send by message: what each takes, by the inputs of its move."""

from __future__ import annotations

from typing import Any

from integrations.contract.messages import CommandType
from referrals.inbound import ACTIONS
from referrals.lifecycle import MOVE_FOR, Action
from referrals.lifecycle.input_schemas import schema_of
from referrals.lifecycle.inputs import inputs_of

# Where a command's inputs have changed since: action: "1.<minor>".
VERSIONS: dict[str, str] = {}
_EXPECTED = {
    "type": ["integer", "null"],
    "minimum": 1,
    "description": "The version that you decided on; without it, whatever stands.",
    "examples": [7],
}
_EXAMPLES: dict[str, Any] = {
    "end": "2026-11-30T15:00:00-05:00", "time_zone": "America/New_York",
    "place": "Suite 200, 1 Main Street", "note": "Settling in; sleep is a little better.",
    "report": "Evaluated and treated.", "disposition": "treated_back_to_referrer",
}  # fmt: skip
_REASONS = {
    "reschedule": "patients_wish", "cancel_appointment": "patient_ill", "record_no_show": "unknown",
}  # fmt: skip


def _schema(action: Action) -> dict[str, Any]:
    inputs = schema_of(inputs_of(action)())
    for name, part in inputs["properties"].items():
        example = _REASONS.get(action.value) if name == "reason" else _EXAMPLES.get(name)
        if example:
            part["examples"] = [example]
    properties = {"expected_version": _EXPECTED, **inputs["properties"]}
    return {**inputs, "properties": properties, "additionalProperties": False}


def _command(action: Action) -> CommandType:
    move = MOVE_FOR[action]
    return CommandType(
        action=action.value,
        version=VERSIONS.get(action.value, "1.0"),
        schema=_schema(action),
        since="0.1.0",
        summary=f"{move.label}. {move.consequence}",
    )


REGISTRY: dict[str, CommandType] = {
    action.value: _command(action) for action in MOVE_FOR if action.value in ACTIONS
}
