"""How referrals go on: one generator for each kind of story, from the draft to where it stands.

Each is given a Story and yields the moments of its acts. What lies after today does not
happen: the story stays where it is by then.
"""

from __future__ import annotations

from datetime import timedelta

from referrals.demo import words
from referrals.demo.story import Steps, Story
from referrals.lifecycle import Action


def drafted(s: Story, *sections: str) -> Steps:
    yield s.at
    s.write(*sections)


def sent(s: Story) -> Steps:
    yield s.at
    s.write()
    yield s.later()
    s.send()
    if s.rng.random() < 0.3:
        yield s.later()
        s.say(s.part.typist, s.rng.choice(words.FROM_PRACTICE))


def sent_just_now(s: Story, *, minutes: int) -> Steps:
    """Within the last hours, whatever the time of day."""
    s.at = s.setting.calendar.now - timedelta(minutes=minutes)
    yield s.at
    s.write()
    s.at += timedelta(minutes=3)
    yield s.at
    s.send()


def claimed(s: Story, *, after: int | None = None) -> Steps:
    yield from sent(s)
    yield s.later(s.rng.randrange(0, 3) if after is None else after)
    s.claim()
    if s.rng.random() < 0.25:
        yield s.later()
        s.say(s.part.coordinator, s.rng.choice(words.FROM_CLINIC))


def released(s: Story) -> Steps:
    """Claimed by somebody who then gave it back."""
    yield from claimed(s, after=1)
    yield s.later()
    s.act(Action.RELEASE, s.part.coordinator)


def handed_over(s: Story) -> Steps:
    """Reviewed by somebody else of the clinic, with the priority raised by hand."""
    yield from claimed(s, after=1)
    yield s.later()
    s.act(Action.ASSIGN, s.part.coordinator, reviewer=str(s.actor(s.part.clinician).user_id))
    yield s.later()
    if s.priority() == "p3":
        s.act(
            Action.CHANGE_PRIORITY, s.part.clinician, priority="p2",
            comment="The practice called: sleep has become much worse this week.",
        )  # fmt: skip
    s.review_concerns()


def typed_in(s: Story, *, origin: str, practice: str) -> Steps:
    """Came by fax, letter or phone, and was typed by the coordinator."""
    yield s.at
    s.type_in(origin, practice)
    yield s.later()
    s.send(by=s.part.coordinator)


def typed_in_and_claimed(s: Story, *, origin: str, practice: str) -> Steps:
    yield from typed_in(s, origin=origin, practice=practice)
    yield s.later(1)
    s.claim()


def asked(s: Story, *codes: str, due_in: int = 7) -> Steps:
    yield from claimed(s, after=1)
    yield s.later()
    s.ask(*codes, due_in=due_in)


def answered(s: Story, *codes: str) -> Steps:
    yield from asked(s, *codes)
    yield s.later(s.rng.randrange(1, 4))
    if "medications" in codes:
        s.amend()
    s.answer(*codes, leave_out=codes[-1] if len(codes) > 2 else "")
    if s.rng.random() < 0.5:
        yield s.later()
        s.say(s.part.coordinator, s.rng.choice(words.ANSWERED_BY_CLINIC))


def expired(s: Story, *codes: str) -> Steps:
    """Asked, reminded twice by the timers, never answered: they expire it."""
    yield from asked(s, *codes, due_in=5)


def expired_and_sent_again(s: Story, *codes: str) -> Steps:
    yield from expired(s, *codes)
    yield s.later(9)
    s.become(s.act(Action.RESUBMIT, s.part.typist))
    yield s.later()
    s.send()


def accepted(s: Story) -> Steps:
    yield from claimed(s, after=1)
    yield s.later(s.rng.randrange(0, 2))
    s.accept()
    if s.rng.random() < 0.4:
        yield s.later()
        s.say(s.part.coordinator, s.rng.choice(words.FROM_CLINIC))


def accepted_after_questions(s: Story, *codes: str) -> Steps:
    yield from answered(s, *codes)
    yield s.later(1)
    s.accept()


def waitlisted(s: Story) -> Steps:
    yield from accepted(s)
    yield s.later()
    weeks = s.rng.choice(("Three to four weeks", "About six weeks", "Early next month"))
    s.act(Action.WAITLIST, s.part.coordinator, estimate=weeks, review_on=s.day(15))


def waitlisted_and_back(s: Story) -> Steps:
    yield from waitlisted(s)
    yield s.later(8)
    s.act(Action.UNWAITLIST, s.part.coordinator)


def upcoming(s: Story) -> Steps:
    """Accepted, with a visit in the next weeks."""
    yield from accepted(s)
    yield s.later(1)
    s.book(s.coming(s.rng.randrange(2, 16)))


