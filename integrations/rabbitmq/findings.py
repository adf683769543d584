"""What a look at a broker found wrong: what, why it matters, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

IMPORT = "Import what `topology print` writes with `rabbitmqctl import_definitions`"


@dataclass(frozen=True)
class Finding:
    """One fault. `stops` marks those under which a message could be lost unnoticed, or none
    can be published at all: a relay does not begin its work on such a broker. `overheard`
    marks what a listener of the demo may cause as well."""

    name: str
    problem: str
    mend: str = IMPORT
    stops: bool = False
    overheard: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.problem}. {self.mend}."


def exchange_missing(name: str, *, stops: bool) -> Finding:
    return Finding(name, "is missing", stops=stops)


def queue_missing(name: str) -> Finding:
    return Finding(name, "is missing: what is owed to it waits in the outbox")


def unbound(name: str, exchange: str, key: str) -> Finding:
    return Finding(
        name,
        f"is not bound to {exchange} with {key}: messages for it are returned",
        f"Bind it to {exchange} with the key {key}, or import what `topology print` writes",
    )


def recreate(kind: str, name: str, problem: str, *, stops: bool = False) -> Finding:
    """A property that cannot be changed in place."""
    return Finding(
        name,
        problem,
        f"It cannot be changed in place: delete the {kind}, then import what `topology print` "
        "writes; what was in it comes again with `replay_events`",
        stops=stops,
    )


def swallowed(name: str, problem: str, *, overheard: bool = False) -> Finding:
    """Whoever else takes in what has no queue hides it from the publisher."""
    return Finding(
        name,
        problem,
        "Remove the alternate exchange, or the queue that is bound with #: with it, an event "
        "for a queue that is gone counts as delivered",
        stops=True,
        overheard=overheard,
    )
