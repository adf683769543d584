"""Reference data and the caller: reasons, services, instruments, clinics, me."""

from __future__ import annotations

import dataclasses

from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from referrals import coding, loaded_codes, reasons
from referrals.actors import ROLE_LABELS, ActorKind, Role
from referrals.api import bodies
from referrals.api.base import TandemView
from referrals.instruments import INSTRUMENTS, Instrument
from referrals.models import Organisation, Service
from referrals.strict import StrictSerializer, Text, checked


class Me(TandemView):
    """Who I am, my roles and organisations."""

    def get(self, request: Request) -> HttpResponse:
        actor = self.actor
        ids = {seat.organisation_id for seat in actor.seats if seat.organisation_id}
        organisations = Organisation.objects.filter(pk__in=ids).order_by("name")
        return self.answer(
            {
                "kind": actor.kind.value,
                "id": actor.user_id if actor.kind is ActorKind.PERSON else None,
                "name": actor.name,
                "email": getattr(request.user, "email", None),
                "partner": actor.partner_slug,
                "scopes": sorted(actor.scopes),
                "installation_roles": _roles(actor.roles_at(None)),
                "organisations": [
                    {"id": o.pk, "kind": o.kind, "slug": o.slug, "name": o.name,
                     "roles": _roles(actor.roles_at(o.pk))}
                    for o in organisations
                ],
            }
        )  # fmt: skip


def _roles(roles: frozenset[Role]) -> list[dict[str, str]]:
    return [{"code": r.value, "label": ROLE_LABELS[r]} for r in sorted(roles)]


class Reasons(TandemView):
    """The coded reasons in force today."""

    def get(self, request: Request) -> HttpResponse:
        ids = self.actor.organisations(Role.CO, Role.CL, Role.CA, Role.PS)
        own = list(Organisation.objects.filter(pk__in=ids))
        found = reasons.in_force_at(own[0] if len(own) == 1 else None).filter(
            Q(clinic__isnull=True) | Q(clinic__in=own)
        )
        return self.answer(
            {
                "results": [
                    {"kind": r.kind, "code": r.code, "label": r.label, "roles": r.roles,
                     "reason_class": r.reason_class, "comment_mandatory": r.comment_mandatory,
                     "valid_from": r.valid_from, "valid_to": r.valid_to}
                    for r in found
                ]
            }
        )  # fmt: skip


class Clinics(TandemView):
    def get(self, request: Request) -> HttpResponse:
        found = Organisation.objects.filter(kind="clinic", active=True).order_by("name")
        return self.answer(
            {
                "results": [
                    {"slug": c.slug, "name": c.name, "phone": c.phone, "state": c.state,
                     "time_zone": c.time_zone}
                    for c in found
                ]
            }
        )  # fmt: skip


class Services(TandemView):
    def get(self, request: Request) -> HttpResponse:
        found = Service.objects.filter(active=True, clinic__active=True).select_related("clinic")
        return self.answer(
            {
                "results": [
                    {"clinic": s.clinic.slug, "code": s.code, "name": s.name}
                    for s in found.order_by("clinic__slug", "code")
                ]
            }
        )


class Instruments(TandemView):
    """The instruments that can be recorded, with their topics; never their wording."""

    def get(self, request: Request) -> HttpResponse:
        return self.answer({"results": [_instrument(i) for i in INSTRUMENTS.values()]})


def _instrument(one: Instrument) -> dict[str, object]:
    return {**dataclasses.asdict(one), "accepts": sorted(one.accepts)}


class CodeSearch(StrictSerializer):
    """What is looked for: the beginning of a code, or words of its name."""

    q = Text(min_length=2, max_length=80)


class Codes(TandemView):
    """ICD-10-CM codes by code or by words; what is typed stays out of addresses and logs."""

    write_scope = TandemView.read_scope

    def post(self, request: Request) -> HttpResponse:
        bodies.check_type_and_size(request)
        asked = checked(CodeSearch(data=self.body()))
        release = loaded_codes.current()
        found = coding.find(release, asked["q"])
        return self.answer(
            {
                "release": release.name,
                "part_of_release": release.part,
                "results": [dataclasses.asdict(one) for one in found],
            }
        )
