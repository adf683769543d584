"""Appointments: local times on the nights of a clock change, calendar files, what is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from icalendar import Calendar

from referrals import clock
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Appointment, Referral, Service
from tests.cast import Cast
from tests.portal.pages.doors import act_url, browser, detail_url, hidden, send
from tests.walks import act, inputs, referral_at

AUTUMN = datetime(2026, 10, 20, 15, tzinfo=UTC)
SPRING = datetime(2027, 3, 1, 15, tzinfo=UTC)


def booking(**changes: Any) -> dict[str, Any]:
    return {
        "day": "2026-11-01", "start_time": "01:30", "end_time": "03:00",
        "time_zone": "America/New_York", "mode": "in_person", "place": "Main Street 1",
    } | changes  # fmt: skip


def post(cast: Cast, referral: Referral, typed: dict[str, Any]) -> Any:
    client = browser(cast, "coordinator")
    address = act_url(referral, Action.SCHEDULE)
    return client.post(address, {**hidden(client.get(address)), **typed})


def test_a_time_that_the_clocks_skip_is_refused_and_nothing_is_lost(cast: Cast) -> None:
    with clock.at(SPRING):
        referral = referral_at(State.ACCEPTED, cast)
        page = post(cast, referral, booking(day="2027-03-14", start_time="02:30"))
    assert page.status_code == 400
    words = page.content.decode()
    assert "The clocks go forward past this time" in words
    assert 'value="02:30"' in words
    assert "Main Street 1" in words
    assert not Appointment.objects.exists()


def test_a_time_that_comes_twice_is_asked_about(cast: Cast) -> None:
    with clock.at(AUTUMN):
        referral = referral_at(State.ACCEPTED, cast)
        page = post(cast, referral, booking())
        assert page.status_code == 400
        for words in ("this time comes twice", "1:30 AM EDT", "1:30 AM EST"):
            assert words in page.content.decode()
        assert post(cast, referral, booking(start_time_which="1")).status_code == 303
    assert Appointment.objects.get().start == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_the_first_of_the_two_is_an_hour_earlier(cast: Cast) -> None:
    with clock.at(AUTUMN):
        referral = referral_at(State.ACCEPTED, cast)
        assert post(cast, referral, booking(start_time_which="0")).status_code == 303
    assert Appointment.objects.get().start == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_where_the_clocks_never_change_nothing_is_asked(cast: Cast) -> None:
    with clock.at(AUTUMN):
        referral = referral_at(State.ACCEPTED, cast)
        typed = booking(time_zone="America/Phoenix")
        assert post(cast, referral, typed).status_code == 303


def test_the_zone_stands_with_its_name(cast: Cast) -> None:
    with clock.at(AUTUMN):
        referral = referral_at(State.SCHEDULED, cast)
        page = browser(cast, "physician").get(detail_url(referral)).content.decode()
    assert "EDT (New York time)" in page


# --- Calendar files ------------------------------------------------------------------------------


def ics(cast: Cast, referral: Referral, one: Appointment, reader: str, part: str = "physician"):  # type: ignore[no-untyped-def]
    address = reverse("referrals:calendar", args=[referral.pk, one.pk, reader])
    return browser(cast, part).get(address)


def event_of(response: Any) -> Any:
    calendar = Calendar.from_ical(response.content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_the_practices_file(cast: Cast) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    one = referral.appointments.get()
    response = ics(cast, referral, one, "practice")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="appointment-')
    calendar, event = event_of(response)
    assert calendar["METHOD"] == "PUBLISH"
    assert event["SUMMARY"] == f"Appointment, referral {referral.reference}"
    assert event.decoded("DTSTART") == one.start.replace(microsecond=0)
    assert event["DTSTART"].params["TZID"] == "America/New_York"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["America/New_York"]


@pytest.mark.parametrize("reader", ["practice", "patient"])
def test_no_file_names_the_patient_or_the_service(cast: Cast, reader: str) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    words = ics(cast, referral, referral.appointments.get(), reader).content.decode().lower()
    for telling in ("quintrell", "marisol", "diagnosis", "ketamine", "pain", "evaluation", "ptsd",
                    "integrated"):  # fmt: skip
        assert telling not in words.replace("\r\n ", "")


def test_the_patients_file_is_neutral_and_says_whom_to_call(cast: Cast) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    _, event = event_of(ics(cast, referral, referral.appointments.get(), "patient"))
    assert event["SUMMARY"] == "Appointment"
    assert "+14075550100" in event["DESCRIPTION"]
    assert referral.reference not in event.to_ical().decode()


def test_moved_and_cancelled_are_the_same_event_with_a_rising_sequence(cast: Cast) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    files = [event_of(ics(cast, referral, referral.appointments.get(), "practice"))]
    coordinator = cast.actor("coordinator")
    for action in (Action.RESCHEDULE, Action.RESCHEDULE):
        moved = inputs(action, cast)
        act(referral, action, coordinator, moved)
        booked = referral.appointments.get(status="booked")
        files.append(event_of(ics(cast, referral, booked, "practice")))
    act(referral, Action.CANCEL_APPOINTMENT, coordinator, inputs(Action.CANCEL_APPOINTMENT, cast))
    ended = referral.appointments.get(status="cancelled")
    files.append(event_of(ics(cast, referral, ended, "practice")))
    assert len({str(event["UID"]) for _, event in files}) == 1
    assert [int(event["SEQUENCE"]) for _, event in files] == [0, 1, 2, 3]
    assert [str(calendar["METHOD"]) for calendar, _ in files] == ["PUBLISH"] * 3 + ["CANCEL"]
    assert str(files[-1][1]["STATUS"]) == "CANCELLED"


def test_what_was_moved_has_no_file_of_its_own(cast: Cast) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    first = referral.appointments.get()
    act(referral, Action.RESCHEDULE, cast.actor("coordinator"), inputs(Action.RESCHEDULE, cast))
    assert ics(cast, referral, first, "practice").status_code == 404


def test_a_download_is_logged_with_its_reader(cast: Cast) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    ics(cast, referral, referral.appointments.get(), "patient", part="coordinator")
    entry = AccessEntry.objects.latest("pk")
    assert (entry.verb, entry.referral_id) == ("download", referral.pk)
    assert '"to":"patient"' in entry.detail


@pytest.mark.parametrize("part", ["stranger", "practice_admin", "other_coordinator", "privacy"])
def test_a_stranger_gets_no_file(cast: Cast, part: str) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    assert ics(cast, referral, referral.appointments.get(), "patient", part).status_code == 404


def test_an_appointment_of_another_referral_is_not_found(cast: Cast) -> None:
    one = referral_at(State.SCHEDULED, cast)
    other = referral_at(State.SCHEDULED, cast, patient={"family_name": "Okonkwo"})
    assert ics(cast, one, other.appointments.get(), "practice").status_code == 404


def test_revoked_consent_closes_the_file_to_the_clinic(cast: Cast) -> None:
    referral = referral_at(State.SCHEDULED, cast)
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"), {})
    one = referral.appointments.get()
    assert ics(cast, referral, one, "patient", "coordinator").status_code == 404
    assert ics(cast, referral, one, "patient", "physician").status_code == 200


# --- Capacity, wait and contact attempts on the pages ---------------------------------------------


def test_the_usual_wait_stands_before_sending_and_on_the_waiting_list(cast: Cast) -> None:
    Service.objects.filter(clinic=cast.clinic).update(stated_wait_days=21)
    draft = referral_at(State.DRAFT, cast)
    check = reverse("referrals:edit", args=[draft.pk, "check"])
    assert "Usually about 3 weeks" in browser(cast, "physician").get(check).content.decode()
    waiting = referral_at(State.WAITLISTED, cast)
    for part in ("physician", "coordinator"):
        page = browser(cast, part).get(detail_url(waiting)).content.decode()
        assert "Usually about 3 weeks" in page


def test_the_coordinator_sees_the_slots_that_are_left(cast: Cast) -> None:
    Service.objects.filter(clinic=cast.clinic).update(slots_per_week=4)
    referral = referral_at(State.ACCEPTED, cast)
    page = browser(cast, "coordinator").get(act_url(referral, Action.SCHEDULE)).content.decode()
    assert "Slots taken: 0 of 4 in the week of" in page


def test_a_full_hour_is_refused_where_the_time_was_typed(cast: Cast) -> None:
    Service.objects.filter(clinic=cast.clinic).update(at_once=1)
    day = (clock.now() + timedelta(days=4)).date().isoformat()
    typed = booking(day=day, start_time="10:00", end_time="11:00")
    for n, status in ((0, 303), (1, 400)):
        referral = referral_at(State.ACCEPTED, cast, patient={"given_name": "AB"[n] + "nna"})
        page = post(cast, referral, typed)
        assert page.status_code == status
    assert "That time is taken" in page.content.decode()


def test_contact_attempts_are_shown_to_the_clinic_with_what_is_still_needed(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    for means, result in (("phone", "no_answer"), ("phone", "left_message")):
        send(browser(cast, "coordinator"), referral, Action.LOG_CONTACT, means=means, result=result)
    page = browser(cast, "coordinator").get(detail_url(referral)).content.decode()
    assert "Phone: left a message" in page
    assert "2 attempts by 1 means logged" in page
    unable = browser(cast, "coordinator").get(act_url(referral, Action.MARK_UNABLE))
    assert "2 attempts by 1 means logged" in unable.content.decode()
    assert (
        "contacts-title"
        not in browser(cast, "physician").get(detail_url(referral)).content.decode()
    )
    send(browser(cast, "coordinator"), referral, Action.LOG_CONTACT, means="letter",
         result="no_answer")  # fmt: skip
    done = send(browser(cast, "coordinator"), referral, Action.MARK_UNABLE)
    assert done.status_code == 303


def test_what_is_cancelled_or_missed_is_named_and_a_coming_one_is_not_missed(cast: Cast) -> None:
    row = referral_at(State.SCHEDULED, cast)
    client = browser(cast, "coordinator")
    start = Appointment.objects.get().start
    missed = client.get(act_url(row, Action.RECORD_NO_SHOW)).content.decode()
    assert "Booked: " in missed and "It has not begun." in missed
    assert "Booked: " in client.get(act_url(row, Action.CANCEL_APPOINTMENT)).content.decode()
    with clock.at(start + timedelta(hours=1)):
        late = browser(cast, "coordinator").get(act_url(row, Action.RECORD_NO_SHOW))
    assert "It has not begun." not in late.content.decode()


def test_no_comment_is_asked_for_where_none_can_be_written(cast: Cast) -> None:
    row = referral_at(State.SCHEDULED, cast)
    client = browser(cast, "coordinator")
    for action in (Action.CANCEL_APPOINTMENT, Action.RESCHEDULE):
        page = client.get(act_url(row, action)).content.decode()
        assert ">Other<" in "".join(page.split()) and "say more in the comment" not in page
    page = client.get(act_url(row, Action.DECLINE)).content.decode()
    assert "say more in the comment" in page
