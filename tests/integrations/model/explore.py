"""Breadth-first search through every state of a small model."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

State = TypeVar("State", bound=Hashable)


class Violation(Exception):
    """A state that must not be; the message is the shortest way to it."""


def explore(
    start: State,
    moves: Callable[[State], Iterable[tuple[str, State]]],
    wrong: Callable[[State], str],
    *,
    stuck: Callable[[State], str] = lambda state: "",
) -> int:
    """Visit all states that can be reached; how many there are.

    Violation for a state of which `wrong` says what is wrong, or `stuck` where nothing moves.
    """
    came_from: dict[State, tuple[State, str] | None] = {start: None}
    frontier = [start]
    while frontier:
        following = []
        for state in frontier:
            found = list(moves(state))
            fault = wrong(state) or ("" if found else stuck(state))
            if fault:
                raise Violation(f"{fault} after: {', '.join(_way(came_from, state))}")
            for name, successor in found:
                if successor not in came_from:
                    came_from[successor] = (state, name)
                    following.append(successor)
        frontier = following
    return len(came_from)


def _way(came_from: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    names: list[str] = []
    step = came_from[state]
    while step is not None:
        state, name = step
        names.append(name)
        step = came_from[state]
    return names[::-1]
