"""The demo as `seed_demo` leaves it: everybody can sign in, every state is there, all adds up."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from datetime import date
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client, override_settings
from django.urls import reverse

from integrations.models import Delivery, Event, Partner
from portal.accounts.models import User
from referrals import clock, disclosure
from referrals.access import sealer, verify
from referrals.content_classes import ContentClass
from referrals.demo.people import PEOPLE
from referrals.lifecycle import State
from referrals.lifecycle.reasons import load_shipped
from referrals.models import (
    Appointment,
    ClinicianInvitation,
    ClinicianProfile,
    Holiday,
    InformationRequest,
    InterimNote,
    Message,
    Organisation,
    Outcome,
    Reason,
    Referral,
    Service,
    TimelineEntry,
)
from referrals.operations import facts
from tests.portal import demo_reading
from tests.repository.verdicts import verdicts

SIGN_INS = (
    "physician", "therapist", "delegate", "stranger", "coordinator", "clinician", "clinic-admin",
    "other-coordinator", "privacy", "admin",
)  # fmt: skip
WORKED_EXAMPLES = {
    "1234567893", "1558598797", "1245319599", "2123456784", "1000000004", "1999999992",
}  # fmt: skip


# A database is made for those alone who say that they use one.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(  # type: ignore[no-untyped-def]
    django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """What the command printed; its data is rolled back after this file's tests."""
    said = StringIO()
    anchor = override_settings(AUDIT_ANCHOR=str(tmp_path_factory.mktemp("anchor") / "heads.jsonl"))
    with django_db_blocker.unblock(), anchor:
        whole = transaction.atomic()
        whole._from_testcase = True  # type: ignore[attr-defined] # sealing wants no transaction
        with whole:
            load_shipped(Reason)  # an earlier test's flush may have taken them along
            call_command("seed_demo", stdout=said)
            yield said.getvalue()
            transaction.set_rollback(True)


@pytest.fixture
def referrals(demo: str) -> list[Referral]:
    return list(
        Referral.objects.select_related("content", "practice", "referring_clinician__clinician")
        .prefetch_related("timeline")
        .all()
    )


def test_about_two_hundred_referrals_are_there_in_every_state(referrals: list[Referral]) -> None:
    assert 180 <= len(referrals) <= 230
    assert {referral.state for referral in referrals} == {state.value for state in State}


def test_every_priority_and_every_label_is_there(referrals: list[Referral]) -> None:
    sent = [facts.assess(one) for one in referrals if one.submitted_at]
    assert {found["priority"]["value"] for found in sent} == {"p0", "p1", "p2", "p3"}
    assert {found["dual_diagnosis"]["label"] for found in sent} == {
        "documented", "pain_with_positive_screen", "incomplete",
    }  # fmt: skip
    assert {flag["level"] for found in sent for flag in found["flags"]} == {"R", "C", "I"}
    assert not [w for found in sent for w in found["coding"]["warnings"] if w["rule"] == "X-8"]


def test_each_one_that_was_sent_has_a_whole_picture(referrals: list[Referral]) -> None:
    for one in (one for one in referrals if one.submitted_at):
        body = one.content.as_dict()
        scales = {entry["instrument"] for entry in body["instruments"]}
        assert {"peg", "gad-7", "audit-c"} <= scales and scales & {"pcl-5", "pc-ptsd-5"}
        assert body["pain"]["treatments"] and all(t["result"] for t in body["pain"]["treatments"])
        assert body["trauma"]["therapies"] and body["mental_health"]["antidepressants"]
        assert body["medical"]["medications"] and body["medical"]["k09"] and body["care_team"]
        left = facts.assess(one)["completeness"]["accept"]["missing"]
        assert len(left) <= 6, [gap["code"] for gap in left]


