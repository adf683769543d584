"""Dates, clocks, turns and tags in words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.presenters import words
from referrals.lifecycle.states import STATES, State

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)


def test_a_moment_names_its_day_its_zone_and_how_long_ago():
    at = datetime(2026, 11, 23, 19, 5, tzinfo=UTC)
    text = words.moment(at, time_zone="America/New_York", now=NOW)
    assert text == "Mon, Nov 23, 2026, 2:05 PM EST (2 hours ago)"


@pytest.mark.parametrize(
    ("hour", "text"), [(4, "11:00 PM EST"), (5, "12:00 AM EST"), (17, "12:00 PM EST")]
)
def test_midnight_and_noon_are_twelve(hour, text):
    local = datetime(2026, 1, 5, hour, tzinfo=UTC).astimezone(words.zone("America/New_York"))
    assert words.time_of_day(local) == text


@pytest.mark.parametrize(
    ("left", "text", "tone"),
    [
        (timedelta(hours=-3), "overdue 3 h", "late"),
        (timedelta(seconds=-1), "overdue 1 min", "late"),
        (timedelta(hours=24), "1 day left", "soon"),
        (timedelta(hours=30), "30 h left", "ok"),
        (timedelta(days=4, hours=5), "4 days left", "ok"),
        (timedelta(minutes=40), "40 min left", "soon"),
    ],
)
def test_a_clock_says_what_is_left(left, text, tone):
    found = words.clock_words(NOW + left, now=NOW)
    assert (found.text, found.tone) == (text, tone)


def test_a_paused_clock_is_never_overdue():
    found = words.clock_words(NOW - timedelta(days=1), now=NOW, paused=True)
    assert (found.text, found.tone) == ("paused", "quiet")


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_word_a_tone_and_an_icon_that_is_drawn(state, sprite):
    found = words.state_words(state)
    assert found.text == STATES[state].label
    assert found.tone
    assert found.icon in sprite


def test_the_practice_reads_that_the_clinic_waits_for_it():
    assert words.state_words("info_requested", "practice").text == "Waiting for you"
    assert words.state_words("info_requested", "clinic").text == "Waiting for the practice"


def test_the_turn_is_seen_from_the_readers_side():
    assert words.turn_words("submitted", "clinic").text == "Your turn"
    assert words.turn_words("submitted", "practice").text == "Clinic's turn"
    assert words.turn_words("closed", "clinic").text == "Nothing to do"


def test_the_highest_priority_says_act_now(sprite):
    assert words.priority_words("P0").text == "Act now"
    assert {found.icon for found in words.PRIORITIES.values()} <= sprite


@pytest.mark.parametrize(("day", "years"), [(22, 44), (23, 45)])
def test_age_changes_on_the_birthday(day, years):
    assert words.age(date(1981, 11, 23), on=date(2026, 11, day)) == years
