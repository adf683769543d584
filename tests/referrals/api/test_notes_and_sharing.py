"""Interim notes, notes on safety flags, and invitations of another clinician, by API."""

from __future__ import annotations

import pytest
from django.urls import reverse

from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import ClinicianInvitation, Mail, Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.api.calls import Caller, one, partner_caller
from tests.walks import act, draft, inputs, referral_at

NOTE, SAID = "Slept six hours", "Blood pressure was repeated"
INVITED = {"email": "new.physician@elsewhere.example", "patient_agrees": True}


def in_care(cast: Cast) -> Referral:
    row = referral_at(State.IN_REVIEW, cast, medical={"k03": "yes"})
    flags = Caller(cast.clinician).get(one(row)).json()["assessment"]["flags"]
    for flag in (f for f in flags if f["level"] == "R"):
        act(row, Action.REVIEW_FLAG, cast.actor("clinician"), {"rule": flag["rule"], "note": SAID})
    act(row, Action.ACCEPT, cast.actor("clinician"), inputs(Action.ACCEPT, cast))
    act(row, Action.START_CARE, cast.actor("clinician"))
    act(row, Action.ADD_INTERIM_NOTE, cast.actor("clinician"), {"note": NOTE})
    return Referral.objects.get(pk=row.pk)


def test_both_sides_read_the_interim_notes(cast: Cast) -> None:
    row = in_care(cast)
    people = [Caller(getattr(cast, part)) for part in ("physician", "delegate", "coordinator")]
    for caller in (*people, partner_caller(cast)):
        (note,) = caller.get(one(row, "notes/")).json()["results"]
        assert (note["note"], note["by"]) == (NOTE, "Clinician")
    assert Caller(cast.stranger).get(one(row, "notes/")).status_code == 404
    assert AccessEntry.objects.filter(verb="read", door="api", referral_id=row.pk).exists()


def test_interim_notes_close_with_the_consent(cast: Cast) -> None:
    from tests.referrals.consent.test_sharing import joined

    row = in_care(cast)
    invited = Caller(joined(cast, row))
    assert NOTE in invited.get(one(row, "notes/")).content.decode()
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "mental_health"})
    assert invited.get(one(row, "notes/")).json() == {"results": []}
    assert NOTE in Caller(cast.clinician).get(one(row, "notes/")).content.decode()
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
    assert NOTE not in Caller(cast.clinician).get(one(row, "notes/")).content.decode()


def test_notes_on_flags_are_for_the_clinics_licensed_people(cast: Cast) -> None:
    row = in_care(cast)
    for caller in (Caller(cast.clinician), partner_caller(cast)):
        found = caller.get(one(row, "flag-reviews/")).json()["results"]
        assert {review["note"] for review in found} == {SAID}
        assert {review["by"]["name"] for review in found} == {"Clinician"}
    for part in ("physician", "delegate", "coordinator"):
        found = Caller(getattr(cast, part)).get(one(row, "flag-reviews/")).json()
        assert found == {"results": []}, part
    page = browser(cast, "coordinator").get(reverse("referrals:detail", args=[row.pk]))
    assert SAID not in page.content.decode()


def test_a_note_on_a_flag_closes_with_what_raised_it(cast: Cast) -> None:
    row = in_care(cast)
    rules = {
        review["rule"]
        for review in Caller(cast.clinician).get(one(row, "flag-reviews/")).json()["results"]
    }
    assert "K-03" in rules
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"), {"scope": "mental_health"})
    left = Caller(cast.clinician).get(one(row, "flag-reviews/")).json()["results"]
    assert "K-03" not in {review["rule"] for review in left}


# --- Inviting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["physician", "delegate"])
def test_the_practice_invites_lists_and_takes_back(part: str, cast: Cast) -> None:
    row = draft(cast)
    caller = Caller(getattr(cast, part))
    made = caller.post(one(row, "invitations/"), INVITED)
    assert made.status_code == 201, made.content
    assert (made.json()["status"], made.json()["clinician"]) == ("invited", None)
    found = ClinicianInvitation.objects.get()
    assert found.token_hash not in made.content.decode()
    assert Mail.objects.filter(what="invitation").count() == 1
    address = one(row, f"invitations/{found.pk}/")
    gone = caller.call("DELETE", address)
    assert (gone.status_code, gone.content) == (204, b"")
    assert caller.call("DELETE", address).status_code == 404
    (listed,) = caller.get(one(row, "invitations/")).json()["results"]
    assert (listed["id"], listed["status"]) == (str(found.pk), "taken_back")
    verbs = AccessEntry.objects.filter(door="api", referral_id=row.pk)
    assert {"share", "unshare"} <= set(verbs.values_list("verb", flat=True))


def test_the_same_key_invites_once(cast: Cast) -> None:
    row = draft(cast)
    caller = Caller(cast.physician)
    answers = [
        caller.post(one(row, "invitations/"), INVITED, Idempotency_Key="once-and-no-more")
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert ClinicianInvitation.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({**INVITED, "patient_agrees": False}, "/patient_agrees", "patient_must_agree"),
        ({**INVITED, "email": "nobody"}, "/email", "invalid"),
        ({}, "/email", "required"),
    ],
)
def test_what_is_wrong_is_named(
    body: dict[str, object], pointer: str, code: str, cast: Cast
) -> None:
    answer = Caller(cast.physician).post(one(draft(cast), "invitations/"), body)
    assert answer.status_code == 400
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in answer.json()["errors"]]
    assert not ClinicianInvitation.objects.exists()


def test_an_invitation_of_another_referral_is_not_taken_back(cast: Cast) -> None:
    mine, other = draft(cast), draft(cast)
    made = Caller(cast.physician).post(one(other, "invitations/"), INVITED).json()
    answer = Caller(cast.physician).call("DELETE", one(mine, f"invitations/{made['id']}/"))
    assert answer.status_code == 404
    assert ClinicianInvitation.objects.get().revoked_at is None
