"""What comes before its channel is there: nearly nothing, since two channels always are."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.relay.transport import Publication


class Early:
    """Publications that wait for a channel, and the channels that are being opened for them.

    Used under the publisher's lock: whether a channel is there and what waits for it change
    together.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, list[Publication]] = {}
        self._opening: set[str] = set()

    def add(self, name: str, publications: Sequence[Publication]) -> None:
        self._waiting.setdefault(name, []).extend(publications)

    def to_open(self) -> set[str]:
        """The channels that something waits for, each told once."""
        wanted = self._waiting.keys() - self._opening
        self._opening |= wanted
        return wanted

    def ready(self, name: str) -> list[Publication]:
        """The channel is there: what waited for it."""
        self._opening.discard(name)
        return self._waiting.pop(name, [])

    def give_up(self, name: str) -> list[int]:
        """There will be no such channel: the tokens of what waited for it."""
        return [publication.token for publication in self.ready(name)]

    def give_up_all(self) -> list[int]:
        return [
            token for name in self._waiting.keys() | self._opening for token in self.give_up(name)
        ]
