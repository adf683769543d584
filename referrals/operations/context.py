"""What guards and effects of one move are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from referrals import reasons
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Invalid
from referrals.lifecycle import Move
from referrals.models import Reason, Referral
from referrals.operations import facts


@dataclass
class MoveContext:
    """One attempt: `data` is validated input; `role` the role in which `by` acts."""

    referral: Referral
    move: Move
    by: Actor
    role: Role
    data: dict[str, Any] = field(repr=False)  # may hold what somebody wrote of a patient
    door: str

    @cached_property
    def assessment(self) -> dict[str, Any]:
        return facts.assess(self.referral)

    @cached_property
    def content(self) -> dict[str, Any]:
        return self.referral.content.as_dict()

    @cached_property
    def reason(self) -> Reason | None:
        """The coded reason that was given, if the move takes one and the code is known."""
        code = self.data.get("reason") or self.data.get("disposition")
        if not self.move.reasons or not code:
            return None
        return reasons.find(self.move.reasons, code, clinic=self.referral.clinic)

    def refuse(self, pointer: str, code: str, detail: str) -> Invalid:
        return Invalid(errors=[FieldError(pointer, code, detail)])
