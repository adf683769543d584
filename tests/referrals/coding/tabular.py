"""The whole release, of the development requirement; its loading uses a deprecated call."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import simple_icd_10_cm as whole

__all__ = ["whole"]
