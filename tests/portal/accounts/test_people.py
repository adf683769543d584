"""Roles given, changed and ended by administrators: at once, everywhere, never to oneself."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from portal.accounts import invitations, seats, tokens
from portal.accounts.models import Invitation, User
from referrals.access.models import AccessEntry
from referrals.actors import Role
from referrals.errors import Conflict, Forbidden, Invalid, NotFound
from referrals.models import Membership, Organisation
from tests.cast import Cast, assemble
from tests.portal.pages.doors import browser

pytestmark = pytest.mark.django_db


def seat_of(cast: Cast, part: str) -> Membership:
    return Membership.objects.get(user=getattr(cast, part))


def change(cast: Cast, part: str, *roles: str, by: str = "clinic_admin", on_call: bool = False):
    seats.change(seat_of(cast, part).pk, roles=roles, on_call=on_call, by=cast.actor(by))


def held(cast: Cast, part: str) -> set[str]:
    return {seat.role.value for seat in cast.actor(part).seats}


def test_roles_are_given_and_taken_at_once(cast: Cast) -> None:
    change(cast, "coordinator", "co", "ca")
    assert held(cast, "coordinator") == {"co", "ca"}
    seats.change(
        Membership.objects.filter(user=cast.coordinator).first().pk, roles=["ca"], on_call=False,
        by=cast.actor("clinic_admin"),
    )  # fmt: skip
    assert held(cast, "coordinator") == {"ca"}
    entry = AccessEntry.objects.filter(verb="people").latest("pk")
    assert str(cast.coordinator.pk) in entry.detail
    assert '"action":"roles"' in entry.detail


def test_the_page_changes_roles_and_keeps_who_is_on_call(cast: Cast) -> None:
    client = browser(cast, "clinic_admin")
    seat = seat_of(cast, "clinician")
    assert "Clinic clinician" in client.get(f"/people/{seat.pk}/").content.decode()
    done = client.post(f"/people/{seat.pk}/", {"roles": ["cl"], "on_call": "on"})
    assert done.status_code == 302
    seat.refresh_from_db()
    assert seat.on_call
    assert "On call" in client.get("/people/").content.decode()


def test_only_a_clinician_is_on_call(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        change(cast, "coordinator", "co", on_call=True)
    assert refused.value.errors[0].pointer == "/on_call"


def test_a_clinicians_role_needs_a_license_on_record(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        change(cast, "coordinator", "co", "cl")
    assert refused.value.errors[0].code == "no_profile"
    assert held(cast, "coordinator") == {"co"}


@pytest.mark.parametrize("roles", [[], ["rc"], ["ps"], ["po"], ["co", "sy"]])
def test_only_roles_of_the_organization(cast: Cast, roles: list[str]) -> None:
    with pytest.raises(Invalid):
        change(cast, "coordinator", *roles)


def test_nobody_gives_themselves_a_clinical_role(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        change(cast, "clinic_admin", "ca", "cl")
    with pytest.raises(Forbidden):
        invitations.send(
            by=cast.actor("clinic_admin"), organisation=cast.clinic, roles=["cl"],
            email=cast.clinic_admin.email.upper(),
        )  # fmt: skip
    page = browser(cast, "clinic_admin").post(
        "/people/", {"organisation": str(cast.clinic.pk), "email": cast.clinic_admin.email,
                     "roles": ["cl"]},
    )  # fmt: skip
    assert page.status_code == 400
    assert "Nobody changes their own roles" in page.content.decode()
    assert not Invitation.objects.exists()


def test_the_last_administrator_stays(cast: Cast) -> None:
    """Two end each other: the second acts on rights that were his a moment ago."""
    change(cast, "coordinator", "ca")
    first, second = cast.actor("clinic_admin"), cast.actor("coordinator")
    theirs = Membership.objects.in_force().get(user=cast.coordinator)
    seats.leave(theirs.pk, by=first)
    with pytest.raises(Conflict, match="last administrator"):
        seats.leave(seat_of(cast, "clinic_admin").pk, by=second)
    with pytest.raises(Conflict, match="last administrator"):
        seats.change(seat_of(cast, "clinic_admin").pk, roles=["co"], on_call=False, by=second)
    assert held(cast, "clinic_admin") == {"ca"}


# --- Leaving -------------------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    UserSession.objects.create(
        user=user, ip="127.0.0.1", user_agent="tests", session_key=client.session.session_key
    )
    return client


def test_who_leaves_is_shut_out_everywhere_at_once(cast: Cast) -> None:
    person, client = cast.coordinator, signed_in(cast.coordinator)
    _, secret = tokens.make(user=person, name="export", days=30)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/worklist/").status_code == 200
    assert Client().get("/api/v1/me/", headers=bearer).status_code == 200
    Invitation.objects.create(
        email=person.email, organisation_id=cast.other_clinic.pk, roles=["co"], token_hash="x" * 64,
        expires_at=timezone.now() + timedelta(days=7),
    )  # fmt: skip
    assert (
        browser(cast, "clinic_admin")
        .post(f"/people/{seat_of(cast, 'coordinator').pk}/end/")
        .status_code
        == 302
    )
    assert client.get("/worklist/").status_code == 302
    assert Client().get("/api/v1/me/", headers=bearer).status_code == 401
    assert not Client().login(email=person.email, password="a long synthetic passphrase")
    assert not UserSession.objects.filter(user=person).exists()
    assert Invitation.objects.get().revoked_at is not None
    person.refresh_from_db()
    assert not person.is_active


def test_who_works_elsewhere_too_keeps_that(cast: Cast) -> None:
    Membership.objects.create(user=cast.coordinator, organisation=cast.other_clinic, role=Role.CO)
    mine = Membership.objects.get(user=cast.coordinator, organisation=cast.clinic)
    assert seats.leave(mine.pk, by=cast.actor("clinic_admin")) is False
    assert {s.organisation_id for s in cast.actor("coordinator").seats} == {cast.other_clinic.pk}
    cast.coordinator.refresh_from_db()
    assert cast.coordinator.is_active


def test_who_was_shut_out_is_let_back_in_without_roles(cast: Cast) -> None:
    seat, admin = seat_of(cast, "coordinator"), cast.actor("clinic_admin")
    seats.leave(seat.pk, by=admin)
    assert "Let back in" in browser(cast, "clinic_admin").get("/people/").content.decode()
    done = browser(cast, "clinic_admin").post(f"/people/{seat.pk}/return/")
    assert done["Location"] == f"/people/{seat.pk}/"
    cast.coordinator.refresh_from_db()
    assert cast.coordinator.is_active
    assert cast.actor("coordinator").seats == frozenset()
    seats.change(seat.pk, roles=["co"], on_call=False, by=admin)
    assert held(cast, "coordinator") == {"co"}


def test_only_the_organization_that_shut_somebody_out_lets_them_back(cast: Cast) -> None:
    Membership.objects.create(
        user=cast.coordinator, organisation=cast.other_clinic, role=Role.CO,
        ended_at=timezone.now(),
    )  # fmt: skip
    seat = Membership.objects.get(user=cast.coordinator, organisation=cast.clinic)
    seats.leave(seat.pk, by=cast.actor("clinic_admin"))
    with pytest.raises(Conflict):
        seats.let_back(seat.pk, by=cast.actor("clinic_admin"))


@pytest.mark.parametrize("part", ["coordinator", "clinician", "physician", "privacy"])
def test_who_administers_nothing_is_refused(cast: Cast, part: str) -> None:
    with pytest.raises(Forbidden):
        seats.find(seat_of(cast, "clinician").pk, by=cast.actor(part))


def test_another_organizations_people_are_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        seats.leave(seat_of(cast, "delegate").pk, by=cast.actor("clinic_admin"))
    page = browser(cast, "practice_admin").get("/people/").content.decode()
    assert "delegate@tests.example" in page
    assert "coordinator@tests.example" not in page


def test_the_list_says_who_has_no_second_step_and_when_they_signed_in(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.clinician, type="totp", data={"secret": "x"})
    User.objects.filter(pk=cast.clinician.pk).update(last_login=timezone.now())
    page = browser(cast, "clinic_admin").get("/people/").content.decode()
    assert "3 of them have no second step" in page
    row = page[page.index("clinician@tests.example") :]
    assert row.index("Set up") < row.index("</tr>")
    assert "Never" in page


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_both_end_the_other() -> None:
    cast = assemble()
    change(cast, "coordinator", "ca")
    pair = [("clinic_admin", "coordinator"), ("coordinator", "clinic_admin")]
    barrier, outcomes = threading.Barrier(2), []

    def end(by: str, other: str) -> None:
        row = Membership.objects.in_force().get(user=getattr(cast, other))
        barrier.wait(10)
        try:
            seats.leave(row.pk, by=cast.actor(by))
            outcomes.append("ended")
        except (Conflict, Forbidden) as refused:
            outcomes.append(type(refused).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=end, args=names) for names in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert connection.vendor == "postgresql"
    left = Membership.objects.in_force().filter(organisation=cast.clinic, role="ca")
    assert left.filter(user__is_active=True).count() >= 1, outcomes


# --- The first one -------------------------------------------------------------------------------


def made(*args: str) -> str:
    out = StringIO()
    call_command("create_organisation", *args, stdout=out)
    return out.getvalue()


CLINIC = ("clinic", "--name", "Example Clinic", "--slug", "example", "--administrator",
          "first@clinic.example")  # fmt: skip


def test_a_fresh_installation_gets_its_first_administrator_by_one_link() -> None:
    out = made(*CLINIC, "--npi", "1234567893")
    assert not User.objects.filter(email="first@clinic.example").exists()
    (link,) = re.findall(r"http://127\.0\.0\.1:8000(/invitations/\S+)", out)
    answers = {"full_name": "First", "password": "gravel otter lantern seventeen"}
    assert Client().post(link, answers).status_code == 302
    assert Client().post(link, answers).status_code == 404
    user = User.objects.get(email="first@clinic.example")
    assert [(s.organisation_id, s.role) for s in user.as_actor().seats] == [
        (Organisation.objects.get(slug="example").pk, Role.CA)
    ]


def test_the_privacy_officer_belongs_to_no_organization() -> None:
    out = made("installation", "--administrator", "privacy@clinic.example")
    (link,) = re.findall(r"http://127\.0\.0\.1:8000(/invitations/\S+)", out)
    answers = {"full_name": "Officer", "password": "gravel otter lantern seventeen"}
    assert Client().post(link, answers).status_code == 302
    user = User.objects.get(email="privacy@clinic.example")
    assert {(s.organisation_id, s.role) for s in user.as_actor().seats} == {(None, Role.PO)}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((*CLINIC[:-1], "no address"), "whole e-mail address"),
        (("clinic", "--administrator", "a@b.example"), "--name and --slug"),
        ((*CLINIC, "--npi", "1234567890"), "last digit"),
        ((*CLINIC, "--time-zone", "Mars/Olympus"), "time zone"),
    ],
)
def test_what_the_command_refuses(args: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        made(*args)
    assert not Organisation.objects.exists()


def test_a_slug_is_taken_once() -> None:
    made(*CLINIC)
    with pytest.raises(CommandError, match="already"):
        made(*CLINIC)
