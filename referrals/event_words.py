"""What each event says, in one sentence for the catalogue and the schemas."""

from __future__ import annotations

SUMMARIES: dict[str, str] = {
    "accepted": "The clinic accepted the referral, or took it off the waiting list (`again`).",
    "amended": "A sent referral was changed. `changed` names the fields, never their values.",
    "appointment_booked": "An appointment was booked. Its time and place are read by the link.",
    "appointment_cancelled": "The appointment was cancelled; the referral stays accepted.",
    "appointment_missed": "The patient did not come; the referral stays accepted.",
    "appointment_rescheduled": "The appointment was moved to another time.",
    "assigned": "Somebody else reviews the referral now.",
    "cancel_refused": "The clinic goes on, although the practice asked to stop.",
    "cancel_requested": "The practice asks to stop after the clinic has accepted.",
    "cancelled": "The referral was stopped.",
    "care_started": "The patient was seen; care has started.",
    "clock_at_risk": "A clock of the referral will soon run out.",
    "clock_breached": "A clock of the referral ran out.",
    "closed": "The loop is closed: the practice has read the answer, or time has (`automatic`).",
    "completed": "The clinic sent the outcome and the plan for both conditions.",
    "consent_revoked": "The patient's consent was revoked. Protected content closed to the clinic.",
    "declined": "The clinic will not take the referral. `late` after it had accepted.",
    "document_added": "A file was added.",
    "document_blocked": "A file was blocked, because its check found something.",
    "entered_in_error": "The referral should never have existed.",
    "expired": "A request for information ran out without an answer.",
    "info_provided": "The practice answered the clinic's questions.",
    "info_requested": "The clinic asks the practice for information; routine clocks stop.",
    "interim_note_added": "A note was written during care.",
    "message_posted": "One side wrote a message to the other.",
    "priority_changed": "The priority was changed; `priority` is the new one.",
    "received": "A reviewer at the clinic has opened the referral.",
    "redirected": "The referral went to another clinic, where a linked one replaces it.",
    "released": "The reviewer gave the referral back to the unclaimed list.",
    "reopened": "Care goes on after the outcome had been sent.",
    "resubmitted": "The practice wrote a new referral in place of this one.",
    "submitted": "The practice sent the referral. `replaces` where it follows another one.",
    "unable_to_complete": "Care could not be completed.",
    "waitlisted": "The clinic put the referral on its waiting list.",
}

# In the order in which somebody chooses among them: what each group is about.
GROUPS: dict[str, tuple[str, ...]] = {
    "Where the referral stands": (
        "submitted", "received", "released", "info_requested", "info_provided", "waitlisted",
        "accepted", "declined", "redirected", "resubmitted", "expired", "cancel_requested",
        "cancel_refused", "cancelled", "entered_in_error",
    ),
    "Appointments and care": (
        "appointment_booked", "appointment_rescheduled", "appointment_cancelled",
        "appointment_missed", "care_started", "interim_note_added", "completed",
        "unable_to_complete", "reopened", "closed",
    ),
    "What is in it": (
        "amended", "priority_changed", "document_added", "document_blocked", "message_posted",
        "consent_revoked",
    ),
    "Work at the clinic": ("assigned", "clock_at_risk", "clock_breached"),
}  # fmt: skip
