"""The safety flags by name: what each is about, and its published level or levels.

A clinic's medical director may choose one level of their own for a flag (ClinicRules).
"""

from __future__ import annotations

WORDS = {"R": "Review", "C": "Caution", "I": "Information"}
PUBLISHED: dict[str, tuple[str, str]] = {
    "K-01": ("Poorly controlled cardiovascular disease", "R"),
    "K-02": ("Pregnant or possibly pregnant", "R"),
    "K-03": ("Psychosis, active or poorly controlled", "R"),
    "K-04": ("Liver disease", "RC"),
    "K-05": ("Raised pressure in the skull or the eye", "R"),
    "K-06": ("Substance use problem", "RC"),
    "K-07": ("High blood pressure", "RC"),
    "K-08": ("Aneurysm, malformed vessels or past brain hemorrhage", "R"),
    "K-09": ("Hypersensitivity to ketamine or esketamine", "R"),
    "K-10": ("Benzodiazepine", "C"),
    "K-11": ("Lamotrigine", "C"),
    "K-12": ("MAO inhibitor", "C"),
    "K-13": ("Stimulant", "C"),
    "K-14": ("Opioid", "C"),
    "K-15": ("Untreated hyperthyroidism", "C"),
    "K-16": ("Mania or hypomania", "C"),
    "K-17": ("Bladder symptoms or heavy past ketamine use", "C"),
    "K-18": ("Sleep apnea, home oxygen or severe lung disease", "C"),
    "K-19": ("Seizure disorder", "C"),
    "K-20": ("Aged 65 or over", "C"),
    "K-21": ("Breast-feeding", "C"),
    "K-22": ("Strong CYP3A4 or CYP2B6 interaction", "I"),
    "K-23": ("Nobody to escort home", "I"),
    "K-24": ("Compounded, oral or at-home ketamine before", "I"),
}


def published(rule: str) -> str:
    """`Review or caution`, for a flag with two levels."""
    first, *rest = (WORDS[level] for level in PUBLISHED[rule][1])
    return " or ".join([first, *(words.lower() for words in rest)])
