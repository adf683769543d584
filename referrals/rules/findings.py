"""What rules find: a fired priority rule, a safety flag, a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VERSION = "1"
REFERENCE = "Tandem clinical reference, section 10.3"


@dataclass(frozen=True, slots=True)
class Fired:
    """A priority rule that fired, and the priority that it gives."""

    rule: str
    gives: str
    message: str
    inputs: tuple[str, ...]
    source: str = REFERENCE
    version: str = VERSION

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "gives": self.gives,
            "message": self.message,
            "inputs": list(self.inputs),
            "source": self.source,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Flag:
    """A safety flag: R needs a physician's recorded review, C is caution, I information."""

    rule: str
    level: str
    message: str
    source: str
    inputs: tuple[str, ...]
    version: str = VERSION

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "level": self.level,
            "message": self.message,
            "source": self.source,
            "inputs": list(self.inputs),
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing.

    `code` is its stable name, the one a request for information uses; `reason` says what is
    wrong (required, under_18, patient_must_agree, written_consent_required, out_of_date,
    expired, not_reviewed). `blocking` is False where the move may go ahead without it.
    """

    code: str
    pointer: str
    label: str
    reason: str = "required"
    blocking: bool = True

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "pointer": self.pointer,
            "label": self.label,
            "reason": self.reason,
            "blocking": self.blocking,
        }
