"""Thirty referrals and what becomes of each: who does what, how many working days later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from referrals.lifecycle import Action, State

A, S = Action, State


@dataclass(frozen=True)
class Step:
    """`part` makes `action` so many working days after the step before.

    `itself` is the state to which the portal comes without anybody, before the step is due.
    """

    days: int
    part: str
    action: Action
    data: dict[str, Any] = field(default_factory=dict)
    itself: State | None = None


def step(days: int, part: str, action: Action, **data: Any) -> Step:
    return Step(days, part, action, data)


def after(state: State, days: int, part: str, action: Action, **data: Any) -> Step:
    return Step(days, part, action, data, itself=state)


CO, CL, RC, RD = "coordinator", "clinician", "physician", "delegate"
SENT = (step(0, RC, A.SUBMIT),)
CLAIMED = (*SENT, step(1, CO, A.CLAIM))
ACCEPTED = (*CLAIMED, step(1, CO, A.ACCEPT))
BOOKED = (*ACCEPTED, step(1, CO, A.SCHEDULE))
SEEN = (*BOOKED, step(4, CL, A.START_CARE))
DONE = (*SEEN, step(3, CL, A.COMPLETE))
ASKED = (*CLAIMED, step(0, CO, A.REQUEST_INFO))
DECLINED = (*CLAIMED, step(1, CL, A.DECLINE))

FATES: dict[str, tuple[Step, ...]] = {
    "straight": (*DONE, step(2, RC, A.CLOSE)),
    "with notes": (*SEEN, step(1, CL, A.ADD_INTERIM_NOTE), step(2, CL, A.COMPLETE),
                   step(3, RD, A.CLOSE)),
    "closes itself": (*SENT, step(0, CL, A.CLAIM), step(0, CL, A.ACCEPT), step(0, CO, A.SCHEDULE),
                      step(4, CL, A.START_CARE), step(0, CL, A.COMPLETE)),
    "outcome late": SEEN,
    "just booked": BOOKED,
    "asked and answered": (*ASKED, step(2, RD, A.PROVIDE_INFO), step(0, CL, A.ACCEPT),
                           step(1, CO, A.SCHEDULE), step(4, CL, A.START_CARE)),
    "asked in vain": (*ASKED, after(S.EXPIRED, 2, RC, A.CLOSE)),
    "asked in vain, sent again": (*ASKED, after(S.EXPIRED, 1, RC, A.RESUBMIT)),
    "declined": (*DECLINED, step(2, RC, A.CLOSE)),
    "declined, sent again": (*DECLINED, step(1, RC, A.RESUBMIT)),
    "declined and left": DECLINED,
    "waiting list": (*ACCEPTED, step(1, CO, A.WAITLIST), step(8, CO, A.UNWAITLIST),
                     step(0, CO, A.SCHEDULE), step(4, CL, A.START_CARE)),
    "on the waiting list": (*ACCEPTED, step(0, CO, A.WAITLIST)),
    "missed": (*BOOKED, step(4, CO, A.RECORD_NO_SHOW), step(2, CO, A.SCHEDULE),
               step(4, CL, A.START_CARE), step(2, CL, A.COMPLETE), step(1, RC, A.CLOSE)),
    "moved": (*BOOKED, step(1, CO, A.RESCHEDULE), step(6, CL, A.START_CARE)),
    "appointment cancelled": (*BOOKED, step(1, CO, A.CANCEL_APPOINTMENT)),
    "withdrawn": (*SENT, step(1, RC, A.CANCEL)),
    "stopped after acceptance": (*ACCEPTED, step(2, RC, A.REQUEST_CANCEL),
                                 step(1, CO, A.CONFIRM_CANCEL)),
    "kept going": (*ACCEPTED, step(2, RC, A.REQUEST_CANCEL), step(1, CL, A.REFUSE_CANCEL)),
    "redirected": (*CLAIMED, step(1, CO, A.REDIRECT)),
    "never reached": (*ACCEPTED, step(1, CO, A.LOG_CONTACT, means="phone", result="no_answer"),
                      step(1, CO, A.LOG_CONTACT, means="phone", result="left_message"),
                      step(1, CO, A.LOG_CONTACT, means="letter", result="no_answer"),
                      Step(1, CO, A.MARK_UNABLE, {"clinical_reason": None})),
    "nobody looks": SENT,
    "looked at late": (*SENT, step(6, CO, A.CLAIM), step(1, CO, A.ACCEPT)),
    "by mistake": (*SENT, step(1, "clinic_admin", A.MARK_ERROR), step(1, "privacy", A.MARK_ERROR)),
    "reopened": (*DONE, step(1, RC, A.CLOSE), step(3, CL, A.REOPEN)),
    "urgent": (*SENT, step(1, CL, A.CHANGE_PRIORITY, priority="p1", comment="Call."),
               step(0, CL, A.CLAIM), step(0, CL, A.ACCEPT)),
}  # fmt: skip
# fate, the day of the story on which it is sent (0 is a Monday, 5 a Saturday)
THIRTY: tuple[tuple[str, int], ...] = (
    ("straight", 0), ("straight", 3), ("straight", 5), ("with notes", 1), ("closes itself", 0),
    ("closes itself", 28), ("outcome late", 2), ("asked and answered", 4),
    ("asked and answered", 16), ("asked in vain", 1), ("asked in vain, sent again", 8),
    ("declined", 2), ("declined, sent again", 9), ("declined and left", 7), ("waiting list", 0),
    ("on the waiting list", 10), ("missed", 3), ("moved", 11), ("appointment cancelled", 14),
    ("withdrawn", 6), ("stopped after acceptance", 15), ("kept going", 17), ("redirected", 18),
    ("never reached", 9), ("nobody looks", 22), ("looked at late", 12), ("by mistake", 13),
    ("reopened", 4), ("urgent", 20), ("just booked", 35),
)  # fmt: skip
assert len(THIRTY) == 30
assert set(FATES) == {fate for fate, _ in THIRTY}
