"""One message of a partner, delivered again and again, applied by a process that dies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

CRASHES, CONSUMERS = 3, 2


class Inbox(NamedTuple):
    in_queue: bool = True
    # For each consumer: idle, working, done (to be acknowledged); "effect" of the mutant alone.
    consumers: tuple[str, ...] = ("idle",) * CONSUMERS
    stored: bool = False
    effects: int = 0
    crashes: int = 0


def moves(*, dedupes_after_effect: bool):  # type: ignore[no-untyped-def]
    def of(inbox: Inbox) -> Iterator[tuple[str, Inbox]]:
        for number, at in enumerate(inbox.consumers):
            if at == "idle" and inbox.in_queue:
                # The broker delivers again at any time: a consumer that is slow looks dead.
                yield f"deliver ({number})", _at(inbox, number, "working")
            if at == "working":
                yield _work(inbox, number, dedupes_after_effect)
            if at == "effect":
                yield f"store ({number})", _at(inbox, number, "done")._replace(stored=True)
            if at == "done":
                yield f"acknowledge ({number})", _at(inbox, number, "idle")._replace(in_queue=False)
            if at != "idle" and inbox.crashes < CRASHES:
                yield (
                    f"crash ({number})",
                    _at(inbox, number, "idle")._replace(crashes=inbox.crashes + 1),
                )

    return of


def _work(inbox: Inbox, number: int, dedupes_after_effect: bool) -> tuple[str, Inbox]:
    """The first to insert the id applies it, in one transaction; the mutant looks first."""
    if inbox.stored:
        return f"known ({number})", _at(inbox, number, "done")
    if dedupes_after_effect:
        return f"effect ({number})", _at(inbox, number, "effect")._replace(
            effects=inbox.effects + 1
        )
    return f"store and effect ({number})", _at(inbox, number, "done")._replace(
        stored=True, effects=inbox.effects + 1
    )


def _at(inbox: Inbox, number: int, where: str) -> Inbox:
    consumers = list(inbox.consumers)
    consumers[number] = where
    return inbox._replace(consumers=tuple(consumers))


def wrong(inbox: Inbox) -> str:
    return f"{inbox.effects} effects" if inbox.effects > 1 else ""


def stuck(inbox: Inbox) -> str:
    return "" if inbox.effects == 1 and not inbox.in_queue else "not applied"