def test_danger_waits_at_its_page_in_a_draft(referrals: list[Referral]) -> None:
    (draft,) = [one for one in referrals if not one.submitted_at and one.computed_priority == "p0"]
    client = Client()
    client.force_login(User.objects.get(email="physician@demo.example"))
    page = client.get(reverse("referrals:edit", args=[draft.pk, "check"]), follow=True)
    assert page.redirect_chain[-1][0] == reverse("referrals:danger", args=[draft.pk])


def test_one_is_shared_and_one_is_closed_in_part(referrals: list[Referral]) -> None:
    (invitation,) = ClinicianInvitation.objects.select_related("accepted_by", "referral")
    shared = invitation.referral
    assert {one.author_side for one in shared.plan.all()} == {"practice", "invited", "clinic"}
    assert Referral.objects.visible_to(invitation.accepted_by.as_actor()).get() == shared
    (partial,) = [one for one in referrals if one.content.revoked_classes]
    clinician = User.objects.get(email="clinician@demo.example").as_actor()
    reading = disclosure.reading_of(partial, clinician)
    assert reading.notices and not reading.words_open
    assert frozenset(ContentClass) - reading.classes == {ContentClass.MENTAL_HEALTH}


def test_some_have_results_over_time(referrals: list[Referral]) -> None:
    again = [
        one for one in referrals
        if sum(e["instrument"] == "peg" for e in one.content.instruments or []) > 1
    ]  # fmt: skip
    assert len(again) > 20


def test_nothing_that_is_written_about_them_is_a_verdict(demo: str) -> None:
    found = {where: hits for where, text in demo_reading.texts() if (hits := verdicts(text))}
    assert found == {}


def test_it_says_what_it_did_and_how_far_it_is(demo: str) -> None:
    assert "Demo data: 50%" in demo
    assert f"{Referral.objects.count()} referrals, walked by" in demo


def test_a_second_run_changes_nothing(demo: str) -> None:
    said, before = StringIO(), Referral.objects.count()
    call_command("seed_demo", stdout=said)
    assert "there already" in said.getvalue()
    assert Referral.objects.count() == before


@pytest.mark.parametrize("login", SIGN_INS)
def test_each_documented_sign_in_works_at_once(demo: str, login: str) -> None:
    client = Client()
    client.post(
        reverse("account_login"),
        {"login": f"{login}@demo.example", "password": "tandem-demo"},
    )
    user = User.objects.get(email=f"{login}@demo.example")
    assert client.session.get("_auth_user_id") == str(user.pk)
    assert EmailAddress.objects.get(user=user).verified


def test_a_wrong_password_signs_nobody_in(demo: str) -> None:
    client = Client()
    client.post(
        reverse("account_login"), {"login": "privacy@demo.example", "password": "tandem-damo"}
    )
    assert "_auth_user_id" not in client.session


def test_the_superuser_is_one(demo: str) -> None:
    assert User.objects.get(email="admin@demo.example").is_superuser
    assert User.objects.filter(is_superuser=True).count() == 1


def test_people_work_where_the_contract_says(demo: str) -> None:
    slugs = {
        user.email.split("@")[0]: {m.organisation.slug for m in user.memberships.all()}  # type: ignore[union-attr]
        for user in User.objects.exclude(email__startswith="privacy")
    }
    assert slugs["physician"] == slugs["therapist"] == slugs["delegate"] == slugs["practice-admin"]
    assert slugs["stranger"].isdisjoint(slugs["physician"])
    assert slugs["coordinator"] == slugs["clinician"] == slugs["clinic-admin"] == {"apopka"}
    assert slugs["other-coordinator"] == {"winter-park"}


def test_clinics_have_services_and_holidays(demo: str) -> None:
    for clinic in Organisation.objects.filter(kind="clinic"):
        assert set(Service.objects.filter(clinic=clinic).values_list("code", flat=True)) == {
            "dual-diagnosis-evaluation", "iv-ketamine-evaluation", "pain-evaluation",
            "mental-health-evaluation",
        }  # fmt: skip
        coming = Holiday.objects.filter(clinic=clinic, day__gte=clock.now().date())
        assert coming.count() >= 11


