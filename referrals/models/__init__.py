"""The tables of the domain."""

from referrals.access.models import *  # noqa: F403
from referrals.models.care import (
    Appointment,
    AppointmentStatus,
    Document,
    ErrorRequest,
    FlagReview,
    InterimNote,
    Outcome,
    ScanState,
)
from referrals.models.conversation import (
    ContactAttempt,
    InformationItem,
    InformationRequest,
    Message,
)
from referrals.models.duplicates import DuplicateDecision, DuplicateVerdict
from referrals.models.organisations import (
    ClinicianKind,
    ClinicianProfile,
    Holiday,
    Membership,
    Organisation,
    OrganisationKind,
    Service,
)
from referrals.models.reasons import HiddenReason, Reason
from referrals.models.referral import (
    SECTION_NAMES,
    ContentVersion,
    Origin,
    Priority,
    Referral,
    ReferralContent,
)
from referrals.models.results import AssessmentResult, IdempotencyRecord
from referrals.models.timeline import TimelineEntry

__all__ = [
    "SECTION_NAMES", "Appointment", "AppointmentStatus", "AssessmentResult", "ClinicianKind",
    "ClinicianProfile", "ContactAttempt", "ContentVersion", "Document",
    "DuplicateDecision", "DuplicateVerdict", "ErrorRequest", "FlagReview", "HiddenReason",
    "Holiday", "IdempotencyRecord", "InformationItem", "InformationRequest",
    "InterimNote", "Membership", "Message", "Organisation", "OrganisationKind", "Origin",
    "Outcome", "Priority", "Reason", "Referral", "ReferralContent", "ScanState", "Service",
    "TimelineEntry",
]  # fmt: skip
