"""Which parts of ICD-10-CM the shipped list holds: each prefix with all that stands below it."""

from __future__ import annotations

TRAUMA = ("F43",)
PAIN = (
    "G89", "G90.5", "G56.4", "G57.7", "M79.1", "M79.2", "M79.6", "M79.7", "M25.5", "M54",
    "M96.1", "G43", "G44", "R51", "G60", "G61", "G62", "G63", "G50", "G54.6", "B02.2", "F45.4",
    "N94.81", "R10.2", "R52", "E08.4", "E09.4", "E10.4", "E11.4", "E13.4",
)  # fmt: skip
MIND = (
    "F30", "F31", "F32", "F33", "F41", "G47.0", "F51.0",
    *(f"F1{digit}" for digit in range(10)),
    "Z79.891", "R45.851", "T14.91", "Z91.5", "Z87.820", "Z13.31",
)  # fmt: skip
# Codes that make the software ask about a safety finding. Pregnancy asks by Z33.1 and Z34, which
# are what a referral for pain or trauma carries; its own chapter, O00 to O9A, is larger than all
# that is listed here and is left to a full release. A code of it asks all the same, by its letter.
SAFETY = (
    "I10", "I11", "I12", "I13", "I15", "I16", "I20", "I21", "I22", "I23", "I24", "I25", "I47",
    "I48", "I49", "I50", "Z33.1", "Z34", "F20", "F21", "F22", "F23", "F24", "F25", "F28", "F29",
    "K70.3", "K70.4", "K72", "K74", "G93.2", "G91", "H40", "I71", "I72", "I67.1", "Q28.2",
    "Q28.3", "Q27.3", "I60", "I61", "I62", "E05", "N30.1", "N30.2", "G47.33", "J44", "G40",
)  # fmt: skip
GROUPS: tuple[str, ...] = (*TRAUMA, *PAIN, *MIND, *SAFETY)
