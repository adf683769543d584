"""A-12: the daily opioid dose in morphine milligram equivalents, in Decimal.

Factors of CDC 2022. They are for adding up, not for changing from one opioid to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import facts
from .findings import VERSION
from .settings import DEFAULTS, ClinicRules

SOURCE = "CDC Clinical Practice Guideline for Prescribing Opioids for Pain, 2022"
# Milligrams a day by mouth; the fentanyl patch in micrograms an hour.
FACTORS: dict[str, Decimal] = {
    "codeine": Decimal("0.15"),
    "fentanyl_td": Decimal("2.4"),
    "hydrocodone": Decimal("1.0"),
    "hydromorphone": Decimal("5.0"),
    "methadone": Decimal("4.7"),
    "morphine": Decimal("1.0"),
    "oxycodone": Decimal("1.5"),
    "oxymorphone": Decimal("3.0"),
    "tapentadol": Decimal("0.4"),
    "tramadol": Decimal("0.2"),
}
_PATCH = "fentanyl_td"
_NO_FACTOR = "buprenorphine"


@dataclass(frozen=True, slots=True)
class Mme:
    """`total` in mg a day; `partial` where an entry could not be counted.

    `basis` lists what was counted, `not_computed` what was not and why, `excluded` the drugs
    that have no factor by design.
    """

    total: Decimal
    partial: bool
    basis: tuple[Mapping[str, Any], ...]
    not_computed: tuple[Mapping[str, Any], ...]
    excluded: tuple[str, ...]
    at_caution: bool
    at_historical: bool
    rule: str = "A-12"
    version: str = VERSION
    source: str = SOURCE


def mme(content: Any, rules: ClinicRules = DEFAULTS) -> Mme | None:
    """The sum over `substance.opioids`, or None where no opioid is listed."""
    opioids = facts.entries(content, "substance", "opioids")
    if not opioids:
        return None
    counted, skipped, excluded = [], [], []
    for position, opioid in enumerate(opioids):
        if opioid.get("drug") == _NO_FACTOR:
            excluded.append(_NO_FACTOR)
        elif reason := _uncountable(opioid):
            skipped.append({"position": position, "reason": reason})
        else:
            counted.append(_counted(position, opioid))
    total = sum((entry["mme"] for entry in counted), Decimal(0))
    return Mme(
        total=total,
        partial=bool(skipped),
        basis=tuple(counted),
        not_computed=tuple(skipped),
        excluded=tuple(excluded),
        at_caution=total >= rules.mme_caution,
        at_historical=total >= rules.mme_historical,
    )


def _uncountable(opioid: Mapping[str, Any]) -> str | None:
    """Why an entry has no share in the sum: a guess would be worse than a partial sum."""
    drug = opioid.get("drug")
    if not isinstance(drug, str) or drug not in FACTORS:
        return "no_factor"
    if facts.number(opioid.get("daily_dose")) is None:
        return "dose_missing"
    if opioid.get("unit") != ("mcg_hour" if drug == _PATCH else "mg_day"):
        return "unit"
    if opioid.get("route") not in (None, "transdermal" if drug == _PATCH else "oral"):
        return "route"
    return None


def _counted(position: int, opioid: Mapping[str, Any]) -> dict[str, Any]:
    dose = facts.number(opioid["daily_dose"]) or Decimal(0)
    factor = FACTORS[opioid["drug"]]
    return {
        "position": position,
        "drug": opioid["drug"],
        "dose": dose,
        "factor": factor,
        "mme": dose * factor,
    }
