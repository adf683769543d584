"""The calendar file of one appointment, for the practice or for the patient."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.links import absolute
from portal.pages.doorway import actor_of, person_page
from portal.presenters import calendar_file
from referrals import access, disclosure, errors, permissions
from referrals.actors import Actor, Role
from referrals.models import Appointment, Referral
from referrals.operations import records


@require_safe
@person_page
def download(
    request: HttpRequest, referral_id: UUID, appointment_id: UUID, reader: str
) -> HttpResponse:
    """404 for what is not there, is over, or was closed by the patient; logged as a download."""
    actor = actor_of(request)
    with transaction.atomic():
        referral = records.find(referral_id, by=actor)
        appointment = _appointment(referral, appointment_id, actor)
        if reader not in calendar_file.READERS:
            raise errors.NotFound()
        access.record(
            by=actor, verb="download", referral_id=referral.pk, door="portal",
            detail={"kind": "appointment", "id": str(appointment.pk), "format": "ics",
                    "to": reader},
        )  # fmt: skip
    link = absolute("referrals:detail", referral.pk)
    body = calendar_file.build(referral, appointment, reader=reader, link=link)
    name = calendar_file.file_name(appointment, appointment.start)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)


def _appointment(referral: Referral, appointment_id: UUID, actor: Actor) -> Appointment:
    if not permissions.roles_on(referral, actor) - {Role.PO}:
        raise errors.Forbidden()
    found = referral.appointments.filter(pk=appointment_id).first()
    if found is None or not calendar_file.is_offered(found):
        raise errors.NotFound()
    if disclosure.is_closed_to(referral, actor):
        raise errors.NotFound()
    return found
