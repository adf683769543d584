"""Tell people: notices and mails written in the transaction of what they are about.

Nothing is sent here. If the transaction is undone, nobody hears of it; if it stands, each
person hears of it once in effect, whatever the mail server does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from integrations.errors import NoTransaction
from referrals import clock
from referrals.actors import SYSTEM, Actor
from referrals.models import Organisation
from referrals.models.notices import How, Mail, Notice, NotificationChoice
from referrals.notifications import people
from referrals.notifications.people import Parties
from referrals.notifications.table import KINDS, TOLD, Told

if TYPE_CHECKING:
    from referrals.models import Referral


def notify(
    what: str,
    referral: Referral | None,
    *,
    key: str,
    by: Actor = SYSTEM,
    named: Iterable[UUID] = (),
    clinic_id: UUID | None = None,
    link: str = "",
) -> int:
    """Tell whom the table's row `what` names; returns how many people were told.

    Call it inside the transaction of the occasion. `key` names the occasion: the same key
    tells nobody twice. `by` did it, and is not told. `named` are the people of a row that
    tells named ones. `link` is a path of this site; the referral's own page if it is empty.
    Without a referral, `clinic_id` says whose clinic's people are meant.
    """
    if not connection.in_atomic_block:
        raise NoTransaction("People are told in the transaction of what happened, or not at all")
    row = TOLD[what]
    parties = Parties.of(referral) if referral is not None else Parties(clinic_id=clinic_id)
    told, teams = people.told(row, parties, by=by, named=named)
    path = link or _page_of(referral)
    ways = _ways(row, told)
    _write_notices(row, referral, ways, key=key, link=path)
    _write_mails(row, ways, _with_mailbox(teams), key=key, link=path)
    return len(told)


def of_event(name: str, referral: Referral, *, by: Actor, key: str) -> None:
    """Tell of one event of the catalogue; an event without a row tells nobody."""
    if _is_danger(name, referral):
        name = "danger"
    if name in TOLD:
        named = {referral.reviewer_id} - {None} if name == "assigned" else set()
        notify(name, referral, key=key, by=by, named=named)  # type: ignore[arg-type]


def _is_danger(name: str, referral: Referral) -> bool:
    """Immediate danger is told in words of its own, to clinicians too."""
    return name in ("submitted", "priority_changed") and referral.priority == "p0"


def _page_of(referral: Referral | None) -> str:
    return f"/referrals/{referral.pk}/" if referral is not None else "/notifications/"


def _ways(row: Told, told: Iterable[UUID]) -> dict[UUID, str]:
    """How each person wants to hear of this kind."""
    info = KINDS[row.kind]
    ways = dict.fromkeys(told, info.how.value)
    if ways and not info.fixed:
        ways.update(
            NotificationChoice.objects.filter(user_id__in=ways, kind=row.kind).values_list(
                "user_id", "how"
            )
        )
    return ways


def _write_notices(
    row: Told, referral: Referral | None, ways: dict[UUID, str], *, key: str, link: str
) -> None:
    Notice.objects.bulk_create(
        [
            Notice(
                user_id=user_id, referral=referral, what=row.what, link=link, key=key, how=how,
                created_at=clock.now(),
            )
            for user_id, how in ways.items()
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _write_mails(
    row: Told, ways: dict[UUID, str], teams: Iterable[UUID], *, key: str, link: str
) -> None:
    at_once = [{"user_id": pk} for pk, how in ways.items() if how == How.AT_ONCE]
    to_teams = [{"organisation_id": pk} for pk in teams]
    now, urgent = clock.now(), KINDS[row.kind].fixed
    Mail.objects.bulk_create(
        [
            Mail(
                **to, what=row.what, link=link, key=f"{key}:{next(iter(to.values()))}",
                urgent=urgent, created_at=now, next_try_at=now,
            )
            for to in [*at_once, *to_teams]
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _with_mailbox(teams: set[UUID]) -> list[UUID]:
    if not teams:
        return []
    return list(
        Organisation.objects.filter(pk__in=teams, active=True)
        .exclude(team_email="")
        .values_list("pk", flat=True)
    )


def write_to(address: str, *, what: str, link: str, key: str) -> None:
    """A mail to somebody without a sign-in; `link` is a path that may hold a secret."""
    if not connection.in_atomic_block:
        raise NoTransaction("A mail is written in the transaction of its occasion, or not at all")
    now = clock.now()
    Mail.objects.bulk_create(
        [Mail(address=address, what=what, secret_link=link, key=key, created_at=now,
              next_try_at=now)],
        ignore_conflicts=True,
    )  # fmt: skip
