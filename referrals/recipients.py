"""Whom a line of a signed form means: people write a clinic's name in their own way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from referrals.models import Organisation

# Words that stand in many clinics' names, and name none.
COMMON_WORDS = frozenset(
    {"a", "and", "at", "care", "center", "centre", "clinic", "clinics", "group", "health",
     "inc", "integrated", "llc", "medical", "medicine", "of", "pain", "program", "programme",
     "services", "the", "treatment", "wellness"}
)  # fmt: skip
# Words that may stand beside a clinic's own without making it another place.
FILLING = frozenset(
    {"a", "and", "at", "center", "centre", "clinic", "clinics", "in", "inc", "llc", "of",
     "program", "programme", "the"}
)  # fmt: skip
# Whoever treats (42 CFR 2.31), unless the line goes on to say where: "all providers at ...".
_WHO = r"(?:providers?|clinics?|clinicians?|doctors?|physicians?|practitioners?|teams?)"
_NOWHERE_ELSE = r"(?!\s*(?::|(?:at|from|in|of)\b(?!\s+(?:my|this)\b)))"
ANY_TREATING = re.compile(
    rf"\btreating\s+{_WHO}\b{_NOWHERE_ELSE}"
    rf"|\b(?:any|all)\s+(?:of\s+)?(?:my\s+)?providers?\b{_NOWHERE_ELSE}"
    rf"|\b{_WHO}\s+(?:named\s+)?(?:on|in)\s+this\s+referral\b"
)


def names_clinic(recipients: Iterable[str], clinic: Organisation) -> bool:
    """Whether one of the lines means this clinic, by its name, its short name or as any treating.

    A place is not a name: "Apopka Family Dental" is not the clinic in Apopka.
    """
    return any(_means(line.casefold(), clinic) for line in recipients)


def _means(line: str, clinic: Organisation) -> bool:
    words = _words(line)
    name, slug = _words(clinic.name), _words(clinic.slug)
    if ANY_TREATING.search(line) or _stands_in(name, words):
        return True
    alone = set(words) <= {*name, *slug} | FILLING
    return alone and any(_told_by(own, words) for own in (name, slug))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _stands_in(name: Sequence[str], words: Sequence[str]) -> bool:
    """The whole name, word by word, somewhere in the line."""
    return bool(name) and f" {' '.join(name)} " in f" {' '.join(words)} "


def _told_by(own: Sequence[str], words: Sequence[str]) -> bool:
    """Every word that tells this clinic from another is there."""
    telling = set(own) - COMMON_WORDS
    return bool(telling) and telling <= set(words)
