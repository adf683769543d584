"""Who acts: a person, a partner's system or the portal's own timers, with their roles.

The roles are those of the lifecycle table. An actor is a snapshot, read afresh for each
request, so that a right taken away is gone at the next click.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class Role(StrEnum):
    """The roles of the lifecycle table."""

    RC = "rc"
    RD = "rd"
    PA = "pa"
    CO = "co"
    CL = "cl"
    CA = "ca"
    PS = "ps"
    PO = "po"
    SY = "sy"
    IC = "ic"


ROLE_LABELS: dict[Role, str] = {
    Role.RC: "Referring clinician",
    Role.RD: "Delegate",
    Role.PA: "Practice administrator",
    Role.CO: "Coordinator",
    Role.CL: "Clinic clinician",
    Role.CA: "Clinic administrator",
    Role.PS: "Partner system",
    Role.PO: "Privacy officer",
    Role.SY: "Automatic",
    Role.IC: "Invited clinician",
}
PRACTICE_ROLES = frozenset({Role.RC, Role.RD, Role.PA})
CLINIC_ROLES = frozenset({Role.CO, Role.CL, Role.CA, Role.PS})
# Roles that come with something else than a seat at an organisation.
SEATLESS_ROLES = frozenset({Role.PS, Role.SY, Role.IC})


class ActorKind(StrEnum):
    PERSON = "person"
    PARTNER = "partner"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Seat:
    """One role at one organisation; the privacy officer's seat has no organisation."""

    organisation_id: UUID | None
    role: Role


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    name: str
    user_id: UUID | None = None
    seats: frozenset[Seat] = frozenset()
    partner_slug: str | None = None
    scopes: frozenset[str] = frozenset()
    # Referrals of others to which this clinician was invited.
    shared: frozenset[UUID] = frozenset()

    def roles_at(self, organisation_id: UUID | None) -> frozenset[Role]:
        return frozenset(s.role for s in self.seats if s.organisation_id == organisation_id)

    def organisations(self, *roles: Role) -> frozenset[UUID]:
        return frozenset(
            s.organisation_id for s in self.seats if s.role in roles and s.organisation_id
        )

    def has(self, role: Role) -> bool:
        return any(s.role == role for s in self.seats)

    @property
    def person(self) -> UUID:
        """The person's id; ValueError for a partner or a timer, who are none."""
        if self.user_id is None:
            raise ValueError("Only a person can do this.")
        return self.user_id

    def __repr__(self) -> str:
        return f"<Actor {self.kind} {self.user_id or self.partner_slug or ''}>"


SYSTEM = Actor(kind=ActorKind.SYSTEM, name="Tandem", seats=frozenset({Seat(None, Role.SY)}))
NOBODY = Actor(kind=ActorKind.PERSON, name="")


def actor_for(user: AbstractBaseUser) -> Actor:
    """The person's roles as they stand now; an inactive person has none."""
    from referrals.models import ClinicianInvitation, Membership

    if not user.is_active:
        return NOBODY
    seats = frozenset(
        Seat(organisation_id, Role(role))
        for organisation_id, role in Membership.objects.in_force()
        .filter(user_id=user.pk)
        .values_list("organisation_id", "role")
    )
    return Actor(
        kind=ActorKind.PERSON,
        name=str(getattr(user, "full_name", "")),
        user_id=user.pk,
        seats=seats,
        shared=frozenset(
            ClinicianInvitation.objects.in_force()
            .filter(accepted_by_id=user.pk)
            .values_list("referral_id", flat=True)
        ),
    )


def actor_for_partner(*, slug: str, clinic_id: UUID, scopes: frozenset[str]) -> Actor:
    """The actor of a partner's system: one seat, at its clinic, with the scopes of its token."""
    return Actor(
        kind=ActorKind.PARTNER,
        name=slug,
        seats=frozenset({Seat(clinic_id, Role.PS)}),
        partner_slug=slug,
        scopes=scopes,
    )
