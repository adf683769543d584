"""What a clinic's administrator keeps: services, reasons, holidays, answers, clocks, cut points."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from referrals import clock, reasons
from referrals.access.models import AccessEntry
from referrals.actors import Role
from referrals.clocks import limits
from referrals.errors import Forbidden, Invalid, NotFound
from referrals.lifecycle import Action, State
from referrals.models import CannedAnswer, Reason, Service
from referrals.operations import clinic_admin, clinic_settings
from tests.cast import Cast
from tests.portal.pages.doors import act_url, browser
from tests.walks import act, referral_at

PAGES = ("clinic-settings", "clinic-services", "clinic-service-new", "clinic-reasons",
         "clinic-holidays", "clinic-canned", "clinic-canned-new", "clinic-clocks",
         "clinic-cut-points")  # fmt: skip
OWN = {"kind": "decline", "label": "No interpreter", "reason_class": "capacity"}


def send(cast: Cast, page: str, /, *args: Any, part: str = "clinic_admin", **typed: Any) -> Any:
    return browser(cast, part).post(reverse(page, args=args), typed)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_for_the_administrator_alone(cast: Cast, name: str) -> None:
    assert browser(cast, "clinic_admin").get(reverse(name)).status_code == 200
    for part in ("coordinator", "clinician", "practice_admin", "physician", "privacy"):
        assert browser(cast, part).get(reverse(name)).status_code == 403


def test_every_change_is_logged_without_its_words(cast: Cast) -> None:
    send(cast, "clinic-reasons", **OWN)
    entry = AccessEntry.objects.get(verb="settings")
    assert entry.organisation_id == cast.clinic.pk
    assert "interpreter" not in entry.detail.lower()


# --- Services ------------------------------------------------------------------------------------


def test_a_service_is_added_with_its_limits(cast: Cast) -> None:
    done = send(cast, "clinic-service-new", name="Sleep evaluation", active="on", at_once="2",
                slots_per_week="12", stated_wait_days="14")  # fmt: skip
    assert done.status_code == 303
    made = Service.objects.get(code="sleep-evaluation")
    assert (made.clinic, made.at_once, made.slots_per_week, made.stated_wait_days) == (
        cast.clinic, 2, 12, 14,
    )  # fmt: skip


def test_a_service_keeps_its_code_and_can_be_taken_off(cast: Cast) -> None:
    row = cast.clinic.services.get(code="pain-evaluation")
    assert send(cast, "clinic-service", row.pk, name="Pain clinic evaluation").status_code == 303
    row.refresh_from_db()
    assert (row.code, row.name, row.active) == ("pain-evaluation", "Pain clinic evaluation", False)


@pytest.mark.parametrize(
    "typed", [{"name": ""}, {"name": "Pain evaluation"}, {"name": "X", "at_once": "0"},
              {"name": "X", "slots_per_week": "many"}],
)  # fmt: skip
def test_a_bad_service_is_refused_and_stays_typed(cast: Cast, typed: dict[str, str]) -> None:
    page = send(cast, "clinic-service-new", stated_wait_days="33", **typed)
    assert page.status_code == 400
    assert 'value="33"' in page.content.decode()


def test_another_clinics_service_is_not_found(cast: Cast) -> None:
    other = cast.other_clinic.services.first()
    assert other is not None
    assert send(cast, "clinic-service", other.pk, name="Mine now").status_code == 404
    with pytest.raises(NotFound):
        clinic_admin.save_service(
            cast.clinic.pk, other.pk, by=cast.actor("clinic_admin"), data={"name": "Mine"}
        )
    with pytest.raises(Forbidden):
        clinic_admin.save_service(
            cast.other_clinic.pk, other.pk, by=cast.actor("clinic_admin"), data={"name": "Mine"}
        )


# --- Reasons -------------------------------------------------------------------------------------


def test_a_reason_of_its_own_is_offered_and_used_here_alone(cast: Cast) -> None:
    assert send(cast, "clinic-reasons", **OWN).status_code == 303
    made = Reason.objects.get(clinic=cast.clinic)
    assert (made.code, made.roles) == ("apopka_no_interpreter", ["co", "cl"])
    referral = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, "coordinator").get(act_url(referral, Action.DECLINE)).content.decode()
    assert "No interpreter" in page
    act(referral, Action.DECLINE, cast.actor("coordinator"),
        {"reason": made.code, "alternative": "Winter Park."})  # fmt: skip
    assert referral.timeline.get(action="decline").reason_class == "capacity"
    elsewhere = reasons.open_to("decline", Role.CO, clinic=cast.other_clinic)
    assert made.code not in {r.code for r in elsewhere}
    assert reasons.find("decline", made.code, clinic=cast.other_clinic) is None


def test_a_clinical_reason_to_decline_stays_a_clinicians(cast: Cast) -> None:
    send(cast, "clinic-reasons", **{**OWN, "reason_class": "clinical"})
    assert Reason.objects.get(clinic=cast.clinic).roles == ["cl"]


def test_a_hidden_reason_is_not_offered_and_still_taken(cast: Cast) -> None:
    send(cast, "clinic-reason-hide", "decline", "no_capacity", hidden="yes")
    referral = referral_at(State.IN_REVIEW, cast)
    page = browser(cast, "coordinator").get(act_url(referral, Action.DECLINE)).content.decode()
    assert "no_capacity" not in page
    assert reasons.find("decline", "no_capacity", clinic=cast.clinic) is not None
    others = reasons.open_to("decline", Role.CO, clinic=cast.other_clinic)
    assert "no_capacity" in {r.code for r in others}
    send(cast, "clinic-reason-hide", "decline", "no_capacity", hidden="no")
    back = reasons.open_to("decline", Role.CO, clinic=cast.clinic)
    assert "no_capacity" in {r.code for r in back}


def test_an_own_reason_has_its_days(cast: Cast) -> None:
    today = clock.now().date()
    later = (today + timedelta(days=5)).isoformat()
    send(cast, "clinic-reasons", **OWN, valid_from=later)
    made = Reason.objects.get(clinic=cast.clinic)
    assert reasons.find("decline", made.code, clinic=cast.clinic) is None
    Reason.objects.filter(pk=made.pk).update(valid_from=today)
    assert send(cast, "clinic-reason-end", made.pk).status_code == 303
    assert reasons.find("decline", made.code, clinic=cast.clinic) is not None
    with clock.at(clock.now() + timedelta(days=1)):
        assert reasons.find("decline", made.code, clinic=cast.clinic) is None


@pytest.mark.parametrize(
    "changes", [{"label": ""}, {"reason_class": "secret"}, {"kind": "cancel"},
                {"valid_from": "2030-01-02", "valid_to": "2030-01-01"}],
)  # fmt: skip
def test_a_bad_reason_is_refused(cast: Cast, changes: dict[str, str]) -> None:
    assert send(cast, "clinic-reasons", **(OWN | changes)).status_code == 400
    assert not Reason.objects.filter(clinic=cast.clinic).exists()


def test_the_same_words_are_added_once(cast: Cast) -> None:
    send(cast, "clinic-reasons", **OWN)
    page = send(cast, "clinic-reasons", **OWN)
    assert page.status_code == 400
    assert "There is a reason with this label already." in page.content.decode()


def test_a_shared_reason_cannot_be_ended(cast: Cast) -> None:
    shared = Reason.objects.get(kind="decline", code="no_capacity")
    assert send(cast, "clinic-reason-end", shared.pk).status_code == 404


# --- Holidays ------------------------------------------------------------------------------------


def test_a_years_public_holidays_are_taken_over_once(cast: Cast) -> None:
    with clock.at(datetime(2026, 11, 2, 15, tzinfo=UTC)):
        assert send(cast, "clinic-holidays", go="prefill", year="2026").status_code == 303
        days = set(cast.clinic.holidays.values_list("day", flat=True))
        assert {date(2026, 11, 26), date(2026, 12, 25), date(2026, 7, 4)} <= days
        send(cast, "clinic-holidays", go="prefill", year="2026")
        assert cast.clinic.holidays.count() == len(days)
        assert not cast.other_clinic.holidays.exists()


def test_a_day_is_added_and_taken_out(cast: Cast) -> None:
    assert send(cast, "clinic-holidays", day="2026-12-24", name="Staff day").status_code == 303
    page = send(cast, "clinic-holidays", day="2026-12-24", name="Again")
    assert page.status_code == 400
    assert "This day is a holiday already." in page.content.decode()
    row = cast.clinic.holidays.get()
    assert send(cast, "clinic-holiday-end", row.pk).status_code == 303
    assert not cast.clinic.holidays.exists()


def test_a_year_far_away_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid):
        clinic_admin.prefill_holidays(cast.clinic.pk, year=1900, by=cast.actor("clinic_admin"))


# --- Canned answers, clocks, cut points -----------------------------------------------------------


def test_a_canned_answer_is_kept_changed_and_retired(cast: Cast) -> None:
    assert send(cast, "clinic-canned-new", title="Parking", text="Behind the house.").status_code
    row = CannedAnswer.objects.get(clinic=cast.clinic)
    assert send(cast, "clinic-canned-new", title="Parking", text="Twice.").status_code == 400
    send(cast, "clinic-canned-one", row.pk, title="Parking", text="In the garage.")
    row.refresh_from_db()
    assert row.text == "In the garage."
    assert send(cast, "clinic-canned-end", row.pk).status_code == 303
    assert (
        "Parking"
        not in browser(cast, "clinic_admin").get(reverse("clinic-canned")).content.decode()
    )


def clocks_typed(**changes: str) -> dict[str, str]:
    found = {}
    for name, value in limits.Limits().as_dict().items():
        pairs = value.items() if isinstance(value, dict) else [("", value)]
        found |= {f"{name}__{code}" if code else name: str(n) for code, n in pairs}
    return found | changes


def test_the_clocks_are_set(cast: Cast) -> None:
    done = send(cast, "clinic-clocks", **clocks_typed(decision__p3="4", outcome_days="45"))
    assert done.status_code == 303
    cast.clinic.refresh_from_db()
    found = limits.limits_of(cast.clinic)
    assert (found.decision["p3"], found.decision["p2"], found.outcome_days) == (4, 2, 45)


@pytest.mark.parametrize("typed", [{"decision__p3": "0"}, {"loop_days": ""}, {"close_days": "x"}])
def test_a_clock_that_is_none_is_refused(cast: Cast, typed: dict[str, str]) -> None:
    assert send(cast, "clinic-clocks", **clocks_typed(**typed)).status_code == 400


def cuts_typed(cast: Cast, **changes: str) -> dict[str, str]:
    page = browser(cast, "clinic_admin").get(reverse("clinic-cut-points"))
    form = page.context["form"]
    return {name: str(form[name].value()) for name in form.fields} | changes


def test_cut_points_are_chosen_within_what_is_published(cast: Cast) -> None:
    done = send(cast, "clinic-cut-points", **cuts_typed(cast, pc_ptsd_5="3", comment="Women first"))
    assert done.status_code == 303
    now = clinic_settings.show(cast.clinic.pk, by=cast.actor("clinic_admin"))
    assert now.changed == {"pc_ptsd_5": 3}
    page = send(cast, "clinic-cut-points", **cuts_typed(cast, pcl_5="12"))
    assert page.status_code == 400
    assert 'value="12"' in page.content.decode()


def test_somebody_elses_newer_choice_is_told_of(cast: Cast) -> None:
    old = cuts_typed(cast, pcl_5="40")
    send(cast, "clinic-cut-points", **cuts_typed(cast, pc_ptsd_5="3"))
    page = send(cast, "clinic-cut-points", **old)
    assert page.status_code == 409
    assert "Somebody changed this meanwhile" in page.content.decode()
    assert 'value="40"' in page.content.decode()


def test_a_flag_gets_a_level_of_the_clinics_own_and_loses_it_again(cast: Cast) -> None:
    by = cast.actor("clinic_admin")
    level = "flag_levels__K-10"
    page = browser(cast, "clinic_admin").get(reverse("clinic-cut-points")).content.decode()
    assert "K-10 Benzodiazepine" in page and "As published: caution" in page
    assert send(cast, "clinic-cut-points", **cuts_typed(cast, **{level: "R"})).status_code == 303
    assert clinic_settings.show(cast.clinic.pk, by=by).changed == {"flag_levels": {"K-10": "R"}}
    assert cuts_typed(cast)[level] == "R"
    send(cast, "clinic-cut-points", **cuts_typed(cast, **{level: ""}))
    assert clinic_settings.show(cast.clinic.pk, by=by).changed == {}
    assert send(cast, "clinic-cut-points", **cuts_typed(cast, **{level: "X"})).status_code == 400


def test_the_states_of_written_consent_are_chosen_and_florida_stays(cast: Cast) -> None:
    states = "written_consent_states"
    assert cuts_typed(cast)[states] == "*"
    done = send(cast, "clinic-cut-points", **cuts_typed(cast, **{states: "fl, ga"}))
    assert done.status_code == 303, done.content
    now = clinic_settings.show(cast.clinic.pk, by=cast.actor("clinic_admin"))
    assert now.changed == {states: ["FL", "GA"]}
    assert cuts_typed(cast)[states] == "FL, GA"
    for wrong, told in (("GA", "Keep FL in the list"), ("FL, Georgia", "Georgia".upper())):
        page = send(cast, "clinic-cut-points", **cuts_typed(cast, **{states: wrong}))
        assert page.status_code == 400
        assert told in page.content.decode()


# --- Days ---------------------------------------------------------------------------------------


def test_the_days_of_a_reason_are_the_clinics(cast: Cast) -> None:
    """At eight in the evening in Florida it is tomorrow in UTC, and not at the clinic."""
    evening, today = datetime(2026, 11, 11, 1, tzinfo=UTC), date(2026, 11, 10)
    with clock.at(evening):
        send(cast, "clinic-reasons", **OWN)
        made = Reason.objects.get(clinic=cast.clinic)
        send(cast, "clinic-reason-end", made.pk)
        made.refresh_from_db()
        assert (made.valid_from, made.valid_to) == (today, today)
        assert reasons.find("decline", made.code, clinic=cast.clinic) is not None
        listed = browser(cast, "coordinator").get("/api/v1/reasons/").json()["results"]
        assert made.code in {reason["code"] for reason in listed}
    with clock.at(evening + timedelta(hours=5)):
        assert reasons.find("decline", made.code, clinic=cast.clinic) is None