def test_only_worked_example_npis_are_used(demo: str) -> None:
    used = {*ClinicianProfile.objects.values_list("npi", flat=True)}
    used |= {*Organisation.objects.values_list("npi", flat=True)}
    assert used <= WORKED_EXAMPLES
    assert ClinicianProfile.objects.exclude(after_hours_phone="").count() == sum(
        1 for person in PEOPLE if person.kind
    )


def test_the_partner_gets_a_token_with_its_documented_secret(demo: str) -> None:
    response = _token("tandem-demo-secret")
    assert response.status_code == 200
    assert set(response.json()["scope"].split()) == {"referrals:read", "events:read"}
    assert _token("another-secret").status_code == 401


def _token(secret: str):  # type: ignore[no-untyped-def]
    client = Client()
    found = client.get("/.well-known/openid-configuration").json()["token_endpoint"]
    key = base64.b64encode(f"ehr-demo:{secret}".encode()).decode()
    return client.post(
        found.removeprefix("http://127.0.0.1:8000").removeprefix("http://testserver"),
        {"grant_type": "client_credentials", "scope": "referrals:read events:read"},
        headers={"authorization": f"Basic {key}"},
    )


def test_timelines_have_no_gap_and_run_forward(referrals: list[Referral]) -> None:
    for referral in referrals:
        entries = sorted(referral.timeline.all(), key=lambda entry: entry.number)
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
        times = [entry.occurred_at for entry in entries]
        assert times == sorted(times)
        assert all(moment <= clock.now() for moment in times)


def test_events_have_no_gap_and_none_is_before_the_submission(referrals: list[Referral]) -> None:
    sent = {referral.pk: referral.submitted_at for referral in referrals}
    events = Event.objects.order_by("source", "sequence")
    for _, group in itertools.groupby(events, key=lambda event: event.source):
        found = list(group)
        assert [event.sequence for event in found] == list(range(1, len(found) + 1))
        assert found[0].type == "tandem.referral.submitted.v1"
        assert min(event.time for event in found) >= sent[found[0].subject]
    told = {event.subject for event in events}
    assert told == {pk for pk, submitted_at in sent.items() if submitted_at}


def test_the_partner_is_owed_every_event_of_its_clinic(referrals: list[Referral]) -> None:
    partner = Partner.objects.get(slug="ehr-demo")
    apopka = {r.pk for r in referrals if r.clinic_id == partner.scope_key}
    owed = Event.objects.filter(subject__in=apopka).count()
    assert owed == Delivery.objects.filter(partner=partner).count() > 300
    numbers: dict[str, list[int]] = {}
    for key, number in Delivery.objects.values_list("ordering_key", "key_seq"):
        numbers.setdefault(key, []).append(number)
    assert all(sorted(n) == list(range(1, len(n) + 1)) for n in numbers.values())


def test_the_access_log_is_sealed_and_whole(demo: str) -> None:
    sealer.seal_all()  # what signing in above has added
    report = verify.verify()
    assert report.faults == []
    assert report.entries == report.seals > 1000


def test_every_priority_is_there_and_danger_was_acted_on(referrals: list[Referral]) -> None:
    sent = [r for r in referrals if r.submitted_at]
    assert {r.priority for r in sent} == {"p0", "p1", "p2", "p3"}
    for referral in (r for r in sent if r.computed_priority == "p0"):
        assert referral.content.as_dict()["safety"]["action_taken"]
        actions = [entry.action for entry in referral.timeline.all()]
        assert "claim" in actions


def test_patients_are_adults_whose_phones_reach_nobody(referrals: list[Referral]) -> None:
    for referral in referrals:
        patient = referral.content.as_dict()["patient"]
        born = date.fromisoformat(patient["birth_date"])
        assert (referral.created_at.date() - born).days > 18 * 366
        assert patient["phone"][5:10] == "55501"


