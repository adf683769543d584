"""Who works at an organization: roles given, changed and ended by its administrators.

Nobody changes their own roles, so nobody gives themselves a clinician's; an organization
never loses its last administrator. Whoever leaves their last organization is shut out of the
portal at once: sessions, tokens and open invitations end with the seats.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.forms import CLINICIAN_ROLES, INVITABLE
from portal.accounts.models import Invitation, PersonalToken, User
from referrals import access, clock
from referrals.actors import Actor, Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from referrals.models import ClinicianProfile, Membership, Organisation

DOOR = "portal"
LAST = "This is the last administrator. Make somebody else an administrator first."


def find(seat_id: int, *, by: Actor) -> Membership:
    """A seat, open or ended, at an organization that the actor administers."""
    own = [o.pk for o in invitations.administered_by(by)]
    if not own:
        raise Forbidden()
    rows = Membership.objects.filter(organisation_id__in=own)
    seat = rows.filter(pk=seat_id).select_related("user", "organisation").first()
    if seat is None:
        raise NotFound()
    return seat


def roles_of(seat: Membership) -> list[Membership]:
    """The open roles of the seat's person at the same organization."""
    open_ones = Membership.objects.in_force().filter(organisation=seat.organisation)
    return list(open_ones.filter(user_id=seat.user_id).order_by("role"))


def change(seat_id: int, *, roles: Collection[str], on_call: bool, by: Actor) -> None:
    """Give the person exactly these roles here. They hold from the next request on."""
    with transaction.atomic():
        seat = _locked(seat_id, by=by)
        _check(seat, roles, on_call)
        held = {row.role: row for row in roles_of(seat)}
        _keep_an_administrator(seat, ending=held.keys() - set(roles))
        _end([row for role, row in held.items() if role not in roles])
        for role in set(roles) - held.keys():
            Membership.objects.create(
                user_id=seat.user_id, organisation_id=seat.organisation_id, role=role
            )
        Membership.objects.filter(
            organisation=seat.organisation, user_id=seat.user_id, role=Role.CL,
            ended_at__isnull=True,
        ).update(on_call=on_call)  # fmt: skip
        _audit(seat, "roles", by=by, roles=roles)


def leave(seat_id: int, *, by: Actor) -> bool:
    """End everything of this person here; True where that shut them out of the portal."""
    with transaction.atomic():
        seat = _locked(seat_id, by=by)
        held = roles_of(seat)
        _keep_an_administrator(seat, ending={row.role for row in held})
        _end(held)
        _withdraw(seat)
        out = not Membership.objects.in_force().filter(user_id=seat.user_id).exists()
        if out:
            _shut_out(seat.user)
        for session in UserSession.objects.filter(user_id=seat.user_id):
            session.end()
        _audit(seat, "leave", by=by, roles=[row.role for row in held])
    return out


def let_back(seat_id: int, *, by: Actor) -> None:
    """Undo the shutting out of somebody whose only past is here; the roles are given anew."""
    with transaction.atomic():
        seat = _locked(seat_id, by=by)
        elsewhere = Membership.objects.filter(user_id=seat.user_id).exclude(
            organisation=seat.organisation
        )
        if seat.user.is_active or elsewhere.exists():
            raise Conflict("This person was not shut out here. Invite them instead.")
        User.objects.filter(pk=seat.user_id).update(is_active=True)
        _audit(seat, "let_back", by=by, roles=[])


def _locked(seat_id: int, *, by: Actor) -> Membership:
    """The seat, with its organization's row locked: two administrators wait for each other."""
    seat = find(seat_id, by=by)
    if seat.user_id == by.user_id:
        raise Forbidden(invitations.OWN)
    assert seat.organisation_id is not None  # found among the organisations of an administrator
    Organisation.objects.select_for_update().only("pk").get(pk=seat.organisation_id)
    return find(seat_id, by=by)


def _check(seat: Membership, roles: Collection[str], on_call: bool) -> None:
    assert seat.organisation is not None  # administered ones have one
    known = {role.value for role in INVITABLE[seat.organisation.kind]}
    if not roles or not set(roles) <= known:
        raise Invalid(errors=[FieldError("/roles", "roles", "Choose at least one of the roles.")])
    clinical = {role.value for role in CLINICIAN_ROLES}
    if set(roles) & clinical and not ClinicianProfile.objects.filter(user_id=seat.user_id).exists():
        words = "A clinician's license is not on record. Send an invitation with this role instead."
        raise Invalid(errors=[FieldError("/roles", "no_profile", words)])
    if on_call and Role.CL.value not in roles:
        words = "Only a clinic clinician is on call."
        raise Invalid(errors=[FieldError("/on_call", "role", words)])
    if not seat.user.is_active:
        raise Conflict("This person is shut out. Let them back in first.")


def _keep_an_administrator(seat: Membership, *, ending: Collection[str]) -> None:
    assert seat.organisation is not None
    role = invitations.INVITERS[seat.organisation.kind]
    if role not in ending:
        return
    others = Membership.objects.in_force().filter(
        organisation=seat.organisation, role=role, user__is_active=True
    )
    if not others.exclude(user_id=seat.user_id).exists():
        raise Conflict(LAST)


def _end(rows: Collection[Membership]) -> None:
    Membership.objects.filter(pk__in=[row.pk for row in rows]).update(
        ended_at=clock.now(), on_call=False
    )


def _withdraw(seat: Membership) -> None:
    """Open invitations of this address here, so that an old link brings nobody back."""
    here = Invitation.objects.open(at=timezone.now()).filter(
        email=seat.user.email, organisation_id=seat.organisation_id
    )
    here.update(revoked_at=timezone.now())


def _shut_out(user: User) -> None:
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(is_active=False)
    PersonalToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    Invitation.objects.open(at=now).filter(email=user.email).update(revoked_at=now)


def _audit(seat: Membership, action: str, *, by: Actor, roles: Collection[str]) -> None:
    access.record(
        by=by, verb="people", referral_id=None, door=DOOR, organisation_id=seat.organisation_id,
        detail={"action": action, "id": str(seat.user_id), "sections": sorted(set(roles))},
    )  # fmt: skip


def organisations_of(user_id: UUID) -> int:
    """At how many organizations the person works: what ending here leaves."""
    seats = Membership.objects.in_force().filter(user_id=user_id, organisation__isnull=False)
    return seats.values("organisation").distinct().count()
