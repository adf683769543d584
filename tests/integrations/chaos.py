"""A broker that does its worst: refuses, answers late and out of order, keeps dead bytes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from integrations.relay.transport import Condition, Outcome, Publication, Result


class ChaosBroker:
    """The queues, by the name before the first dot of a routing key; and dead bytes."""

    def __init__(self) -> None:
        self.queues: defaultdict[str, list[bytes]] = defaultdict(list)
        self.unbound: set[str] = set()
        self.ghosts: deque[Publication] = deque()

    def place(self, publication: Publication, *, full: bool = False) -> Outcome:
        name = publication.routing_key.split(".", maxsplit=1)[0]
        if name in self.unbound:
            return Outcome.RETURNED
        if full:
            return Outcome.NACKED
        self.queues[name].append(publication.body)
        return Outcome.CONFIRMED

    def read_late(self) -> None:
        """The broker comes to the bytes of a connection that is gone."""
        if self.ghosts:
            self.place(self.ghosts.popleft())


class Line:
    """The transport of one relay: what is on the wire, and the answers on their way back."""

    def __init__(self, broker: ChaosBroker) -> None:
        self.broker = broker
        self.pipe: deque[Publication] = deque()
        self.answers: list[Result] = []
        self.learned: list[Result] = []

    def submit(self, publications: Sequence[Publication]) -> None:
        self.pipe.extend(publications)

    def poll_results(self, timeout: float) -> list[Result]:
        found, self.learned = self.learned, []
        return found

    def state(self) -> Condition:
        return Condition.OPEN

    def close(self, timeout: float) -> None:
        self.cut()

    def read(self, count: int, *, full: bool) -> None:
        """The broker reads so many, in the order of the wire; the last finds its queue full."""
        for left in range(min(count, len(self.pipe)), 0, -1):
            publication = self.pipe.popleft()
            outcome = self.broker.place(publication, full=full and left == 1)
            self.answers.append(Result(publication.token, outcome))

    def answer(self, order: Sequence[int]) -> None:
        """Some of the answers arrive, in an order of their own."""
        for place in order:
            if self.answers:
                self.learned.append(self.answers.pop(place % len(self.answers)))

    def cut(self) -> None:
        """The connection ends; the broker may still read what is on the wire."""
        undecided = [result.token for result in self.answers] + [p.token for p in self.pipe]
        self.broker.ghosts.extend(self.pipe)
        self.learned += [Result(token, Outcome.UNKNOWN) for token in undecided]
        self.pipe.clear()
        self.answers.clear()

    def flow(self) -> None:
        """All is read and answered."""
        self.read(len(self.pipe), full=False)
        self.learned += self.answers
        self.answers.clear()
