"""A broker in memory with the behaviour that tests/live shows of the real one."""

from __future__ import annotations

import random
import time
from collections import defaultdict, deque
from collections.abc import Sequence

from integrations.relay.transport import (
    COMMON,
    SUSPECTS,
    Condition,
    Outcome,
    Publication,
    Result,
)


class FakeBroker:
    """Queues bound to `<name>.#`. Tests take bindings away, fill queues and cut the line."""

    def __init__(self, *names: str, seed: int = 0) -> None:
        self.queues: dict[str, list[Publication]] = {name: [] for name in names}
        self.length_limit: dict[str, int] = {}
        self.condition = Condition.OPEN
        self.poison: set[int] = set()
        self.hold = False
        self.most_under_way_of_a_key = 0
        # For each channel that was closed, whether it was the one for suspects.
        self.closed: list[bool] = []
        # What is under way on each channel.
        self._channels: defaultdict[str, deque[Publication]] = defaultdict(deque)
        self._results: deque[Result] = deque()
        self._random = random.Random(seed)

    # --- The transport -----------------------------------------------------------------------

    def submit(self, publications: Sequence[Publication]) -> None:
        if self.condition is not Condition.OPEN:
            self._give(publications, Outcome.UNKNOWN)
            return
        for publication in publications:
            if _is_event(publication.body):
                self._channels[publication.apart].append(publication)
            else:
                self._give([publication], Outcome.REFUSED)
        self._watch_keys()

    def poll_results(self, timeout: float) -> list[Result]:
        if not self.hold:
            self.decide_all()
        found = list(self._results)
        self._results.clear()
        return found

    def state(self) -> Condition:
        return self.condition

    def close(self, timeout: float) -> None:
        self.cut()
        self.condition = Condition.CLOSED

    # --- What happens to it ------------------------------------------------------------------

    def decide_all(self) -> None:
        for apart, held in self._channels.items():
            while held:
                if held[0].token in self.poison:
                    self.closed.append(apart == SUSPECTS)
                    self._close_channel(held)
                else:
                    self._decide(held.popleft())

    def cut(self, *, stored: float = 0.5) -> None:
        """The connection ends: a first part of what was under way arrived, nobody knows."""
        for held in self._channels.values():
            arrived = int(len(held) * stored)
            for publication in list(held)[:arrived]:
                self._place(publication)
            self._give(held, Outcome.UNKNOWN)
            held.clear()

    def end_the_silence(self, channel: str = COMMON) -> None:
        """Nobody was answered on this channel: the connection is ended."""
        held = self._channels[channel]
        self._give(held, Outcome.STALLED)
        held.clear()
        self.cut(stored=0)

    def under_way(self) -> list[Publication]:
        """What is held, over all channels."""
        return [publication for held in self._channels.values() for publication in held]

    def bodies(self, name: str) -> list[bytes]:
        return [publication.body for publication in self.queues[name]]

    def _place(self, publication: Publication) -> Outcome:
        name = publication.routing_key.split(".", maxsplit=1)[0]
        queue = self.queues.get(name)
        if queue is None:
            return Outcome.RETURNED
        if len(queue) >= self.length_limit.get(name, 10**9):
            return Outcome.NACKED
        queue.append(publication)
        return Outcome.CONFIRMED

    def _decide(self, publication: Publication) -> None:
        self._results.append(Result(publication.token, self._place(publication)))

    def _close_channel(self, held: deque[Publication]) -> None:
        self._give(held, Outcome.REFUSED if len(held) == 1 else Outcome.SUSPECT)
        held.clear()

    def _give(self, publications: Sequence[Publication], outcome: Outcome) -> None:
        self._results.extend(Result(p.token, outcome) for p in publications)

    def _watch_keys(self) -> None:
        keys = [p.body.split(b'"partitionkey":"')[1].split(b'"')[0] for p in self.under_way()]
        most = max((keys.count(key) for key in set(keys)), default=0)
        self.most_under_way_of_a_key = max(self.most_under_way_of_a_key, most)


def _is_event(body: bytes) -> bool:
    return body.startswith(b"{") and body.endswith(b"}")


def wait_for(transport, count: int, seconds: float = 10.0) -> list[Result]:
    """Poll until so many results came, or fail."""
    found: list[Result] = []
    deadline = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        found += transport.poll_results(0.1)
    assert len(found) == count, f"{len(found)} of {count} results"
    return found
