"""Words that the portal itself never writes: a verdict on a patient, or a dose.

What a source says in its own words stands in REVIEWED, each with its reason; nothing else.
"""

from __future__ import annotations

import re

VERDICTS = re.compile(
    r"\b(?:in)?eligib\w*|\b(?:dis)?approv(?:e|ed|es|al|als|ing)\b|\bcontra-?indicat\w*|"
    r"\brecommend\w*\s+(?:an?\s+|the\s+|this\s+)?(?:\w+\s+)?dos(?:e|es|age|ing)\b|"
    r"\bdos(?:e|age|ing) (?:is |are )?recommend\w*|\b\d+(?:\.\d+)?\s?mg\s?/\s?kg\b",
    re.IGNORECASE,
)
# (a part of the sentence as it stands, why it may stand there)
REVIEWED: tuple[tuple[str, str], ...] = ()


def verdicts(text: str) -> list[str]:
    """Each forbidden word with what stands around it."""
    for sentence, _ in REVIEWED:
        text = text.replace(sentence, "")
    return [text[max(m.start() - 40, 0) : m.end() + 40] for m in VERDICTS.finditer(text)]
