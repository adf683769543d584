"""The names of everything that can be done to a referral."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    CREATE = "create"
    SUBMIT = "submit"
    CLAIM = "claim"
    RELEASE = "release"
    REQUEST_INFO = "request_info"
    PROVIDE_INFO = "provide_info"
    EXPIRE = "expire"
    ACCEPT = "accept"
    DECLINE = "decline"
    WAITLIST = "waitlist"
    UNWAITLIST = "unwaitlist"
    SCHEDULE = "schedule"
    RESCHEDULE = "reschedule"
    CANCEL_APPOINTMENT = "cancel_appointment"
    RECORD_NO_SHOW = "record_no_show"
    START_CARE = "start_care"
    ADD_INTERIM_NOTE = "add_interim_note"
    COMPLETE = "complete"
    CLOSE = "close"
    CANCEL = "cancel"
    REQUEST_CANCEL = "request_cancel"
    CONFIRM_CANCEL = "confirm_cancel"
    REFUSE_CANCEL = "refuse_cancel"
    REDIRECT = "redirect"
    MARK_UNABLE = "mark_unable"
    REOPEN = "reopen"
    RESUBMIT = "resubmit"
    MARK_ERROR = "mark_error"
    # Beside the moves, done like them: one endpoint, If-Match, one event.
    ASSIGN = "assign"
    CHANGE_PRIORITY = "change_priority"
    REVIEW_FLAG = "review_flag"
    LOG_CONTACT = "log_contact"
    REVOKE_CONSENT = "revoke_consent"

    @property
    def slug(self) -> str:
        """The action as it stands in addresses: hyphens, no underscores."""
        return self.value.replace("_", "-")

    @classmethod
    def from_slug(cls, slug: str) -> Action | None:
        if "_" in slug:
            return None
        name = slug.replace("-", "_")
        return cls(name) if name in cls._value2member_map_ else None
