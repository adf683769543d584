"""Who is meant: the groups of the table as people who work there today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from referrals.actors import Actor, Role
from referrals.models import Membership
from referrals.notifications.table import ROLES, Told, Whom

if TYPE_CHECKING:
    from referrals.models import Referral


class Seated(NamedTuple):
    user_id: UUID
    organisation_id: UUID | None
    role: str
    on_call: bool


@dataclass(frozen=True, slots=True)
class Parties:
    """The two organizations that an occasion concerns, and who wrote and who reads."""

    practice_id: UUID | None = None
    clinic_id: UUID | None = None
    authors: frozenset[UUID | None] = frozenset()
    reviewer_id: UUID | None = None

    @classmethod
    def of(cls, referral: Referral) -> Parties:
        written_by = {
            referral.referring_clinician_id, referral.created_by_id, referral.submitted_by_id
        }  # fmt: skip
        return cls(
            referral.practice_id, referral.clinic_id, frozenset(written_by), referral.reviewer_id
        )

    def team_of(self, whom: Whom) -> UUID | None:
        return self.practice_id if whom is Whom.PRACTICE else self.clinic_id


def told(
    row: Told, parties: Parties, *, by: Actor, named: Iterable[UUID]
) -> tuple[set[UUID], set[UUID]]:
    """(people, organizations whose team is written to) of one occasion.

    Whoever did it is not told of it; whoever has left, or may not sign in, neither.
    """
    named = frozenset(named)
    seats = _seats(row, parties, named)
    meant = [side for whom in row.to for side in _sides(whom, parties, by)]
    people: set[UUID] = set()
    for whom in meant:
        people |= _group(whom, seats, parties)
    teams = {parties.team_of(whom) for whom in meant} if row.mailbox else set()
    return people - {by.user_id}, {team for team in teams if team is not None}


def _seats(row: Told, parties: Parties, named: frozenset[UUID]) -> list[Seated]:
    """The seats in force that can matter, of people who may sign in."""
    found = Membership.objects.in_force().filter(user__is_active=True)
    if Whom.PRIVACY in row.to:
        found = found.filter(role=Role.PO)
    elif Whom.NAMED in row.to:
        found = found.filter(user_id__in=named)
    else:
        sides = [pk for pk in (parties.practice_id, parties.clinic_id) if pk is not None]
        found = found.filter(organisation_id__in=sides)
    columns = ("user_id", "organisation_id", "role", "on_call")
    return [Seated(*seat) for seat in found.values_list(*columns)]


def _sides(whom: Whom, parties: Parties, by: Actor) -> list[Whom]:
    """`OTHER_SIDE` as one of the two; both, where neither did it."""
    if whom is not Whom.OTHER_SIDE:
        return [whom]
    if by.roles_at(parties.practice_id) & ROLES[Whom.PRACTICE]:
        return [Whom.REVIEWER]
    if by.roles_at(parties.clinic_id):
        return [Whom.PRACTICE]
    return [Whom.PRACTICE, Whom.REVIEWER]


def _group(whom: Whom, seats: list[Seated], parties: Parties) -> set[UUID]:
    if whom in (Whom.NAMED, Whom.PRIVACY):
        return {seat.user_id for seat in seats}
    if whom is Whom.PRACTICE:
        return _at(seats, parties.practice_id, whom) & parties.authors
    if whom is Whom.REVIEWER:
        own = _at(seats, parties.clinic_id, whom) & {parties.reviewer_id}
        return own or _at(seats, parties.clinic_id, Whom.COORDINATORS)
    if whom is Whom.ON_CALL:
        on_call = {s.user_id for s in seats if s.on_call} & _at(seats, parties.clinic_id, whom)
        return on_call or _at(seats, parties.clinic_id, Whom.CLINICIANS)
    return _at(seats, parties.clinic_id, whom)


def _at(seats: list[Seated], organisation_id: UUID | None, whom: Whom) -> set[UUID]:
    return {
        s.user_id for s in seats if s.organisation_id == organisation_id and s.role in ROLES[whom]
    }
