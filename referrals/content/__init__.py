"""The referral's content: one schema for the pages, the API, the checks and the documents."""

from .sections import LISTS, SECTIONS
from .validation import (
    apply,
    as_read,
    changed_names,
    empty,
    merge,
    patient_keys,
    section_field,
    split,
    validate,
)

__all__ = [
    "LISTS",
    "SECTIONS",
    "apply",
    "as_read",
    "changed_names",
    "empty",
    "merge",
    "patient_keys",
    "section_field",
    "split",
    "validate",
]
