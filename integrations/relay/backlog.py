"""What the relay holds in memory: for each key a line of which one may be under way."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from uuid import UUID

from integrations.relay.selection import Item

# How far an item is suspected of making the broker close the channel: with many others, or
# with few, after which it goes alone. The others' turn is not held up by either.
AMONG_MANY, AMONG_FEW = 1, 2
FEW = 32
# How many of one partner are under way before any confirm; each confirm allows one more. From
# 32 without an answer on, RabbitMQ reads no more from the whole connection (the soft limit of
# a quorum queue's client), so a queue that was silent from the start holds up nobody.
FIRST = 24
# How many of one partner may be under way however many there are of the others.
RESERVED = 8


class Backlog:
    """Lines of deliveries by ordering key.

    An item is waiting, under way, or settled (decided but not yet written to the table).
    At most one of each key is under way. The partners take turns, and none has more than its
    share under way, and few until its queue answers, so that one whose queue is slow does not
    hold up the others.
    """

    def __init__(self, *, first: int = FIRST) -> None:
        self._first = first
        self._lines: dict[str, deque[Item]] = {}
        self._ready: defaultdict[UUID, deque[str]] = defaultdict(deque)
        self._trials: dict[int, deque[str]] = {AMONG_MANY: deque(), AMONG_FEW: deque()}
        self._under_way: dict[int, Item] = {}
        self._under_way_of: Counter[UUID] = Counter()
        self._answered: Counter[UUID] = Counter()
        self._trying: set[int] = set()
        self._busy: set[str] = set()
        self._known: defaultdict[UUID, set[int]] = defaultdict(set)
        self._size = 0
        self.suspects: dict[int, int] = {}

    def __len__(self) -> int:
        return self._size

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    @property
    def has_ready(self) -> bool:
        return bool(self._ready) or any(self._trials.values())

    @property
    def partners(self) -> int:
        """How many partners have something here."""
        return len(self._known)

    def known(self, partner_id: UUID) -> list[int]:
        """The ids that must not be loaded again."""
        return list(self._known.get(partner_id, ()))

    def add(self, items: Iterable[Item]) -> None:
        """Take loaded items, in the order of their keys."""
        for item in items:
            self._known[item.partner_id].add(item.id)
            self._size += 1
            line = self._lines.setdefault(item.ordering_key, deque())
            line.append(item)
            if len(line) > 1 and line[-2].key_seq > item.key_seq:
                # What is sent again, while something later waits.
                line = self._lines[item.ordering_key] = deque(sorted(line, key=_number))
            if line[0] is item and item.ordering_key not in self._busy:
                self._make_ready(item)

    def take(self, most: int, *, share: int) -> list[Item]:
        """The next items to publish, at most `share` of one partner under way with these.

        Of each partner RESERVED may be under way even where `most` is used up: by others whose
        queues are slow.
        """
        taken: list[Item] = []
        turns = deque(self._ready)
        while turns:
            partner_id = turns.popleft()
            under_way = self._under_way_of[partner_id]
            if under_way >= min(share, self._pace(partner_id)):
                continue
            if under_way >= RESERVED and len(taken) >= most:
                continue
            keys = self._ready[partner_id]
            item = self._start(keys.popleft(), level=None)
            if item is not None:
                taken.append(item)
            if keys:
                turns.append(partner_id)
            else:
                del self._ready[partner_id]
        return taken

    def take_trial(self) -> list[Item]:
        """Suspects to publish apart from the others: one, or a few when many are suspected."""
        if self._trying:
            return []
        level = AMONG_FEW if self._trials[AMONG_FEW] else AMONG_MANY
        most = 1 if level == AMONG_FEW else FEW
        taken: list[Item] = []
        while self._trials[level] and len(taken) < most:
            item = self._start(self._trials[level].popleft(), level=level)
            if item is not None:
                taken.append(item)
        self._trying.update(item.id for item in taken)
        return taken

    def settle(self, id_: int, *, confirmed: bool) -> Item:
        """It is decided: the next of its key may go. It stays known until `forget`."""
        item = self._under_way.pop(id_)
        self._under_way_of[item.partner_id] -= 1
        if confirmed:
            self._answered[item.partner_id] += 1
        else:
            del self._answered[item.partner_id]
        self._trying.discard(id_)
        self._busy.discard(item.ordering_key)
        line = self._lines.get(item.ordering_key)
        if line:
            self._make_ready(line[0])
        else:
            self._lines.pop(item.ordering_key, None)
        return item

    def forget(self, items: Iterable[Item]) -> None:
        """The table knows about these."""
        for item in items:
            known = self._known.get(item.partner_id)
            if known and item.id in known:
                known.remove(item.id)
                self._size -= 1
                if not known:
                    del self._known[item.partner_id], self._answered[item.partner_id]

    def drop_line(self, key: str) -> None:
        """Forget what waits behind a failure: it is loaded again when the key is free."""
        self.forget(self._lines.pop(key, ()))

    def drop_partner(self, partner_id: UUID) -> None:
        """Forget what waits for a partner."""
        for key in [k for k, line in self._lines.items() if _of(line, partner_id)]:
            self.drop_line(key)
        self._ready.pop(partner_id, None)

    def drop_waiting(self) -> None:
        """Forget all that waits; what is under way stays."""
        for key in list(self._lines):
            self.drop_line(key)
        self._ready.clear()
        for keys in self._trials.values():
            keys.clear()

    def _pace(self, partner_id: UUID) -> int:
        return self._first + self._answered[partner_id]

    def _make_ready(self, item: Item) -> None:
        level = self.suspects.get(item.id)
        if level is None:
            self._ready[item.partner_id].append(item.ordering_key)
        else:
            self._trials[level].append(item.ordering_key)

    def _start(self, key: str, *, level: int | None) -> Item | None:
        """The first of this line is under way now.

        None where the key was dropped, is busy, or has another first item by now, which is
        ready in its own place.
        """
        line = self._lines.get(key)
        if not line or key in self._busy or self.suspects.get(line[0].id) != level:
            return None
        item = line.popleft()
        self._busy.add(key)
        self._under_way[item.id] = item
        self._under_way_of[item.partner_id] += 1
        return item


def _number(item: Item) -> int:
    return item.key_seq


def _of(line: deque[Item], partner_id: UUID) -> bool:
    return bool(line) and line[0].partner_id == partner_id
