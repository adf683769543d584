"""Diagnosis codes: the release that is loaded, looking one up, and what does not fit together.

Pure, without Django. Everything that is said about a code is a warning; nothing is blocked.
"""

from .conflicts import CodingWarning, coding_warnings
from .groups import GROUPS
from .release import Code, Release, read, shipped
from .search import find

__all__ = [
    "GROUPS",
    "Code",
    "CodingWarning",
    "Release",
    "coding_warnings",
    "find",
    "read",
    "shipped",
]
