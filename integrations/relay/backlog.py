"""What the relay holds in memory: for each key a line of which one may be under way."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from uuid import UUID

from integrations.relay.selection import Item


class Backlog:
    """Lines of deliveries by ordering key.

    An item is waiting, under way, or settled (decided but not yet written to the table).
    At most one of each key is under way.
    """

    def __init__(self) -> None:
        self._lines: dict[str, deque[Item]] = {}
        self._ready: deque[str] = deque()
        self._under_way: dict[int, Item] = {}
        self._busy: set[str] = set()
        self._known: dict[int, UUID] = {}
        self._of_partner: defaultdict[UUID, int] = defaultdict(int)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    @property
    def has_ready(self) -> bool:
        return bool(self._ready)

    def known(self, partner_id: UUID) -> list[int]:
        """The ids that must not be loaded again."""
        if not self._of_partner[partner_id]:
            return []
        return [id_ for id_, owner in self._known.items() if owner == partner_id]

    def add(self, items: Iterable[Item]) -> None:
        """Take loaded items, in the order of their keys."""
        for item in items:
            self._known[item.id] = item.partner_id
            self._of_partner[item.partner_id] += 1
            line = self._lines.setdefault(item.ordering_key, deque())
            line.append(item)
            if len(line) == 1 and item.ordering_key not in self._busy:
                self._ready.append(item.ordering_key)

    def take(self, most: int) -> list[Item]:
        """The next items to publish; they are under way from here on."""
        taken: list[Item] = []
        while self._ready and len(taken) < most:
            key = self._ready.popleft()
            line = self._lines.get(key)
            if not line or key in self._busy:
                continue
            item = line.popleft()
            self._busy.add(key)
            self._under_way[item.id] = item
            taken.append(item)
        return taken

    def settle(self, id_: int) -> Item:
        """It is decided: the next of its key may go. It stays known until `forget`."""
        item = self._under_way.pop(id_)
        self._busy.discard(item.ordering_key)
        if self._lines.get(item.ordering_key):
            self._ready.append(item.ordering_key)
        else:
            self._lines.pop(item.ordering_key, None)
        return item

    def forget(self, ids: Iterable[int]) -> None:
        """The table knows about these."""
        for id_ in ids:
            partner_id = self._known.pop(id_, None)
            if partner_id is not None:
                self._of_partner[partner_id] -= 1

    def drop_line(self, key: str) -> None:
        """Forget what waits behind a failure: it is loaded again when the key is free."""
        self.forget([item.id for item in self._lines.pop(key, ())])

    def drop_partner(self, partner_id: UUID) -> None:
        """Forget what waits for a partner."""
        for key in [k for k, line in self._lines.items() if _of(line, partner_id)]:
            self.drop_line(key)

    def drop_waiting(self) -> None:
        """Forget all that waits; what is under way stays."""
        for key in list(self._lines):
            self.drop_line(key)
        self._ready.clear()


def _of(line: deque[Item], partner_id: UUID) -> bool:
    return bool(line) and line[0].partner_id == partner_id
