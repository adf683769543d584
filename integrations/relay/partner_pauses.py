"""A partner whose queue refuses or stays silent is left alone, then asked with one message."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from integrations.relay.backoff import pause


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    until: float = 0.0
    silent: bool = False


class PartnerPauses:
    """So that one partner's trouble costs the others nothing, and itself few attempts."""

    def __init__(self, *, base: float) -> None:
        self._base = base
        self._troubled: dict[UUID, _Trouble] = {}

    def failed(self, partner_id: UUID) -> None:
        """Its queue refused a message, or is not there."""
        trouble = self._troubled.setdefault(partner_id, _Trouble())
        trouble.silent = False
        if self.paused(partner_id):
            return  # another of those that were under way together: one failure, not many
        trouble.failures += 1
        trouble.until = time.monotonic() + pause(trouble.failures, base=self._base)

    def stalled(self, partner_id: UUID) -> None:
        """Nobody was answered, perhaps because of its queue: it is asked again at once, apart."""
        self._troubled.setdefault(partner_id, _Trouble()).silent = True

    def succeeded(self, partner_id: UUID) -> None:
        self._troubled.pop(partner_id, None)

    def in_trouble(self, partner_id: UUID) -> bool:
        """Whether its last outcome was no confirm."""
        return partner_id in self._troubled

    def silent(self, partner_id: UUID) -> bool:
        """Whether it was not answered; otherwise trouble means that it was refused."""
        trouble = self._troubled.get(partner_id)
        return trouble is not None and trouble.silent

    def paused(self, partner_id: UUID) -> bool:
        trouble = self._troubled.get(partner_id)
        return trouble is not None and time.monotonic() < trouble.until
