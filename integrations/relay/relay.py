"""The relay: load, publish, learn the outcome, write it down; and never sleep under a lock."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from integrations import metrics
from integrations.identifiers import uuid7
from integrations.relay import recording, selection
from integrations.relay.backlog import Backlog
from integrations.relay.backoff import pause
from integrations.relay.lanes import Lanes
from integrations.relay.partner_pauses import PartnerPauses
from integrations.relay.selection import Item
from integrations.relay.transport import Condition, Outcome, Publication, Result, Transport

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """Sizes in messages, times in seconds."""

    window: int = 1000
    read_ahead: int = 2000
    batch: int = 500
    most_attempts: int = 20
    retry_base: float = 1.0
    mark_within: float = 0.02
    load_pause: float = 0.05


class Relay:
    """One relay over one transport. `run_once` does one round and can be called by tests.

    What keeps the order: at most one message of a key is under way, the next goes after its
    confirm alone, and a failure holds the key back. What keeps the rest: a row is marked sent
    only after its confirm, and everything unknown is loaded and sent again, byte for byte.
    """

    def __init__(
        self, transport: Transport, *, owner: str | None = None, limits: Limits | None = None
    ) -> None:
        self.transport = transport
        self.limits = limits or Limits()
        self.lanes = Lanes(owner or f"{socket.gethostname()}:{os.getpid()}:{uuid7().hex[-8:]}")
        self.backlog = Backlog()
        self.pauses = PartnerPauses(base=self.limits.retry_base)
        self._unmarked: list[Item] = []
        self._oldest_unmarked = 0.0
        self._cautious = 0
        self._load_after = 0.0
        self._submitted_at: dict[int, float] = {}
        self._outcomes: deque[Result] = deque()

    def run_once(self, *, wait: float = 0.0) -> int:
        """One round; the number of messages published or decided, 0 meaning idle.

        Waits up to `wait` seconds for outcomes when some are due.
        """
        self._keep_lanes()
        published = self._publish()
        learned = self._learn_all(wait if self.backlog.under_way else 0)
        self._mark(force=not self.backlog.has_ready)
        metrics.IN_FLIGHT.set(self.backlog.under_way)
        return published + learned

    def settle(self, timeout: float) -> None:
        """Publish nothing more; wait for what is under way and write it down."""
        self.backlog.drop_waiting()
        deadline = time.monotonic() + timeout
        while self.backlog.under_way and time.monotonic() < deadline:
            self._learn_all(0.1)
            self.backlog.drop_waiting()
        self._mark(force=True)

    def close(self, timeout: float = 10.0) -> None:
        """Settle, give the lanes back and end the connection."""
        try:
            self.settle(timeout)
            self.lanes.release()
        finally:
            self.transport.close(timeout)

    def _keep_lanes(self) -> None:
        before = set(self.lanes.held)
        self.lanes.keep()
        if before - set(self.lanes.held):
            # Another relay has them now, and loads for itself.
            self.backlog.drop_waiting()
        metrics.LANES_OWNED.set(len(self.lanes.held))

    # --- Publish ----------------------------------------------------------------------------

    def _publish(self) -> int:
        if self.transport.state() is not Condition.OPEN or not self.lanes.current():
            return 0
        if not self.backlog.has_ready or len(self.backlog) < self.limits.read_ahead // 2:
            self._load()
        # After a channel that was closed under many, one at a time shows who is guilty.
        window = 1 if self._cautious else self.limits.window
        items = self.backlog.take(window - self.backlog.under_way)
        if items:
            now = time.monotonic()
            self._submitted_at.update((item.id, now) for item in items)
            self.transport.submit([_publication(item) for item in items])
        return len(items)

    def _load(self) -> None:
        free = self.limits.read_ahead - len(self.backlog)
        if free <= 0 or time.monotonic() < self._load_after:
            return
        before = len(self.backlog)
        self._load_up_to(free)
        if len(self.backlog) == before:
            self._load_after = time.monotonic() + self.limits.load_pause

    def _load_up_to(self, free: int) -> None:
        partners = [p for p in selection.partners_waiting() if not self.pauses.paused(p)]
        for partner_id in partners:
            known = self.backlog.known(partner_id)
            limit = min(max(free // len(partners), 1), self.limits.batch)
            if self.pauses.in_trouble(partner_id):
                limit = 0 if known else 1
            if limit:
                self.backlog.add(self._pending(partner_id, known, limit))

    def _pending(self, partner_id: UUID, known: Sequence[int], limit: int) -> list[Item]:
        return selection.pending(
            partner_id, lanes=self.lanes.current(), known=known, now=timezone.now(), limit=limit
        )

    # --- Learn ------------------------------------------------------------------------------

    def _learn_all(self, wait: float) -> int:
        # Kept until each is dealt with: a database that is away for a moment loses none.
        self._outcomes.extend(self.transport.poll_results(wait))
        learned = len(self._outcomes)
        while self._outcomes:
            self._learn(self._outcomes.popleft())
        return learned

    def _learn(self, result: Result) -> None:
        metrics.PUBLISHED.labels(result=result.outcome.value).inc()
        started = self._submitted_at.pop(result.token)
        item = self.backlog.settle(result.token)
        self._cautious = max(self._cautious - 1, 0)
        if result.outcome is Outcome.CONFIRMED:
            metrics.CONFIRM_SECONDS.observe(time.monotonic() - started)
            self._confirmed(item)
        elif result.outcome in (Outcome.UNKNOWN, Outcome.SUSPECT):
            self._put_back(item, suspect=result.outcome is Outcome.SUSPECT)
        else:
            self._failed(item, result)

    def _confirmed(self, item: Item) -> None:
        if not self._unmarked:
            self._oldest_unmarked = time.monotonic()
        self._unmarked.append(item)
        self.pauses.succeeded([item.partner_id])

    def _put_back(self, item: Item, *, suspect: bool) -> None:
        """Nobody knows: it is loaded again, with the same bytes."""
        self.backlog.forget([item.id])
        self.backlog.drop_line(item.ordering_key)
        # One at a time for as many as were suspect: then the guilty one is alone.
        self._cautious += 2 if suspect else 0
        self._load_after = 0.0

    def _failed(self, item: Item, result: Result) -> None:
        # A queue that refuses everything is not this message's fault.
        counts = result.outcome is not Outcome.NACKED or not self.pauses.in_trouble(item.partner_id)
        self.pauses.failed(item.partner_id)
        self.backlog.forget([item.id])
        self.backlog.drop_partner(item.partner_id)
        wait = pause(item.attempts + 1, base=self.limits.retry_base)
        parked = recording.failed(
            item,
            owner=self.lanes.owner,
            epoch=self.lanes.held.get(item.lane, -1),
            error=f"{result.outcome.value}: {result.detail}",
            counts=counts,
            next_attempt_at=timezone.now() + timedelta(seconds=wait),
            most_attempts=self.limits.most_attempts,
        )
        log.warning(
            "delivery_parked" if parked else "delivery_put_off",
            delivery_id=item.id,
            outcome=result.outcome.value,
            attempt=item.attempts + 1,
        )

    # --- Write down ---------------------------------------------------------------------------

    def _mark(self, *, force: bool) -> None:
        if not self._unmarked:
            return
        aged = time.monotonic() - self._oldest_unmarked >= self.limits.mark_within
        if not (force or aged or len(self._unmarked) >= self.limits.batch):
            return
        ids = [item.id for item in self._unmarked]
        recording.sent(ids, now=timezone.now())
        self._unmarked.clear()
        self.backlog.forget(ids)


def _publication(item: Item) -> Publication:
    return Publication(item.id, item.routing_key, item.body, item.attempts + 1, item.signature)
