"""Nothing ends by itself without a word before, and each word is said once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from portal.presenters import words
from referrals import clock, clocks, ladder, timers
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Mail, Notice, Referral
from referrals.operations import drafts
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.referrals.api.calls import Caller, one
from tests.walks import act, draft, referral_at

MONDAY = datetime(2026, 6, 1, 14, tzinfo=UTC)


def live(days: float, *, start: datetime = MONDAY, hosts: int = 2) -> None:
    """All steps every six hours for so many days, on two hosts."""
    for step in range(int(days * 4) + 1):
        with clock.at(start + timedelta(hours=6 * step)):
            for _ in range(hosts):
                for job in ladder.STEPS:
                    job()


def said(what: str) -> list[datetime]:
    return [n.created_at for n in Notice.objects.filter(what=what).order_by("created_at")]


def test_a_question_is_reminded_of_twice_and_then_expires(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = referral_at(State.INFO_REQUESTED, cast)  # due on Wednesday, June 10
    live(11)
    days = [moment.date().isoformat() for moment in said("information_due")]
    assert days == ["2026-06-05", "2026-06-09"]  # three and one business days before
    assert Mail.objects.filter(what="information_due").count() == 2
    referral.refresh_from_db()
    assert referral.state == State.EXPIRED


def test_nothing_expires_on_its_last_day(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = referral_at(State.INFO_REQUESTED, cast)
    live(9)
    referral.refresh_from_db()
    assert referral.state == State.INFO_REQUESTED


def test_an_outcome_closes_after_30_days_and_says_so_five_days_before(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = referral_at(State.COMPLETED, cast)
    live(29.75)
    referral.refresh_from_db()
    assert referral.state == State.COMPLETED
    assert said("closing_soon") == [MONDAY + timedelta(days=25)]
    live(1, start=MONDAY + timedelta(days=30))
    referral.refresh_from_db()
    assert referral.state == State.CLOSED
    assert referral.timeline.latest("number").automatic


def test_nothing_closes_unannounced_after_timers_that_slept(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = referral_at(State.COMPLETED, cast)
    live(4.75, start=MONDAY + timedelta(days=40))
    referral.refresh_from_db()
    assert referral.state == State.COMPLETED
    live(1, start=MONDAY + timedelta(days=45))
    referral.refresh_from_db()
    assert referral.state == State.CLOSED


def test_a_draft_is_announced_then_emptied_and_hidden(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = draft(cast)
    live(29.75)
    assert said("draft_expiring") == [MONDAY + timedelta(days=23)]
    assert Referral.objects.visible_to(cast.actor("physician")).filter(pk=referral.pk).exists()
    live(1, start=MONDAY + timedelta(days=30))
    referral = Referral.objects.get(pk=referral.pk)
    assert referral.discarded_at and not referral.patient_index
    assert referral.content.as_dict() == {} and not referral.assessments.exists()
    assert not Referral.objects.visible_to(cast.actor("physician")).exists()
    assert AccessEntry.objects.filter(verb="discard", referral_id=referral.pk).count() == 1


def test_work_on_a_draft_starts_its_days_anew(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = draft(cast)
    live(25)
    with clock.at(MONDAY + timedelta(days=26)):
        drafts.change(
            referral.pk, by=cast.actor("physician"), data={"request": {"goals": "Sleep"}},
            version=None, door="portal",
        )  # fmt: skip
    live(20, start=MONDAY + timedelta(days=26))
    assert Referral.objects.get(pk=referral.pk).discarded_at is None
    live(5, start=MONDAY + timedelta(days=46))
    assert len(said("draft_expiring")) == 2


def test_a_clinics_own_draft_tells_the_one_who_types_it(cast: Cast) -> None:
    with clock.at(MONDAY):
        drafts.create(
            by=cast.actor("coordinator"), door="portal",
            data={"origin": "fax", "practice": str(cast.practice.pk),
                  "referring_clinician": {"id": str(cast.physician.pk)}},
        )  # fmt: skip
    live(24)
    told = Notice.objects.filter(what="draft_expiring").values_list("user__email", flat=True)
    assert "coordinator@tests.example" in told


# --- Consents with a last day --------------------------------------------------------------------


def ending(cast: Cast, day: str) -> Referral:
    with clock.at(MONDAY):
        return referral_at(State.ACCEPTED, cast, consent={"written": {
            "signed_on": "2026-01-05", "evidence": "on_paper", "expires_on": day,
        }})  # fmt: skip


def heard(what: str) -> set[object]:
    return set(Notice.objects.filter(what=what).values_list("user__email", flat=True))


def announced(day: float) -> int:
    """How often two hosts announce the end of a consent so many days after Monday."""
    with clock.at(MONDAY + timedelta(days=day)):
        return ladder.announce_consent_end() + ladder.announce_consent_end()


def test_a_consent_is_announced_to_the_practice_two_weeks_before_it_ends(cast: Cast) -> None:
    referral = ending(cast, "2026-06-30")
    assert [announced(day) for day in (13, 14.4, 15, 20, 29)] == [0, 0, 1, 0, 0]
    assert heard("consent_expiring") == {"physician@tests.example"}
    assert Mail.objects.filter(what="consent_expiring").count() == 1
    referral.refresh_from_db()
    assert referral.consent_expires_on == referral.consent_reminded_of


def test_a_consent_with_a_new_last_day_is_announced_anew(cast: Cast) -> None:
    referral = ending(cast, "2026-06-10")
    assert announced(1) == 1
    with clock.at(MONDAY + timedelta(days=2)):
        drafts.change(
            referral.pk, by=cast.actor("physician"), version=None, door="portal",
            data={"consent": {"written": {"signed_on": "2026-06-02", "expires_on": "2026-06-12"}}},
            amendment_reason="She signed again.",
        )  # fmt: skip
    assert [announced(day) for day in (2, 3)] == [1, 0]


def test_nothing_is_announced_of_a_consent_that_was_taken_back_or_is_over(cast: Cast) -> None:
    referral = ending(cast, "2026-06-10")
    assert announced(10) == 0  # over
    with clock.at(MONDAY):
        act(referral, Action.REVOKE_CONSENT, cast.actor("physician"))
    assert announced(3) == 0
    assert ladder.announce_consent_end in ladder.STEPS


def test_the_end_of_a_consent_is_told_to_both_sides(cast: Cast) -> None:
    ending(cast, "2026-06-10")
    with clock.at(MONDAY + timedelta(days=10)):
        assert timers.tell_expired_consents() == 1
    told = heard("consent_expired")
    assert "physician@tests.example" in told and "coordinator@tests.example" in told
    assert heard("consent_revoked") == set()


# --- Appointments of which nothing is recorded ----------------------------------------------------


def over_on_thursday(cast: Cast) -> Referral:
    """Booked for Thursday, June 4, with the schedule's usual inputs, and left alone."""
    with clock.at(MONDAY):
        referral = referral_at(State.SCHEDULED, cast)
    start = MONDAY + timedelta(days=3)
    referral.appointments.update(start=start, end=start + timedelta(hours=1))
    return referral


