"""The specified table of moves, written down a second time by hand, as the tests' oracle.

action: (from, to, who, event); `same` stays, `back` returns to where request_cancel came from.
"""

AFTER = "accepted waitlisted scheduled in_care"
OPEN = (
    "draft submitted in_review info_requested accepted waitlisted scheduled in_care completed "
    "declined cancel_requested expired"
)
PAGE: dict[str, tuple[str, str, str, str | None]] = {
    "submit": ("draft", "submitted", "rc rd", "submitted"),
    "claim": ("submitted", "in_review", "co cl", "received"),
    "release": ("in_review", "submitted", "co cl", "released"),
    "request_info": ("submitted in_review", "info_requested", "co cl", "info_requested"),
    "provide_info": ("info_requested", "in_review", "rc rd", "info_provided"),
    "expire": ("info_requested", "expired", "sy", "expired"),
    "accept": ("in_review", "accepted", "co cl", "accepted"),
    "decline": (f"submitted in_review {AFTER}", "declined", "co cl", "declined"),
    "waitlist": ("accepted", "waitlisted", "co", "waitlisted"),
    "unwaitlist": ("waitlisted", "accepted", "co", "accepted"),
    "schedule": ("accepted waitlisted in_care", "scheduled", "co ps", "appointment_booked"),
    "reschedule": ("scheduled", "scheduled", "co ps", "appointment_rescheduled"),
    "cancel_appointment": ("scheduled", "accepted", "co ps", "appointment_cancelled"),
    "record_no_show": ("scheduled", "accepted", "co ps", "appointment_missed"),
    "start_care": ("accepted scheduled", "in_care", "cl ps", "care_started"),
    "add_interim_note": ("in_care", "same", "cl ps", "interim_note_added"),
    "complete": (
        "accepted scheduled in_care cancel_requested", "completed", "cl ps", "completed",
    ),
    "close": ("completed declined expired", "closed", "rc rd sy", "closed"),
    "cancel": ("submitted in_review info_requested", "cancelled", "rc rd", "cancelled"),
    "request_cancel": (AFTER, "cancel_requested", "rc rd", "cancel_requested"),
    "confirm_cancel": ("cancel_requested", "cancelled", "co", "cancelled"),
    "refuse_cancel": ("cancel_requested", "back", "co cl", "cancel_refused"),
    "redirect": ("in_review accepted waitlisted declined", "redirected", "co", "redirected"),
    "mark_unable": (
        "accepted waitlisted in_care", "unable_to_complete", "co cl", "unable_to_complete",
    ),
    "reopen": ("completed closed", "in_care", "co cl", "reopened"),
    "resubmit": ("declined cancelled expired", "same", "rc rd", "resubmitted"),
    "mark_error": (OPEN, "entered_in_error", "ca po", "entered_in_error"),
}  # fmt: skip
