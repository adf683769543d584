"""How referrals end, or nearly: declined, cancelled, sent elsewhere, not reached, a mistake."""

from __future__ import annotations

from referrals.demo import words
from referrals.demo.stories import accepted, claimed, in_care, upcoming
from referrals.demo.story import Steps, Story
from referrals.lifecycle import Action


def declined(s: Story, *, number: int) -> Steps:
    yield from claimed(s, after=1)
    yield s.later(1)
    decline(s, number)


def declined_late(s: Story, *, number: int) -> Steps:
    """After acceptance: the open visit is cancelled in the same move."""
    yield from accepted(s)
    yield s.later()
    s.book(s.ahead(6))
    yield s.later(2)
    decline(s, number)


def decline(s: Story, number: int) -> None:
    reason, comment, alternative, licensed = words.DECLINES[number % len(words.DECLINES)]
    said = {"comment": comment} if comment else {}
    by = s.part.clinician if licensed else s.part.coordinator
    s.act(Action.DECLINE, by, reason=reason, alternative=alternative, **said)


def declined_and_closed(s: Story, *, number: int) -> Steps:
    yield from declined(s, number=number)
    yield s.later(2)
    s.act(Action.CLOSE, s.part.typist)


def declined_and_sent_again(s: Story, *, number: int) -> Steps:
    yield from declined(s, number=number)
    yield s.later(3)
    s.become(s.act(Action.RESUBMIT, s.part.typist))
    yield s.later()
    s.send()
    yield s.later(1)
    s.claim()


def declined_and_drafted_again(s: Story, *, number: int) -> Steps:
    yield from declined(s, number=number)
    yield s.later(3)
    s.act(Action.RESUBMIT, s.part.typist)


def withdrawn(s: Story, *, number: int) -> Steps:
    """Cancelled before the clinic decided."""
    yield from claimed(s)
    yield s.later(1)
    s.act(Action.CANCEL, s.part.typist, **why(number))


def why(number: int) -> dict[str, str]:
    reason, comment = words.CANCELS[number % len(words.CANCELS)]
    return {"reason": reason} | ({"comment": comment} if comment else {})


def wants_to_cancel(s: Story, *, number: int, booked: bool = False) -> Steps:
    yield from (upcoming(s) if booked else accepted(s))
    yield s.later(1)
    s.act(Action.REQUEST_CANCEL, s.part.typist, **why(number))


def cancelled(s: Story, *, number: int) -> Steps:
    yield from wants_to_cancel(s, number=number)
    yield s.later(1)
    s.act(Action.CONFIRM_CANCEL, s.part.coordinator)


def kept_going(s: Story, *, number: int) -> Steps:
    yield from wants_to_cancel(s, number=number)
    yield s.later(1)
    s.act(Action.REFUSE_CANCEL, s.part.coordinator, reason=s.rng.choice(words.KEEP_GOING))


def redirected(s: Story) -> Steps:
    """Sent on to the other clinic, with the patient's new consent."""
    yield from claimed(s, after=1)
    yield s.later()
    basis = "written" if s.needs_written() else "treatment"
    consent = {"basis": basis, "obtained_on": s.at.date().isoformat()}
    s.become(s.act(Action.REDIRECT, s.part.coordinator, clinic="winter-park", consent=consent))
    s.move_to("winter-park", "other-coordinator", "other-clinician")


def redirected_and_claimed(s: Story) -> Steps:
    yield from redirected(s)
    yield s.later(1)
    s.claim()


def redirected_and_accepted(s: Story) -> Steps:
    yield from redirected_and_claimed(s)
    yield s.later(1)
    s.accept()


def not_reached(s: Story) -> Steps:
    """Three attempts by two means, then an end."""
    yield from accepted(s)
    for means, result in (("phone", "no_answer"), ("phone", "left_message"),
                          ("letter", "no_answer")):  # fmt: skip
        yield s.later(2)
        s.act(Action.LOG_CONTACT, s.part.coordinator, means=means, result=result)
    yield s.later(4)
    s.act(Action.MARK_UNABLE, s.part.coordinator)


def could_not_go_on(s: Story) -> Steps:
    yield from in_care(s)
    yield s.later(3)
    s.act(
        Action.MARK_UNABLE, s.part.clinician,
        clinical_reason="Admitted for an operation that cannot wait; will be away for months.",
    )  # fmt: skip


def entered_in_error(s: Story, *, number: int, confirmed: bool = True) -> Steps:
    """Asked for by the clinic's administrator; confirmed by the privacy officer."""
    yield from claimed(s, after=1)
    yield s.later(1)
    s.act(Action.MARK_ERROR, s.administrator(), reason=words.WRONG_ENTRY[number % 3])
    if confirmed:
        yield s.later(2)
        s.act(Action.MARK_ERROR, "privacy")


def one_class_revoked(s: Story) -> Steps:
    """Part comes from a Part 2 program; then the patient takes the trauma side back."""
    yield from accepted(s)
    s.say(s.part.typist, "The program's letter is on its way to you.")
    yield s.later(1)
    s.act(
        Action.REVOKE_CONSENT, s.part.typist, scope="mental_health",
        reason="The patient wants the pain clinic to see the pain alone for now.",
    )  # fmt: skip


def consent_revoked(s: Story) -> Steps:
    yield from accepted(s)
    yield s.later(2)
    s.act(Action.REVOKE_CONSENT, s.part.typist, reason="The patient wants to think it over first.")
    yield s.later()
    s.act(Action.REQUEST_CANCEL, s.part.typist, reason="patient_request")