def test_an_appointment_that_nobody_records_is_due_and_told_of(cast: Cast) -> None:
    referral = over_on_thursday(cast)
    live(3)
    referral.refresh_from_db()
    assert referral.due_at is None  # nobody owes anything until it is over
    live(8, start=MONDAY + timedelta(days=3, hours=1))
    referral.refresh_from_db()
    assert referral.due_at == datetime(2026, 6, 5, 21, tzinfo=UTC)  # Friday at five in New York
    told = Notice.objects.filter(what="appointment_unrecorded")
    assert {n.user.email.partition("@")[0] for n in told} == {"coordinator", "second-coordinator"}
    assert {n.created_at.date().isoformat() for n in told} == {"2026-06-05"}
    assert [m.date().isoformat() for m in said("escalated")] == ["2026-06-08"]
    assert not referral.timeline.filter(action__startswith="clock_").exists()


def test_a_recorded_appointment_is_silent(cast: Cast) -> None:
    referral = over_on_thursday(cast)
    live(1, start=MONDAY + timedelta(days=3, hours=1))
    with clock.at(MONDAY + timedelta(days=4, hours=2)):
        act(referral, Action.START_CARE, cast.actor("clinician"))
    live(8, start=MONDAY + timedelta(days=4, hours=3))
    assert said("appointment_unrecorded") == said("escalated") == []


def test_a_moved_appointment_owes_nothing_before_its_new_time(cast: Cast) -> None:
    referral = over_on_thursday(cast)
    live(2, start=MONDAY + timedelta(days=3, hours=1))
    with clock.at(MONDAY + timedelta(days=6)):
        later = clock.now() + timedelta(days=200)
        referral.refresh_from_db()
        again = {"start": later.isoformat(), "end": (later + timedelta(hours=1)).isoformat(),
                 "reason": "patients_wish"}  # fmt: skip
        referral = act(referral, Action.RESCHEDULE, cast.actor("coordinator"), again)
    assert referral.due_at is None
    live(5, start=MONDAY + timedelta(days=6))
    assert len(said("appointment_unrecorded")) == 2 and said("escalated") == []


# --- The waiting list ---------------------------------------------------------------------------


def test_a_waiting_referral_is_brought_up_on_its_day_and_once(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = referral_at(State.WAITLISTED, cast)
    day = referral.review_on
    assert day is not None
    live(3, start=datetime.combine(day - timedelta(days=1), time(14), tzinfo=UTC))
    told = Notice.objects.filter(what="review_due")
    assert [n.user.email.partition("@")[0] for n in told] == ["coordinator"]
    assert {clocks.local_day(cast.clinic, n.created_at) for n in told} == {day}


def test_who_left_the_waiting_list_is_not_brought_up(cast: Cast) -> None:
    with clock.at(MONDAY):
        referral = referral_at(State.WAITLISTED, cast)
        day = referral.review_on
        act(referral, Action.UNWAITLIST, cast.actor("coordinator"))
    assert day is not None
    live(2, start=datetime.combine(day, time(14), tzinfo=UTC))
    assert said("review_due") == []


def test_the_day_stands_on_the_page_and_in_the_api_while_it_waits(cast: Cast) -> None:
    referral = referral_at(State.WAITLISTED, cast)
    day = referral.review_on
    assert day is not None
    caller = Caller(cast.coordinator)
    assert caller.get(one(referral)).json()["review_on"] == day.isoformat()
    page = browser(cast, "coordinator").get(detail_url(referral)).content.decode()
    assert f"Look at it again on {words.day(day)}" in page
    act(referral, Action.UNWAITLIST, cast.actor("coordinator"))
    assert caller.get(one(referral)).json()["review_on"] is None
    assert (
        "Look at it again on"
        not in browser(cast, "coordinator").get(detail_url(referral)).content.decode()
    )
