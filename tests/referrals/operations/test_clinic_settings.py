"""A clinic's own cut points: chosen by its administrator, used by the rules, kept with history."""

from __future__ import annotations

from decimal import Decimal

import pytest

from referrals import clinic_rules, consent
from referrals.access.models import AccessEntry
from referrals.errors import Forbidden, Invalid, NotFound, Stale
from referrals.lifecycle import Action, State
from referrals.models import ClinicalSettings, Organisation, Referral
from referrals.operations import clinic_settings, facts
from tests.cast import Cast
from tests.walks import act, draft


def choose(cast: Cast, number: int = 0, *, part: str = "clinic_admin", **values):
    return clinic_settings.change(
        cast.clinic.pk, by=cast.actor(part), values=values, number=number, door="portal"
    )


def test_without_a_choice_the_published_defaults_hold(cast: Cast) -> None:
    found = clinic_settings.show(cast.clinic.pk, by=cast.actor("clinic_admin"))
    assert found.number == 0 and found.changed == {}
    assert (found.values["pc_ptsd_5"], found.values["pcl_5"], found.values["c02_peg"]) == (
        4, 33, "7.0",
    )  # fmt: skip


def test_a_choice_changes_what_the_rules_find(cast: Cast) -> None:
    """PC-PTSD-5 of 3: below the default cut, at the clinic's own."""
    answers = {"instruments": [{"instrument": "pc-ptsd-5", "administered_on": "2026-01-02",
                                "items": [1, 1, 1, 1, 0, 0]}]}  # fmt: skip
    one = draft(cast, **answers)
    assert facts.computed_instruments(one, answers)[0]["positive"] is False
    assert facts.assess(one)["dual_diagnosis"]["trauma_side"] == "suspected"
    choose(cast, pc_ptsd_5=3)
    again = Referral.objects.with_people().get(pk=one.pk)
    assert facts.computed_instruments(again, answers)[0]["positive"] is True
    found = facts.assess(again)
    assert (found["dual_diagnosis"]["trauma_side"], found["settings"]) == ("screen_positive", 1)


def test_one_clinics_choice_is_not_another_clinics(cast: Cast) -> None:
    choose(cast, pcl_5=44)
    fresh = Organisation.objects.get
    assert clinic_rules.of_clinic(fresh(pk=cast.clinic.pk)).cuts.pcl_5 == 44
    assert clinic_rules.of_clinic(fresh(pk=cast.other_clinic.pk)).cuts.pcl_5 == 33


def test_every_choice_is_kept_with_who_and_when(cast: Cast) -> None:
    choose(cast, pcl_5=44, c02_peg="8.00", flag_levels={"K-10": "R"})
    choose(cast, 1, pcl_5=None, bp_review=[170, 110])
    newest, first = clinic_settings.history(cast.clinic.pk, by=cast.actor("clinician"))
    assert first.values == {"pcl_5": 44, "c02_peg": "8.00", "flag_levels": {"K-10": "R"}}
    assert "pcl_5" not in newest.values and newest.values["bp_review"] == [170, 110]
    assert newest.changed_by == cast.clinic_admin
    rules = clinic_rules.of_clinic(Organisation.objects.get(pk=cast.clinic.pk))
    assert (rules.c02_peg, rules.bp_review, dict(rules.flag_levels)) == (
        Decimal("8.00"), (170, 110), {"K-10": "R"},
    )  # fmt: skip
    [last] = AccessEntry.objects.filter(verb="change").order_by("-pk")[:1]
    assert last.organisation_id == cast.clinic.pk


def test_what_equals_the_default_is_no_choice(cast: Cast) -> None:
    choose(cast, pcl_5=33, c02_peg="7", phq_9=10)
    assert not ClinicalSettings.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"pc_ptsd_5": 2}, {"pc_ptsd_5": 5}, {"pcl_5": 30}, {"pcl_5": 81}, {"pcl_5": "many"},
        {"c02_peg": "11"}, {"reassurance_days": 15}, {"recent_event_days": 29},
        {"flag_levels": {"K-25": "R"}}, {"flag_levels": {"K-01": "X"}}, {"bp_review": [180]},
        {"bp_caution": [190, 95]}, {"eligible": 1},
    ],
)  # fmt: skip
def test_what_may_not_be_chosen_is_refused(cast: Cast, values) -> None:
    with pytest.raises(Invalid) as refused:
        choose(cast, **values)
    assert refused.value.errors
    assert not ClinicalSettings.objects.exists()


def test_two_administrators_do_not_overwrite_each_other(cast: Cast) -> None:
    choose(cast, pcl_5=44)
    with pytest.raises(Stale):
        choose(cast, 0, pcl_5=40)


@pytest.mark.parametrize(
    ("part", "refusal"),
    [("coordinator", Forbidden), ("clinician", Forbidden), ("physician", NotFound),
     ("other_coordinator", NotFound), ("privacy", NotFound), ("nobody", NotFound)],
)  # fmt: skip
def test_only_the_clinics_administrator_chooses(cast: Cast, part: str, refusal) -> None:
    with pytest.raises(refusal):
        choose(cast, part=part, pcl_5=44)


def test_every_choice_has_a_default_and_a_place_in_the_rules() -> None:
    defaults = clinic_rules.defaults()
    assert clinic_rules.with_values(defaults) == clinic_rules.with_values({})
    assert set(defaults) == set(clinic_rules.Choices().fields)


def test_the_clinics_states_decide_where_a_therapist_needs_written_consent(cast: Cast) -> None:
    Organisation.objects.filter(pk=cast.practice.pk).update(state="GA")
    told = {"patient": {"state": "GA"}, "consent": {"basis": "treatment"}}
    row = draft(cast, by="therapist", **told)
    with pytest.raises(Invalid) as refused:
        act(row, Action.SUBMIT, cast.actor("therapist"))
    assert any("consent" in error.pointer for error in refused.value.errors)
    choose(cast, written_consent_states=["FL"])
    fresh = Referral.objects.with_people().get(pk=row.pk)
    assert consent.problem(fresh, fresh.content.as_dict()) is None
    assert act(fresh, Action.SUBMIT, cast.actor("therapist")).state == State.SUBMITTED


def test_a_patient_in_florida_needs_it_whatever_the_practice_says(cast: Cast) -> None:
    choose(cast, written_consent_states=["FL"])
    Organisation.objects.filter(pk=cast.practice.pk).update(state="GA")
    row = draft(cast, by="therapist", consent={"basis": "treatment"}, patient={"state": "FL"})
    with pytest.raises(Invalid):
        act(row, Action.SUBMIT, cast.actor("therapist"))


@pytest.mark.parametrize("states", [["GA"], [], ["FL", "XX"], "FL"])
def test_a_list_of_states_that_leaves_out_florida_or_names_none_is_refused(
    cast: Cast, states: object
) -> None:
    with pytest.raises(Invalid):
        choose(cast, written_consent_states=states)