def test_a_therapists_referral_rests_on_written_consent(referrals: list[Referral]) -> None:
    kinds = {"lcsw", "psychologist"}
    seen = [
        referral.content.as_dict()["consent"]["basis"]
        for referral in referrals
        if referral.submitted_at and referral.referring_clinician.clinician.kind in kinds  # type: ignore[union-attr]
    ]
    assert len(seen) > 20
    assert set(seen) == {"written"}


def test_accepted_referrals_have_their_safety_flags_reviewed(referrals: list[Referral]) -> None:
    reviewed = 0
    for referral in (r for r in referrals if r.accepted_at):
        found = {f["rule"] for f in facts.assess(referral)["flags"] if f["level"] == "R"}
        assert found <= {review.rule for review in referral.flag_reviews.all()}
        reviewed += len(found)
    assert reviewed > 3


def test_each_outcome_has_a_plan_for_both_conditions(demo: str) -> None:
    plans = [outcome.plan for outcome in Outcome.objects.all()]
    assert len(plans) > 20
    assert all(plan["pain"] and plan["trauma"] and plan["daily_life"] for plan in plans)


def test_each_decline_offers_an_alternative(demo: str) -> None:
    declines = TimelineEntry.objects.filter(action="decline")
    assert declines.filter(late=True).exists()
    assert all(entry.detail["alternative"] for entry in declines)


def test_both_sides_write_and_visits_are_past_and_to_come(demo: str) -> None:
    assert set(Message.objects.values_list("side", flat=True)) == {"practice", "clinic"}
    assert set(Appointment.objects.values_list("status", flat=True)) == {
        "booked", "moved", "cancelled", "missed", "kept",
    }  # fmt: skip
    assert Appointment.objects.filter(status="booked", start__gt=clock.now()).count() > 8
    assert InterimNote.objects.exists()
    assert InformationRequest.objects.filter(answered_at__isnull=False).exists()


def test_every_way_in_and_every_way_on_is_told(referrals: list[Referral]) -> None:
    assert {referral.origin for referral in referrals} == {"portal", "paper", "fax", "phone"}
    replaced = {r.replaces.state for r in referrals if r.replaces}
    assert {"redirected", "declined", "expired"} <= replaced
    entries = [entry for referral in referrals for entry in referral.timeline.all()]
    assert {entry.actor_kind for entry in entries} == {"person", "partner", "system"}
    assert any(entry.on_behalf_of_id for entry in entries)


def test_what_ends_by_itself_was_ended_by_the_timers(demo: str) -> None:
    automatic = TimelineEntry.objects.filter(automatic=True)
    rung = {"clock_at_risk", "clock_breached"}
    assert set(automatic.values_list("action", flat=True)) == {"expire", "close"} | rung
    moved = automatic.exclude(action__in=rung)
    assert not moved.filter(from_state=F("to_state")).exists()
    expired = Referral.objects.filter(state=State.EXPIRED)
    assert all(r.information_requests.get().reminders_sent == 2 for r in expired)


def test_two_people_stand_behind_each_entry_in_error(demo: str) -> None:
    for referral in Referral.objects.filter(state=State.ENTERED_IN_ERROR):
        asked = referral.error_requests.get()
        assert asked.confirmed_by_id and asked.asked_by_id != asked.confirmed_by_id


def test_no_patient_is_readable_in_the_database(referrals: list[Referral]) -> None:
    names = {r.content.as_dict()["patient"]["family_name"] for r in referrals}
    # A short one could stand in sealed text by chance.
    names = {name for name in names if len(name) > 6}
    assert len(names) > 20
    with connection.cursor() as cursor:
        cursor.execute("SELECT data, body FROM integrations_event")
        events = " ".join(str(column) for row in cursor.fetchall() for column in row)
        cursor.execute("SELECT * FROM referrals_referralcontent")
        content = " ".join(str(column) for row in cursor.fetchall() for column in row)
    assert not [name for name in names if name in events or name in content]
