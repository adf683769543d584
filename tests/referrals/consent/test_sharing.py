"""A therapist refers alone; the patient's physician is invited and completes her half."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from integrations.models import Event
from portal.accounts.models import User
from referrals import clock
from referrals.access.models import AccessEntry
from referrals.actors import Role
from referrals.lifecycle import MOVE_FOR, Action, State
from referrals.models import ClinicianInvitation, ContentVersion, Referral
from referrals.notifications import sending
from referrals.operations import half
from tests.cast import PASSWORD, Cast
from tests.portal.pages.doors import browser
from tests.portal.pages.referrer.typing import fields
from tests.portal.pages.test_returned import lose
from tests.referrals.api.calls import Caller, one
from tests.walks import act, draft, referral_at

pytestmark = pytest.mark.django_db
NEW = "new.physician@elsewhere.example"
ANSWERS = {
    "full_name": "Nadia Brook", "password": PASSWORD, "kind": "physician", "npi": "1558598797",
    "licence_number": "ME1", "licence_state": "FL", "practice_name": "Brook Family Medicine",
}  # fmt: skip
LINK = re.compile(r"/shared/[\w-]+/")


def invite(cast: Cast, row: Referral, email: str = NEW, by: str = "therapist") -> str:
    """The link in the mail."""
    page = reverse("referrals:share", args=[row.pk])
    answer = browser(cast, by).post(page, {"email": email, "patient_agrees": "on"})
    assert answer.status_code == 303, answer.content
    mail.outbox.clear()
    sending.send_waiting()
    (message,) = [m for m in mail.outbox if m.to == [email]]
    return LINK.search(str(message.body)).group(0)  # type: ignore[union-attr]


def joined(cast: Cast, row: Referral) -> User:
    """A physician of nowhere who took the invitation up."""
    link = invite(cast, row)
    assert Client().post(link, ANSWERS).status_code == 302
    return User.objects.get(email=NEW)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_mail_names_nobody(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    link = invite(cast, row)
    text = f"{mail.outbox[0].subject} {mail.outbox[0].body}"
    for word in ("Quintrell", "Marisol", row.reference, str(row.pk), "Therapist"):
        assert word not in text
    page = Client().get(link).content.decode()
    assert "Quintrell" not in page and row.reference not in page
    assert "Lakeside Family Medicine" in page


def test_a_new_physician_sees_this_referral_and_no_other(cast: Cast) -> None:
    row, other = draft(cast, by="therapist"), draft(cast, by="therapist")
    user = joined(cast, row)
    assert user.as_actor().seats == frozenset()
    client = signed_in(user)
    assert "Quintrell" in client.get(reverse("home")).content.decode()
    assert client.get(reverse("referrals:detail", args=[row.pk])).status_code == 200
    assert client.get(reverse("referrals:detail", args=[other.pk])).status_code == 404
    listed = Caller(user).get("referrals/").json()["results"]
    assert [r["id"] for r in listed] == [str(row.pk)]
    assert client.get(reverse("referrals:edit", args=[row.pk, "patient"])).status_code == 403
    assert client.get(reverse("referrals:new")).status_code == 403


def test_a_link_works_once_and_for_a_week(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    link = invite(cast, row)
    with clock.at(clock.now() + timedelta(days=8)):
        assert Client().get(link).status_code == 404
    assert Client().post(link, ANSWERS).status_code == 302
    assert Client().get(link).status_code == 404
    assert Client().post(link, ANSWERS).status_code == 404


def test_a_physician_of_another_practice_joins_with_her_own_sign_in(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    link = invite(cast, row, cast.stranger.email)
    assert Client().get(link)["Location"].startswith("/accounts/login/")
    assert browser(cast, "coordinator").get(link).status_code == 404
    client = browser(cast, "stranger")
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == reverse("referrals:detail", args=[row.pk])
    found = ClinicianInvitation.objects.get()
    assert (found.accepted_by, found.practice_name) == (
        cast.stranger, "Riverbend Internal Medicine",
    )  # fmt: skip


def test_she_completes_her_half_of_the_draft(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    client = signed_in(joined(cast, row))
    page = client.get(reverse("referrals:half", args=[row.pk]))
    text = page.content.decode()
    assert "Heart rate" in text and "PTSD" not in text.split('id="step-form"')[1]
    base = re.search(r'name="base" value="([^"]+)"', text).group(1)  # type: ignore[union-attr]
    typed = {"base": base, "go": "next", "medical-heart_rate": "71"}
    answer = client.post(reverse("referrals:half", args=[row.pk]), typed)
    assert answer.status_code == 302, answer.content
    sections = Referral.objects.get(pk=row.pk).content
    assert sections.medical["heart_rate"] == 71
    assert sections.patient["family_name"] == "Quintrell"


def test_she_amends_what_was_sent_under_her_own_name(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    user = joined(cast, row)
    act(row, Action.SUBMIT, cast.actor("therapist"))
    etag = f'"{Referral.objects.get(pk=row.pk).version}"'
    body = {"medical": {"heart_rate": 71}, "amendment_reason": "Measured today."}
    answer = Caller(user).patch(one(row), body, If_Match=etag)
    assert answer.status_code == 200, answer.content
    entry = Referral.objects.get(pk=row.pk).timeline.last()
    assert entry is not None
    assert (entry.action, entry.actor_name, entry.actor_role) == ("amend", "Nadia Brook", "ic")
    assert answer.json()["referring_clinician"]["name"] == "Therapist"
    assert ContentVersion.objects.filter(referral=row).latest("number").created_by == user
    event = Event.objects.filter(subject=row.pk, type__contains="amended").get()
    assert event.data["actor_kind"] == "rc"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"trauma": {"ptsd_status": "suspected"}}, "/trauma"),
        ({"consent": {"part2_source": "no"}}, "/consent"),
        ({"clinic": "winter-park"}, "/clinic"),
        ({"instruments": [{"instrument": "phq-9", "total": 3}]}, "/instruments/0/instrument"),
    ],
)
def test_the_other_half_stays_the_practices(body: dict[str, Any], pointer: str, cast: Cast) -> None:
    row = draft(cast, by="therapist")
    user = joined(cast, row)
    answer = Caller(user).patch(one(row), body, If_Match=f'"{row.version}"')
    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        (pointer, "not_your_half")
    ]


def test_her_scales_stand_beside_those_of_the_practice(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    user = joined(cast, row)
    before = [i["instrument"] for i in row.content.instruments]
    peg = {"instrument": "peg", "administered_on": clock.now().date().isoformat(),
           "items": [9, 9, 9]}  # fmt: skip
    answer = Caller(user).patch(one(row), {"instruments": [peg]}, If_Match=f'"{row.version}"')
    assert answer.status_code == 200, answer.content
    after = Referral.objects.get(pk=row.pk).content.instruments
    assert sorted(i["instrument"] for i in after) == sorted(before)
    assert next(i for i in after if i["instrument"] == "peg")["items"] == [9, 9, 9]


def offered_on(page: Any) -> set[str]:
    return set(re.findall(r'name="([a-z0-9-]+)-kept"', page.content.decode()))


def test_her_page_has_the_scales_that_are_hers(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    before = {i["instrument"]: i for i in row.content.instruments}
    client, url = signed_in(joined(cast, row)), reverse("referrals:half", args=[row.pk])
    page = client.get(url)
    assert offered_on(page) == half.SCALES
    ort = {"ort-total": "4", "ort-on": "01/05/2026"}
    typed = {**fields(page), **{f"peg-{n}": "8" for n in range(3)}, "peg-on": "01/05/2026", **ort}
    assert client.post(url, {**typed, "go": "next"}).status_code == 302
    after = {i["instrument"]: i for i in Referral.objects.get(pk=row.pk).content.instruments}
    assert after["peg"]["items"] == [8, 8, 8] and after["ort"]["total"] == 4
    assert {k: v for k, v in after.items() if k not in half.SCALES} == {
        k: v for k, v in before.items() if k not in half.SCALES
    }


def test_a_scale_of_hers_that_the_consent_closes_is_not_asked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = draft(cast, by="therapist")
    client, url = signed_in(joined(cast, row)), reverse("referrals:half", args=[row.pk])
    monkeypatch.setattr(half, "scales_open", lambda referral, by: frozenset({"peg"}))
    assert offered_on(client.get(url)) == {"peg"}


@pytest.mark.parametrize("button", ["clear", "another"])
def test_a_button_of_a_scale_keeps_what_she_typed(button: str, cast: Cast) -> None:
    row = draft(cast, by="therapist")
    client, url = signed_in(joined(cast, row)), reverse("referrals:half", args=[row.pk])
    typed = {**fields(client.get(url)), "medical-heart_rate": "71"}
    page = client.post(url, {**typed, button: "peg"})
    assert page.status_code == 200
    shown = fields(page)
    assert shown["medical-heart_rate"] == "71" and "peg-0" not in shown
    assert not (Referral.objects.get(pk=row.pk).content.medical or {}).get("heart_rate")


def test_what_a_lost_session_interrupted_is_on_her_page_again(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    browser(cast, "stranger").post(invite(cast, row, email=cast.stranger.email))
    url = reverse("referrals:half", args=[row.pk])
    typed = {**fields(browser(cast, "stranger").get(url)), "medical-heart_rate": "71"}
    page = lose(cast, "stranger", url, typed).get(url)
    assert fields(page)["medical-heart_rate"] == "71"
    assert "You were signed out while typing" in page.content.decode()


def test_no_move_is_hers(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    user = joined(cast, row)
    assert [m for m in MOVE_FOR.values() if Role.IC in m.roles] == []
    answer = Caller(user).post(one(row) + "submit/", {}, If_Match=f'"{row.version}"')
    assert answer.status_code == 403
    assert Caller(user).get(one(row)).json()["available_actions"] == []


def test_she_writes_on_the_plan_as_invited(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    user = joined(cast, row)
    answer = Caller(user).post(one(row) + "plan/", {"side": "pain", "text": "Taper slowly."})
    assert (answer.status_code, answer.json()["by_side"]) == (201, "invited")
    team = Caller(cast.therapist).get(one(row) + "plan/").json()["care_team"]
    assert {"Nadia Brook", "Therapist"} <= {m["name"] for m in team}


def test_taken_back_the_next_request_is_closed(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    user = joined(cast, row)
    shared = ClinicianInvitation.objects.get()
    client = signed_in(user)
    address = reverse("referrals:detail", args=[row.pk])
    assert client.get(address).status_code == 200
    taken = browser(cast, "therapist").post(reverse("referrals:unshare", args=[row.pk, shared.pk]))
    assert taken.status_code == 302
    assert client.get(address).status_code == 404
    assert Caller(user).get(one(row)).status_code == 404
    assert AccessEntry.objects.filter(verb="unshare", referral_id=row.pk).exists()


def test_an_invitation_taken_back_before_is_dead(cast: Cast) -> None:
    row = draft(cast, by="therapist")
    link = invite(cast, row)
    shared = ClinicianInvitation.objects.get()
    browser(cast, "therapist").post(reverse("referrals:unshare", args=[row.pk, shared.pk]))
    assert Client().post(link, ANSWERS).status_code == 404
    assert not User.objects.filter(email=NEW).exists()


def test_the_patient_is_asked_first_and_only_the_practice_invites(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    page = reverse("referrals:share", args=[row.pk])
    refused = browser(cast, "physician").post(page, {"email": NEW})
    assert refused.status_code == 400 and "Ask the patient first" in refused.content.decode()
    assert browser(cast, "coordinator").get(page).status_code == 403
    assert browser(cast, "stranger").get(page).status_code == 404
    assert not ClinicianInvitation.objects.exists()


def test_consent_closes_her_view_too(cast: Cast) -> None:
    row = draft(cast, by="therapist", medical={"heart_rate": 64})
    user = joined(cast, row)
    act(row, Action.SUBMIT, cast.actor("therapist"))
    act(row, Action.REVOKE_CONSENT, cast.actor("therapist"))
    found = Caller(user).get(one(row)).json()
    assert found["disclosure"]["open"] == []
    assert found["patient"]["family_name"] is None
