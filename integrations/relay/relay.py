"""The relay: load, publish, learn the outcome, write it down; and never sleep under a lock."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from integrations import metrics
from integrations.identifiers import uuid7
from integrations.relay import recording, selection
from integrations.relay.backlog import AMONG_FEW, AMONG_MANY, FIRST, Backlog
from integrations.relay.backoff import pause
from integrations.relay.lanes import Lanes
from integrations.relay.partner_pauses import PartnerPauses
from integrations.relay.selection import Item, Request
from integrations.relay.transport import (
    COMMON,
    SUSPECTS,
    Condition,
    Outcome,
    Publication,
    Result,
    Transport,
)

log = structlog.get_logger(__name__)

# Partners of one statement; with more they take turns.
PARTNERS_AT_ONCE = 50
# Messages given to the transport at once: it sends the first while we prepare the next.
HANDED_OVER = 100


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
    look_every: float = 0.2
    first: int = FIRST


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
        self.backlog = Backlog(first=self.limits.first)
        self.pauses = PartnerPauses(base=self.limits.retry_base)
        self._unmarked: list[Item] = []
        self._oldest_unmarked = 0.0
        # No look before; none to fill what is there; and one that is due in any case.
        self._load_after = self._fill_after = self._look_after = 0.0
        # Partners for whom something waited, those asked longest ago first.
        self._partners: dict[UUID, None] = {}
        self._submitted_at: dict[int, float] = {}
        self._outcomes: deque[Result] = deque()

    def run_once(self, *, wait: float = 0.0) -> int:
        """One round; the number of messages published or decided, 0 meaning idle.

        Waits up to `wait` seconds for outcomes when some are due.
        """
        self._keep_lanes()
        published = self._publish()
        # Here, while the broker works on what it was just given, rather than before.
        self._mark(force=False)
        learned = self._learn_all(wait if self.backlog.under_way else 0)
        if not self.backlog.has_ready:
            self._mark(force=True)
        metrics.IN_FLIGHT.set(self.backlog.under_way)
        return published + learned

    def look_now(self) -> None:
        """Something was written: the pauses between two looks are over."""
        self._load_after = self._fill_after = self._look_after = 0.0

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
        self._load()
        limits, backlog = self.limits, self.backlog
        share = max(limits.window // max(backlog.partners, 1), 1)
        items = backlog.take(max(limits.window - backlog.under_way, 0), share=share)
        trials = backlog.take_trial()
        if items or trials:
            now = time.monotonic()
            self._submitted_at.update((item.id, now) for item in (*items, *trials))
            publications = [_publication(item, self._apart(item)) for item in items]
            publications += [_publication(item, SUSPECTS) for item in trials]
            for start in range(0, len(publications), HANDED_OVER):
                self.transport.submit(publications[start : start + HANDED_OVER])
        return len(items) + len(trials)

    def _apart(self, item: Item) -> str:
        return str(item.partner_id) if self.pauses.silent(item.partner_id) else COMMON

    def _load(self) -> None:
        """Fill the backlog when there is room for a batch, or nothing else to do."""
        now, limits = time.monotonic(), self.limits
        room = limits.read_ahead - len(self.backlog) >= limits.batch and now >= self._fill_after
        idle = not (self.backlog.has_ready or self.backlog.under_way)
        # However much there is of one partner: others may have something by now.
        wanted = idle or room or now >= self._look_after
        if now < self._load_after or not wanted:
            return
        self._look_after = now + limits.look_every
        if self._load_once():
            self._fill_after = now + limits.load_pause
        if not self.backlog.has_ready:
            self._load_after = now + limits.load_pause

    def _load_once(self) -> bool:
        """Load for the known partners; whether all that waits for them is now in memory."""
        requests = self._requests()
        found = selection.pending(requests, lanes=self.lanes.current(), now=timezone.now())
        for item in found.items:
            partner_id = item.partner_id
            if self.pauses.in_trouble(partner_id) and not self.pauses.silent(partner_id):
                self.backlog.suspects[item.id] = AMONG_FEW
        self.backlog.add(found.items)
        self._leave(self._partners.keys() - found.waiting)
        if new := found.waiting - self._partners.keys():
            self._partners.update(dict.fromkeys(sorted(new)))
            # At once: they were not known to have something.
            return self._load_once()
        return self._has_all(requests, found.items)

    def _leave(self, partners: Set[UUID]) -> None:
        """Nothing waits for them any more, or their administrator paused them."""
        for partner_id in partners:
            del self._partners[partner_id]
            if self.backlog.known(partner_id):
                self.backlog.drop_partner(partner_id)

    def _has_all(self, requests: Mapping[UUID, Request], found: Sequence[Item]) -> bool:
        """Whether no partner may have more than was found. Who is in trouble gets little anyway."""
        counts = Counter(item.partner_id for item in found)
        return all(
            partner_id in requests and counts[partner_id] < requests[partner_id].limit
            for partner_id in self._partners
            if not self.pauses.in_trouble(partner_id)
        )

    def _requests(self) -> dict[UUID, Request]:
        """What to ask for: equal shares, one for a partner in trouble, at most so many at once.

        The partners asked for go to the end of the line.
        """
        partners = self._partners
        asked = [p for p in partners if not self.pauses.paused(p)][:PARTNERS_AT_ONCE]
        for partner_id in asked:
            partners[partner_id] = partners.pop(partner_id)
        share = max(self.limits.read_ahead // max(self.backlog.partners, len(asked), 1), 1)
        requests = {}
        for partner_id in asked:
            known = self.backlog.known(partner_id)
            limit = min(share - len(known), self.limits.batch)
            if self.pauses.in_trouble(partner_id):
                limit = 0 if known else 1
            if limit > 0:
                requests[partner_id] = Request(limit, known)
        return requests

    # --- Learn ------------------------------------------------------------------------------

    def _learn_all(self, wait: float) -> int:
        # Kept until each is dealt with: a database that is away for a moment loses none.
        self._outcomes.extend(self.transport.poll_results(wait))
        learned = len(self._outcomes)
        if learned:
            self._measure()
        while self._outcomes:
            self._learn(self._outcomes.popleft())
        return learned

    def _measure(self) -> None:
        """Count all outcomes of a round; of the times, one: each would cost more than it says."""
        for outcome, count in Counter(result.outcome for result in self._outcomes).items():
            metrics.PUBLISHED.labels(result=outcome.value).inc(count)
        started = self._submitted_at.get(self._outcomes[0].token)
        if started and self._outcomes[0].outcome is Outcome.CONFIRMED:
            metrics.CONFIRM_SECONDS.observe(time.monotonic() - started)

    def _learn(self, result: Result) -> None:
        self._submitted_at.pop(result.token, None)
        confirmed = result.outcome is Outcome.CONFIRMED
        item = self.backlog.settle(result.token, confirmed=confirmed)
        if confirmed:
            self._confirmed(item)
        elif result.outcome is Outcome.STALLED:
            self._stalled(item)
        elif result.outcome in (Outcome.UNKNOWN, Outcome.SUSPECT):
            self._put_back(item, suspect=result.outcome is Outcome.SUSPECT)
        else:
            self._failed(item, result)

    def _confirmed(self, item: Item) -> None:
        if not self._unmarked:
            self._oldest_unmarked = time.monotonic()
        self._unmarked.append(item)
        self.backlog.suspects.pop(item.id, None)
        self.pauses.succeeded(item.partner_id)

    def _put_back(self, item: Item, *, suspect: bool) -> None:
        """Nobody knows: it is loaded again, with the same bytes."""
        if suspect:
            tried = item.id in self.backlog.suspects
            self.backlog.suspects[item.id] = AMONG_FEW if tried else AMONG_MANY
        self.backlog.forget([item])
        self.backlog.drop_line(item.ordering_key)
        self.look_now()

    def _stalled(self, item: Item) -> None:
        """It, or one beside it, held up all: each gets one message, apart, until it answers."""
        if not self.pauses.silent(item.partner_id):
            self.pauses.stalled(item.partner_id)
            self.backlog.drop_partner(item.partner_id)
            log.warning("partner_asked_apart", delivery_id=item.id)
        # On a channel of its own it can close nobody else's.
        self.backlog.suspects.pop(item.id, None)
        self._put_back(item, suspect=False)

    def _failed(self, item: Item, result: Result) -> None:
        # A queue that refuses everything is not this message's fault.
        counts = result.outcome is not Outcome.NACKED or not self.pauses.in_trouble(item.partner_id)
        parked = False
        try:
            parked = self._record_failure(item, result, counts=counts)
        finally:
            # Also when the database is away: then it is simply loaded again.
            self.pauses.failed(item.partner_id)
            self.backlog.forget([item])
            self.backlog.drop_partner(item.partner_id)
            self._keep_apart(item, result, parked=parked)
        log.warning(
            "delivery_parked" if parked else "delivery_put_off",
            delivery_id=item.id,
            outcome=result.outcome.value,
            attempt=item.attempts + 1,
        )

    def _record_failure(self, item: Item, result: Result, *, counts: bool) -> bool:
        wait = pause(item.attempts + 1, base=self.limits.retry_base)
        return recording.failed(
            item,
            owner=self.lanes.owner,
            epoch=self.lanes.held.get(item.lane, -1),
            error=f"{result.outcome.value}: {result.detail}",
            counts=counts,
            next_attempt_at=timezone.now() + timedelta(seconds=wait),
            most_attempts=self.limits.most_attempts,
        )

    def _keep_apart(self, item: Item, result: Result, *, parked: bool) -> None:
        """What closed a channel alone is tried apart from the others for as long as it fails."""
        if result.outcome is Outcome.REFUSED and not parked:
            self.backlog.suspects[item.id] = AMONG_FEW
        else:
            self.backlog.suspects.pop(item.id, None)

    # --- Write down ---------------------------------------------------------------------------

    def _mark(self, *, force: bool) -> None:
        if not self._unmarked:
            return
        aged = time.monotonic() - self._oldest_unmarked >= self.limits.mark_within
        if not (force or aged or len(self._unmarked) >= self.limits.batch):
            return
        recording.sent([item.id for item in self._unmarked], now=timezone.now())
        self.backlog.forget(self._unmarked)
        self._unmarked.clear()


def _publication(item: Item, apart: str) -> Publication:
    return Publication(
        item.id, item.routing_key, item.body, item.attempts + 1, item.signature, apart
    )
