"""What administrators do leaves an entry that says who, where and what, and no address."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from portal.accounts import invitations
from referrals.access.models import AccessEntry
from referrals.models import Mail
from referrals.notifications import reading
from referrals.operations import clock_settings, saved_filters
from tests.cast import Cast

ADDRESS = "new-colleague@tests.example"


def invite(cast: Cast) -> invitations.Invitation:
    return invitations.send(
        by=cast.actor("clinic_admin"), organisation=cast.clinic, email=ADDRESS, roles=["co"]
    )


def withdraw(cast: Cast) -> None:
    invitations.revoke(by=cast.actor("clinic_admin"), invitation_id=invite(cast).pk)


def accept(cast: Cast) -> None:
    invite(cast)
    link = Mail.objects.get(what="invitation").secret_link
    found = invitations.find(link.strip("/").split("/")[-1])
    assert found
    invitations.accept(found, data={"password": "a long enough phrase", "full_name": "New One"})


def clocks(cast: Cast) -> None:
    clock_settings.change(cast.clinic.pk, by=cast.actor("clinic_admin"), data={"outcome_days": 7})


def team(cast: Cast) -> None:
    reading.set_team_address(cast.clinic.pk, by=cast.actor("clinic_admin"), address=ADDRESS)


def keep(cast: Cast) -> None:
    by = cast.actor("coordinator")
    row = saved_filters.save(cast.clinic.pk, by=by, name="Urgent", query="priority=p1")
    saved_filters.remove(cast.clinic.pk, row.pk, by=by)


@pytest.mark.parametrize(
    ("act", "verb", "actions"),
    [
        (invite, "people", ["invite"]),
        (withdraw, "people", ["invite", "withdraw_invitation"]),
        (accept, "people", ["invite", "join"]),
        (clocks, "settings", ["clocks"]),
        (team, "settings", ["team_address"]),
        (keep, "settings", ["save_filter", "remove_filter"]),
    ],
)
def test_each_act_is_an_entry(
    cast: Cast, act: Callable[[Cast], object], verb: str, actions: list[str]
) -> None:
    act(cast)
    entries = list(AccessEntry.objects.order_by("pk"))
    assert [json.loads(e.detail)["action"] for e in entries] == actions
    assert {(e.verb, e.organisation_id) for e in entries} == {(verb, cast.clinic.pk)}
    assert all(e.user_id for e in entries)
    assert ADDRESS not in "".join(e.detail for e in entries)
