"""The relay's protocol for one key: three messages, two relays, a broker, and faults at any time.

Order is kept per key, so one key shows all; that keys do not disturb one another is the
business of the tests of the real relay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MESSAGES, RELAYS = 3, 2


@dataclass(frozen=True)
class Rules:
    """How the relay behaves; each field that differs is a mutant."""

    in_flight: int = 1
    marks_before_confirm: bool = False
    continues_after_nack: bool = False
    # How many refusals, cuts, crashes and leases lost a history may have.
    faults: int = 2


class Relay(NamedTuple):
    """What one relay knows: it owns the key, or thinks so; what it published, and learned."""

    owns: bool = False
    under_way: tuple[int, ...] = ()
    confirmed: tuple[int, ...] = ()
    passed_over: tuple[int, ...] = ()
    # On the wire to the broker, and on the way back.
    pipe: tuple[int, ...] = ()
    answers: tuple[tuple[int, bool], ...] = ()


class World(NamedTuple):
    committed: int = 0
    sent: frozenset[int] = frozenset()
    relays: tuple[Relay, ...] = (Relay(),) * RELAYS
    queue: tuple[int, ...] = ()
    # Bytes of dead connections, which the broker may still read.
    ghosts: tuple[int, ...] = ()
    faults: int = 0


def moves(rules: Rules):  # type: ignore[no-untyped-def]
    """All that can happen in a world under these rules."""

    def of(world: World) -> Iterator[tuple[str, World]]:
        if world.committed < MESSAGES:
            yield f"commit {world.committed + 1}", world._replace(committed=world.committed + 1)
        if world.ghosts:
            yield from _ghost(world)
        for number, relay in enumerate(world.relays):
            for name, changed in _relay_moves(rules, world, relay):
                relays = list(changed.relays)
                yield f"{name} ({number})", changed._replace(relays=tuple(relays))
            if world.faults < rules.faults:
                yield from _faults(world, number)

    return of


def _put(world: World, old: Relay, new: Relay) -> World:
    relays = list(world.relays)
    relays[relays.index(old)] = new
    return world._replace(relays=tuple(relays))


def _relay_moves(rules: Rules, world: World, relay: Relay) -> Iterator[tuple[str, World]]:
    following = _next(rules, world, relay)
    if following:
        published = relay._replace(
            under_way=(*relay.under_way, following), pipe=(*relay.pipe, following)
        )
        changed = _put(world, relay, published)
        if rules.marks_before_confirm:
            changed = changed._replace(sent=changed.sent | {following})
        yield f"publish {following}", changed
    if relay.pipe:
        yield from _broker_reads(rules, world, relay)
    if relay.answers:
        yield _learn(rules, world, relay)
    if relay.confirmed:
        marked = world._replace(sent=world.sent | set(relay.confirmed))
        yield "mark", _put(marked, relay, relay._replace(confirmed=()))


def _next(rules: Rules, world: World, relay: Relay) -> int:
    """The message that this relay would publish now, or 0."""
    if not relay.owns or len(relay.under_way) >= rules.in_flight:
        return 0
    known = {*relay.under_way, *relay.confirmed, *world.sent, *relay.passed_over}
    return next((m for m in range(1, world.committed + 1) if m not in known), 0)


def _broker_reads(rules: Rules, world: World, relay: Relay) -> Iterator[tuple[str, World]]:
    first, rest = relay.pipe[0], relay.pipe[1:]
    read = relay._replace(pipe=rest)
    took = _put(world, relay, read._replace(answers=(*read.answers, (first, True))))
    yield f"store {first}", took._replace(queue=(*world.queue, first))
    if world.faults < rules.faults:
        refused = _put(world, relay, read._replace(answers=(*read.answers, (first, False))))
        yield f"refuse {first}", refused._replace(faults=world.faults + 1)


def _learn(rules: Rules, world: World, relay: Relay) -> tuple[str, World]:
    (message, stored), rest = relay.answers[0], relay.answers[1:]
    under_way = tuple(m for m in relay.under_way if m != message)
    learned = relay._replace(answers=rest, under_way=under_way)
    if stored:
        learned = learned._replace(confirmed=(*relay.confirmed, message), passed_over=())
    elif rules.continues_after_nack:
        learned = learned._replace(passed_over=(*relay.passed_over, message))
    return f"learn of {message}", _put(world, relay, learned)


def _ghost(world: World) -> Iterator[tuple[str, World]]:
    first, rest = world.ghosts[0], world.ghosts[1:]
    yield f"late {first}", world._replace(ghosts=rest, queue=(*world.queue, first))
    yield "late bytes are lost", world._replace(ghosts=())


def _faults(world: World, number: int) -> Iterator[tuple[str, World]]:
    """The connection ends, the process dies, or the lease goes to the other relay."""
    relay, worse = world.relays[number], world._replace(faults=world.faults + 1)
    if relay.under_way:
        cut = relay._replace(under_way=(), pipe=(), answers=())
        yield f"cut ({number})", _put(worse, relay, cut)._replace(ghosts=world.ghosts + relay.pipe)
    if relay != Relay():
        yield (
            f"crash ({number})",
            _put(worse, relay, Relay())._replace(ghosts=world.ghosts + relay.pipe),
        )
    if not relay.owns:
        # The other one may go on for as long as it sleeps, or does not look at its lease.
        yield f"lease to ({number})", _put(worse, relay, relay._replace(owns=True))


def wrong(world: World) -> str:
    """Out of order without repetitions, or marked as sent and not in the queue."""
    seen = list(dict.fromkeys(world.queue))
    if seen != list(range(1, len(seen) + 1)):
        return f"out of order {seen}"
    lost = world.sent - set(world.queue)
    return f"lost {sorted(lost)}" if lost and _at_rest(world) else ""


def _at_rest(world: World) -> bool:
    return not world.ghosts and all(relay.pipe == () for relay in world.relays)


START = World(relays=(Relay(owns=True), *(Relay(),) * (RELAYS - 1)))
