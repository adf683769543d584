"""The tables of the domain."""

from referrals.access.models import *  # noqa: F403
from referrals.models.advice import Advice, AdviceEntry, AdviceStage
from referrals.models.care import (
    Appointment,
    AppointmentStatus,
    ErrorRequest,
    FlagReview,
    InterimNote,
    Outcome,
)
from referrals.models.clinical_settings import ClinicalSettings
from referrals.models.clocks import ClockLimits, ReferralClock
from referrals.models.conversation import (
    AnswerDraft,
    CannedAnswer,
    ContactAttempt,
    InformationItem,
    InformationRequest,
    Message,
    MessageDraft,
    MessageRead,
)
from referrals.models.documents import BlockedBy, Document, ScanState
from referrals.models.duplicates import DuplicateDecision, DuplicateVerdict
from referrals.models.figures import Milestones, StateSpan
from referrals.models.filters import SavedFilter
from referrals.models.notices import How, Mail, MailStatus, Notice, NotificationChoice
from referrals.models.organisations import (
    ClinicianKind,
    ClinicianProfile,
    Holiday,
    Membership,
    Organisation,
    OrganisationKind,
    Service,
)
from referrals.models.plan import (
    ClinicianInvitation,
    ContributorSide,
    InvitationStatus,
    PlanContribution,
    PlanSide,
    PlanTopic,
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
    "SECTION_NAMES",
    "Advice",
    "AdviceEntry",
    "AdviceStage",
    "AnswerDraft",
    "Appointment",
    "AppointmentStatus",
    "AssessmentResult",
    "BlockedBy",
    "CannedAnswer",
    "ClinicalSettings",
    "ClinicianInvitation",
    "ClinicianKind",
    "ClinicianProfile",
    "ClockLimits",
    "ContactAttempt",
    "ContentVersion",
    "ContributorSide",
    "Document",
    "DuplicateDecision",
    "DuplicateVerdict",
    "ErrorRequest",
    "FlagReview",
    "HiddenReason",
    "Holiday",
    "How",
    "IdempotencyRecord",
    "InformationItem",
    "InformationRequest",
    "InterimNote",
    "InvitationStatus",
    "Mail",
    "MailStatus",
    "Membership",
    "Message",
    "MessageDraft",
    "MessageRead",
    "Milestones",
    "Notice",
    "NotificationChoice",
    "Organisation",
    "OrganisationKind",
    "Origin",
    "Outcome",
    "PlanContribution",
    "PlanSide",
    "PlanTopic",
    "Priority",
    "Reason",
    "Referral",
    "ReferralClock",
    "ReferralContent",
    "SavedFilter",
    "ScanState",
    "Service",
    "StateSpan",
    "TimelineEntry",
]  # fmt: skip
