"""The lifecycle: states, actions and the one table of moves."""

from referrals.lifecycle.actions import Action
from referrals.lifecycle.moves import Guard, Move, Target
from referrals.lifecycle.states import OPEN_STATES, STATES, Phase, State, StateInfo, Turn
from referrals.lifecycle.table import (
    ALL_MOVES,
    BESIDE,
    EVENT_NAMES,
    MOVE_FOR,
    MOVES,
)

__all__ = [
    "ALL_MOVES",
    "BESIDE",
    "EVENT_NAMES",
    "MOVES",
    "MOVE_FOR",
    "OPEN_STATES",
    "STATES",
    "Action",
    "Guard",
    "Move",
    "Phase",
    "State",
    "StateInfo",
    "Target",
    "Turn",
]  # fmt: skip
