"""Invitations: from an administrator, to one address, by one link, once."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.models import Invitation, User
from referrals.errors import Conflict, Forbidden
from referrals.models import ClinicianProfile, Membership
from referrals.notifications import sending
from tests.cast import PASSWORD, Cast, assemble

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.site")]
NEW = "new.colleague@tests.example"
GOOD = "gravel otter lantern seventeen"
ANSWERS = {"full_name": "New Colleague", "password": GOOD}
CLINICIAN = {**ANSWERS, "kind": "physician", "npi": "1558598797", "licence_number": "ME123",
             "licence_state": "FL", "after_hours_phone": "+14075550123"}  # fmt: skip


@pytest.fixture
def invite(cast: Cast, django_capture_on_commit_callbacks):
    def send(part: str = "clinic_admin", roles=("co",), email: str = NEW) -> str:
        by = cast.actor(part)
        organisation = cast.clinic if part == "clinic_admin" else cast.practice
        with django_capture_on_commit_callbacks(execute=True):
            invitations.send(by=by, organisation=organisation, email=email, roles=roles)
        sending.send_waiting()
        (link,) = re.findall(r"http://127\.0\.0\.1:8000(/\S+)", mail.outbox[-1].body)
        return link

    return send


def test_the_mail_is_one_sentence_and_one_link(invite, cast: Cast) -> None:
    invite()
    message = mail.outbox[0]
    assert message.to == [NEW]
    assert message.body.count("http") == 1
    assert len(re.findall(r"[.!?](\s|$)", message.body)) == 1
    assert cast.clinic.name not in message.body + message.subject


def test_a_colleague_makes_a_sign_in(client: Client, cast: Cast, invite) -> None:
    link = invite()
    assert NEW in client.get(link).content.decode()
    assert client.post(link, ANSWERS)["Location"] == "/accounts/login/"
    user = User.objects.get(email=NEW)
    seats = Membership.objects.in_force().filter(user=user).values_list("organisation", "role")
    assert list(seats) == [(cast.clinic.pk, "co")]
    assert client.get("/").status_code == 302
    client.post("/accounts/login/", {"login": NEW, "password": GOOD})
    assert client.get("/").status_code == 200


def test_a_clinician_gives_profession_npi_and_licence(client: Client, invite) -> None:
    link = invite(roles=["cl"])
    assert client.post(link, ANSWERS).status_code == 400
    assert not User.objects.filter(email=NEW).exists()
    assert client.post(link, CLINICIAN).status_code == 302
    profile = ClinicianProfile.objects.get(user__email=NEW)
    assert (profile.kind, profile.npi, profile.licence_state) == ("physician", "1558598797", "FL")


@pytest.mark.parametrize(
    "change", [{"npi": "1234567890"}, {"npi": ""}, {"npi": "3000000000"}, {"kind": "wizard"},
               {"licence_number": ""}, {"licence_state": "ZZ"}, {"after_hours_phone": "5550123"},
               {"full_name": ""}, {"password": "short"}, {"password": "new.colleague@tests"}],
)  # fmt: skip
def test_wrong_answers_make_nobody(client: Client, invite, change: dict) -> None:
    link = invite(roles=["cl"])
    assert client.post(link, {**CLINICIAN, **change}).status_code == 400
    assert not User.objects.filter(email=NEW).exists()
    assert Invitation.objects.get().accepted_at is None


def test_a_profession_without_npi_needs_none(client: Client, invite) -> None:
    link = invite(roles=["cl"])
    assert client.post(link, {**CLINICIAN, "kind": "lmhc", "npi": ""}).status_code == 302


def test_a_link_works_once(client: Client, invite) -> None:
    link = invite()
    client.post(link, ANSWERS)
    assert Client().get(link).status_code == 404
    assert Client().post(link, {**ANSWERS, "full_name": "Second"}).status_code == 404
    assert User.objects.filter(email=NEW).count() == 1


def test_a_link_ends_after_seven_days(client: Client, invite) -> None:
    link = invite()
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        assert client.get(link).status_code == 404
        assert client.post(link, ANSWERS).status_code == 404


def test_a_withdrawn_link_is_dead(client: Client, cast: Cast, invite) -> None:
    link = invite()
    client.force_login(cast.clinic_admin)
    row = Invitation.objects.get()
    assert client.post(f"/people/invitations/{row.pk}/withdraw/").status_code == 302
    assert Client().get(link).status_code == 404


def test_a_newer_invitation_replaces_the_older(client: Client, invite) -> None:
    older = invite()
    newer = invite()
    assert client.get(older).status_code == 404
    assert client.get(newer).status_code == 200


def test_a_used_and_an_invented_link_answer_alike(client: Client, invite) -> None:
    link = invite()
    client.post(link, ANSWERS)
    used = Client().get(link)
    invented = Client().get("/invitations/" + "A" * 43 + "/")
    assert (used.status_code, used.content) == (invented.status_code, invented.content)


def test_the_secret_is_stored_as_a_hash(invite) -> None:
    secret = invite().split("/")[2]
    row = Invitation.objects.get()
    assert secret not in str(Invitation.objects.values().get(pk=row.pk))


def test_a_person_with_a_sign_in_takes_the_roles_signed_in(
    client: Client, cast: Cast, invite
) -> None:
    link = invite(email=cast.stranger.email)
    assert client.get(link)["Location"] == f"/accounts/login/?next={link}"
    client.force_login(cast.physician)
    assert client.post(link).status_code == 404
    client.logout()
    client.post("/accounts/login/", {"login": cast.stranger.email, "password": PASSWORD})
    assert client.get(link).status_code == 200
    client.post(link)
    assert Membership.objects.filter(user=cast.stranger, organisation=cast.clinic).count() == 1
    assert client.post(link).status_code == 404


@pytest.mark.parametrize(
    "part", ["physician", "delegate", "coordinator", "clinician", "privacy", "nobody"]
)
def test_only_administrators_see_people(client: Client, cast: Cast, part: str) -> None:
    client.force_login(getattr(cast, part))
    assert client.get("/people/").status_code == 403
    assert client.post("/people/", {"email": NEW}).status_code == 403
    with pytest.raises(Forbidden):
        invitations.send(by=cast.actor(part), organisation=cast.clinic, email=NEW, roles=["co"])


def test_an_administrator_invites_from_the_page(
    client: Client, cast: Cast, django_capture_on_commit_callbacks
) -> None:
    client.force_login(cast.practice_admin)
    data = {"organisation": str(cast.practice.pk), "email": NEW, "roles": ["rc", "rd"]}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/people/", data).status_code == 302
    assert Invitation.objects.get().roles == ["rc", "rd"]
    assert NEW in client.get("/people/").content.decode()


@pytest.mark.parametrize(
    "change", [{"roles": ["po"]}, {"roles": ["ps"]}, {"roles": ["co"]}, {"roles": []},
               {"organisation": "other"}, {"email": "no address"},
               {"email": "a@tests.example\nBcc: b@tests.example"}],
)  # fmt: skip
def test_nobody_is_invited_to_more_than_the_inviter_rules(
    client: Client, cast: Cast, change: dict
) -> None:
    client.force_login(cast.practice_admin)
    if change.get("organisation"):
        change = {"organisation": str(cast.clinic.pk)}
    data = {"organisation": str(cast.practice.pk), "email": NEW, "roles": ["rc"], **change}
    assert client.post("/people/", data).status_code == 400
    assert not Invitation.objects.exists()


def test_another_organisations_invitations_and_people_stay_hidden(
    client: Client, cast: Cast, invite
) -> None:
    invite()
    client.force_login(cast.practice_admin)
    page = client.get("/people/").content.decode()
    assert NEW not in page
    assert cast.coordinator.email not in page
    row = Invitation.objects.get()
    assert client.post(f"/people/invitations/{row.pk}/withdraw/").status_code == 404
    seat = Membership.objects.get(user=cast.coordinator)
    assert client.post(f"/people/{seat.pk}/end/").status_code == 404


def test_ending_a_role_acts_at_the_next_request(client: Client, cast: Cast) -> None:
    client.force_login(cast.clinic_admin)
    seat = Membership.objects.get(user=cast.coordinator)
    assert client.post(f"/people/{seat.pk}/end/").status_code == 302
    assert cast.actor("coordinator").seats == frozenset()


def test_administrators_do_not_end_themselves(client: Client, cast: Cast) -> None:
    client.force_login(cast.clinic_admin)
    seat = Membership.objects.get(user=cast.clinic_admin)
    assert client.post(f"/people/{seat.pk}/end/").status_code == 403
    assert cast.actor("clinic_admin").seats


def test_who_comes_second_gets_nothing(cast: Cast, invite) -> None:
    """Both found the link open; the conditional update lets one through."""
    invite()
    row = Invitation.objects.get()
    invitations.accept(row, data=ANSWERS)
    User.objects.filter(email=NEW).update(email="moved@tests.example")
    with pytest.raises(Conflict):
        invitations.accept(row, data={**ANSWERS, "full_name": "Second"})
    assert not User.objects.filter(full_name="Second").exists()


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_two_at_once_exactly_one_accepts() -> None:
    cast = assemble()
    for round_ in range(20):
        email = f"race{round_}@tests.example"
        invitations.send(
            by=cast.actor("clinic_admin"), organisation=cast.clinic, email=email, roles=["co"]
        )
        row = Invitation.objects.get(email=email)
        assert _race(row) == ["accepted", "refused"]
        assert User.objects.filter(email=email).count() == 1
        assert Membership.objects.filter(user__email=email).count() == 1


def _race(row: Invitation) -> list[str]:
    barrier = threading.Barrier(2)
    results: list[str] = []

    def accept(number: int) -> None:
        barrier.wait()
        try:
            invitations.accept(row, data={**ANSWERS, "full_name": f"Racer {number}"})
            results.append("accepted")
        except Conflict:
            results.append("refused")
        finally:
            connections[connection.alias].close()

    threads = [threading.Thread(target=accept, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)
