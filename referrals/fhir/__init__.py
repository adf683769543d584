"""One referral as a FHIR R4 collection Bundle, for whoever may read it, as plain dicts."""

from .bundle import bundle_of

__all__ = ["bundle_of"]
