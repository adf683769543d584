"""What a clinic's medical director and counsel may set, with the defaults of the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from referrals.instruments import CUTS, Cuts

ALL_STATES = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class ClinicRules:
    """Cut points, time limits (whole days) and levels. `flag_levels` overrides a K-flag's level.

    `written_consent_states` holds USPS codes, or `*` for every state (the safest, so the
    default): there a therapist's referral needs the patient's written consent. `number` says
    which of the clinic's choices this is, 0 where it chose nothing.
    """

    cuts: Cuts = CUTS
    c02_pcl_5: int = 33
    c02_peg: Decimal = Decimal("7.0")
    c01_phq_9: int = 20
    stale_after_days: int = 30
    reassurance_days: int = 14
    recent_event_days: int = 30
    blood_pressure_days: int = 30
    ptsd_screen_not_needed_months: int = 12
    bp_review: tuple[int, int] = (180, 120)
    bp_caution: tuple[int, int] = (140, 90)
    mme_caution: Decimal = Decimal(50)
    mme_historical: Decimal = Decimal(90)
    adult_age: int = 18
    older_age: int = 65
    flag_levels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    written_consent_states: frozenset[str] = ALL_STATES
    number: int = 0


DEFAULTS = ClinicRules()
