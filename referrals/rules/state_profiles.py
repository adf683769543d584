"""What a state's law asks of a referral, as one table: whose referral needs a written consent.

Florida is the state that was read; every other state stands under the cautious profile until
somebody reads its law and adds a row. An operator's counsel confirms each row.
"""

from __future__ import annotations

from dataclasses import dataclass

THERAPISTS = frozenset({"psychologist", "lcsw", "lmhc", "lmft"})


@dataclass(frozen=True, slots=True)
class StateProfile:
    """`written_consent_kinds` are kinds of referrer; `source` is shown beside what follows."""

    state: str
    written_consent_kinds: frozenset[str]
    source: str
    confirmed: bool = False  # read in the law itself, not assumed


CAUTIOUS = StateProfile(
    state="",
    written_consent_kinds=THERAPISTS,
    source="Assumed: the law of this state was not read, so the stricter rule stands",
)
PROFILES: dict[str, StateProfile] = {
    "FL": StateProfile(
        state="FL",
        written_consent_kinds=THERAPISTS,
        source="F.S. 490.0147 (psychologists) and 491.0147 (LCSW, LMHC, LMFT): confidential "
        "unless the patient waives it in writing",
        confirmed=True,
    ),
}


def profile_of(state: str | None) -> StateProfile:
    """The row of a USPS code; the cautious one where the table has none."""
    return PROFILES.get(state or "", CAUTIOUS)


def kinds_bound_in(*states: str | None) -> frozenset[str]:
    """The kinds of referrer that need a written consent in any of these states."""
    found = [profile_of(state).written_consent_kinds for state in states] or [
        CAUTIOUS.written_consent_kinds
    ]
    return frozenset().union(*found)
