"""The screening instruments as data, and their scoring as pure functions.

The portal transcribes results that were obtained on an authorised form; it administers
nothing. Items carry short topics of our own, never an instrument's wording. Nothing here
imports Django.
"""

from .catalog import INSTRUMENTS
from .change import Change, change
from .definition import Band, Instrument, Result, ScoringError
from .scoring import score
from .settings import CUTS, Cuts

__all__ = [
    "CUTS",
    "INSTRUMENTS",
    "Band",
    "Change",
    "Cuts",
    "Instrument",
    "Result",
    "ScoringError",
    "change",
    "score",
]
