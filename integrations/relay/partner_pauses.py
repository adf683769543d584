"""A partner whose queue refuses is left alone for a while, and then asked with one message."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from integrations.relay.backoff import pause


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    until: float = 0.0


class PartnerPauses:
    """So that one partner's trouble costs the others nothing, and itself few attempts."""

    def __init__(self, *, base: float) -> None:
        self._base = base
        self._troubled: dict[UUID, _Trouble] = {}

    def failed(self, partner_id: UUID) -> None:
        trouble = self._troubled.setdefault(partner_id, _Trouble())
        trouble.failures += 1
        trouble.until = time.monotonic() + pause(trouble.failures, base=self._base)

    def succeeded(self, partner_id: UUID) -> None:
        self._troubled.pop(partner_id, None)

    def in_trouble(self, partner_id: UUID) -> bool:
        """Whether its last outcome was a failure."""
        return partner_id in self._troubled

    def paused(self, partner_id: UUID) -> bool:
        trouble = self._troubled.get(partner_id)
        return trouble is not None and time.monotonic() < trouble.until
