"""Why a message may be thrown away: a closed list, so that nothing of a patient is typed."""

from __future__ import annotations

from integrations.errors import NotPossible

REASONS = {
    "handled_elsewhere": "The partner has dealt with it by other means",
    "duplicate": "The same is there a second time",
    "malformed": "It cannot be read, and will be sent anew",
    "partner_request": "The partner asked for it",
    "test_message": "It was a test",
}


def known_reason(reason: str) -> str:
    """The reason, if it is one of REASONS; NotPossible otherwise."""
    if reason not in REASONS:
        raise NotPossible("Say why: one of " + ", ".join(REASONS) + ".")
    return reason
