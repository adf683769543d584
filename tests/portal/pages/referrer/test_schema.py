"""The forms ask what the schema holds: each answer has its place, and is read back as shown."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.forms import from_serializer_typing as typing
from portal.forms.from_serializer import AnswersForm, source_at
from portal.forms.instruments import GRIDS, TOTALS
from portal.forms.steps import STEPS, step_of
from portal.forms.steps_form import needed_to_send
from referrals.content import LISTS, SECTIONS
from referrals.content.fields import AbsentReasons, BirthDate, Many, Moment, Onset, Phone
from referrals.content.fields import DiagnosisCode as Diagnosis
from referrals.instruments import INSTRUMENTS

# Asked where files are attached.
ASKED_ELSEWHERE = {"consent": {"no_psychotherapy_notes"}}


def answers() -> Iterator[tuple[str, str]]:
    for section, serializer in SECTIONS.items():
        if section not in LISTS:
            for name, field in serializer().fields.items():
                if not isinstance(field, AbsentReasons) and not field.read_only:
                    yield section, name


@pytest.mark.parametrize(("section", "name"), list(answers()))
def test_each_answer_of_the_schema_is_asked_once(section: str, name: str) -> None:
    asked = [path for step in STEPS for path in step.paths if path[:2] == (section, name)]
    if name in ASKED_ELSEWHERE.get(section, ()):
        assert asked == []
    else:
        assert asked and len(asked) == len(set(asked))


def test_each_path_of_a_step_exists() -> None:
    for step in STEPS:
        for path in step.paths:
            assert source_at(path) is not None
            assert step_of(path) is step


def test_the_scales_are_instruments() -> None:
    assert {*GRIDS, *TOTALS} <= INSTRUMENTS.keys()
    assert all("items" in INSTRUMENTS[name].accepts for name in GRIDS)


def test_what_is_needed_to_send_has_a_field() -> None:
    names = {n for step in STEPS for n in AnswersForm(step.paths, content={}).fields}
    assert len(needed_to_send()) > 10
    assert needed_to_send() - names == set()


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1)))
def test_a_day_is_read_back_as_it_is_shown(day: date) -> None:
    shown = typing.show(BirthDate(), day.isoformat(), time_zone="UTC")
    assert typing.read(BirthDate(), shown, time_zone="UTC") == day.isoformat()


@pytest.mark.parametrize(
    ("source", "typed", "value"),
    [
        (BirthDate(), "4/2/1979", "1979-04-02"),
        (BirthDate(), "1979-04-02", "1979-04-02"),
        (BirthDate(), "4-2-1979", "1979-04-02"),
        (BirthDate(), " ", None),
        (BirthDate(), "April 2", "April 2"),
        (Onset(), "3/2021", "2021-03"),
        (Onset(), "2021-03", "2021-03"),
        (Onset(), "3/9/2021", "2021-03-09"),
        (Onset(), "long ago", "long ago"),
        (Many(child=Diagnosis()), "m54.16, G89.4;R52", ["m54.16", "G89.4", "R52"]),
        (Many(child=Phone()), "one\n two, three \n\n", ["one", "two, three"]),
        (Moment(), "3/31/2026 2:05 pm", "2026-03-31T14:05:00-04:00"),
        (Moment(), "3/31/2026 14:05", "2026-03-31T14:05:00-04:00"),
        (Moment(), "yesterday", "YESTERDAY"),
    ],
)
def test_typing(source: object, typed: str, value: object) -> None:
    assert typing.read(source, typed, time_zone="America/New_York") == value  # type: ignore[arg-type]