def upcoming_from_waitlist(s: Story) -> Steps:
    yield from waitlisted(s)
    yield s.later(5)
    s.book(s.coming(s.rng.randrange(2, 10)))


def moved(s: Story) -> Steps:
    yield from accepted(s)
    yield s.later(1)
    s.book(s.ahead(9))
    yield s.later(2)
    s.rebook(s.coming(s.rng.randrange(2, 12)), s.rng.choice(("patient_ill", "patients_wish")))


def visit_not_recorded(s: Story) -> Steps:
    """The visit has been, and nobody has said yet how it went."""
    yield from accepted(s)
    yield s.later()
    s.book(s.ahead(2))


def missed(s: Story) -> Steps:
    yield from accepted(s)
    yield s.later()
    end = s.book(s.ahead(3))
    yield s.at_end_of(end)
    reason = s.rng.choice(("forgot", "ill", "unknown", "late"))
    s.act(Action.RECORD_NO_SHOW, s.scheduler(), reason=reason)
    yield s.later()
    result = s.rng.choice(("left_message", "reached"))
    s.act(Action.LOG_CONTACT, s.part.coordinator, means="phone", result=result)


def missed_and_booked_again(s: Story) -> Steps:
    yield from missed(s)
    yield s.later(1)
    s.book(s.coming(s.rng.randrange(2, 10)))


def visit_cancelled(s: Story) -> Steps:
    yield from accepted(s)
    yield s.later()
    s.book(s.ahead(5))
    yield s.later(2)
    by, reason = s.rng.choice((("patient", "patient_ill"), ("clinic", "clinic_cancelled")))
    s.act(Action.CANCEL_APPOINTMENT, s.scheduler(), by=by, reason=reason)


def in_care(s: Story, *, notes: int = 1, again: int = 4) -> Steps:
    """Seen; notes follow every `again` working days."""
    yield from accepted(s)
    yield s.later()
    end = s.book(s.ahead(3))
    yield s.at_end_of(end)
    s.start_care()
    for number in range(notes):
        yield s.later(again if number else 0)
        s.act(Action.ADD_INTERIM_NOTE, s.carer(), note=words.NOTES[number % len(words.NOTES)])


def next_visit_booked(s: Story) -> Steps:
    yield from in_care(s, notes=2)
    yield s.later()
    s.book(s.coming(s.rng.randrange(2, 14)))


def completed(s: Story, *, outcome: int, notes: int = 2) -> Steps:
    yield from in_care(s, notes=notes)
    yield s.later(3)
    s.complete(outcome)


def closed(s: Story, *, outcome: int) -> Steps:
    yield from completed(s, outcome=outcome)
    yield s.later(s.rng.randrange(1, 5))
    s.act(Action.CLOSE, s.part.typist)
    if s.rng.random() < 0.4:
        yield s.later()
        s.say(s.part.typist, "Thank you. The plan is in our chart, and the patient has a copy.")


def reopened(s: Story, *, outcome: int) -> Steps:
    yield from closed(s, outcome=outcome)
    yield s.later(6)
    s.act(
        Action.REOPEN, s.part.clinician,
        reason="Pain and sleep have become worse again; the patient asked to come back.",
    )  # fmt: skip


def twice(s: Story) -> Steps:
    """A second referral for the same person while the first is open, with its reason."""
    yield from sent(s)
    yield s.later(2)
    s.write()
    yield s.later()
    s.send(duplicate_reason=words.DUPLICATE)


def danger(s: Story, *, seen: bool) -> Steps:
    """Immediate danger: the referrer acted first; the clinic answers within the hour."""
    yield s.at
    s.write()
    yield s.later()
    s.send()
    yield s.later()
    s.claim(s.part.clinician)
    s.say(s.part.clinician, "I have read this and called you back. I talk with the patient now.")
    yield s.later()
    s.act(Action.LOG_CONTACT, s.part.clinician, means="phone", result="reached")
    yield s.later()
    s.accept()
    yield s.later()
    end = s.book(s.ahead(1) if seen else s.coming(2))
    if seen:
        yield s.at_end_of(end)
        s.start_care()


def shared(s: Story) -> Steps:
    """A therapist refers alone; the patient's physician is invited and completes her half."""
    yield s.at
    s.write()
    yield s.later()
    s.invite("invited", "Farrukh-Saye Internal Medicine")
    yield s.later()
    s.complete_half("invited")
    yield s.later()
    s.send()
    yield s.later(1)
    s.claim()
    for by, side, text, topic in words.ONE_PLAN:
        yield s.later()
        s.contribute(getattr(s.part, by, by), side, text, topic)


def danger_just_now(s: Story, *, minutes: int) -> Steps:
    yield from sent_just_now(s, minutes=minutes)
    s.at += timedelta(minutes=11)
    yield s.at
    s.claim(s.part.clinician)
