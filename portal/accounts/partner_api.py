"""`/api/v1/partners/`: the partners of the clinics that the caller administers.

A token cannot make or change a partner: only a session can, as with tokens.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.idp.oidc.models import Client
from django.db.models import QuerySet
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations import registry
from integrations.models import Partner
from portal.accounts import partners
from portal.accounts.token_api import IsPersonInSession
from portal.presenters.partners import Figures, figures
from referrals.actors import Actor, Role
from referrals.errors import FieldError, Invalid
from referrals.models import Organisation
from referrals.operations import partner_systems

PAGE = 200


class FiguresSerializer(serializers.Serializer[Any]):
    waiting = serializers.IntegerField(help_text="Deliveries that wait to be sent.")
    oldest_waiting_seconds = serializers.IntegerField(allow_null=True)
    parked = serializers.IntegerField(help_text="Deliveries that need a person.")
    dead_letters = serializers.IntegerField(help_text="As last counted at the broker.")
    commands_waiting = serializers.IntegerField()
    commands_done = serializers.IntegerField()
    commands_rejected = serializers.IntegerField()
    commands_parked = serializers.IntegerField()


class PartnerSerializer(serializers.ModelSerializer[Partner]):
    clinic = serializers.SerializerMethodField(help_text="The clinic's slug.")
    scopes = serializers.SerializerMethodField()
    figures = serializers.SerializerMethodField()

    class Meta:
        model = Partner
        fields = [
            "id", "slug", "name", "clinic", "client_id", "scopes", "events", "active", "paused",
            "created_at", "figures",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField)
    def get_clinic(self, partner: Partner) -> str:
        return self.context["clinics"].get(partner.scope_key, "")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_scopes(self, partner: Partner) -> list[str]:
        return self.context["scopes"].get(partner.client_id, [])

    @extend_schema_field(FiguresSerializer)
    def get_figures(self, partner: Partner) -> dict[str, Any]:
        found: Figures = self.context["figures"][partner.pk]
        age = (timezone.now() - found.oldest).total_seconds() if found.oldest else None
        return {
            "waiting": found.waiting,
            "oldest_waiting_seconds": None if age is None else max(0, int(age)),
            "parked": found.parked,
            "dead_letters": partner.dead_letters,
            **{
                f"commands_{name}": found.inbox.get(name, 0)
                for name in ("waiting", "done", "rejected", "parked")
            },
        }


class PartnerCreatedSerializer(PartnerSerializer):
    secret = serializers.CharField(help_text="Shown in this answer and never again.")

    class Meta(PartnerSerializer.Meta):
        fields = [*PartnerSerializer.Meta.fields, "secret"]


class PartnerListSerializer(serializers.Serializer[Any]):
    results = PartnerSerializer(many=True)


class _Strict(serializers.Serializer[Any]):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(dict.fromkeys(unknown, "Unknown field."))
        return attrs


def _events() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=61), required=False, max_length=100,
        help_text="Names of events; empty means every event.",
    )  # fmt: skip


class NewPartnerSerializer(_Strict):
    clinic = serializers.CharField(max_length=60, help_text="The slug of a clinic of yours.")
    slug = serializers.CharField(max_length=50)
    name = serializers.CharField(max_length=120)
    events = _events()
    scopes = serializers.MultipleChoiceField(choices=partners.SCOPES, required=False)


class ChangePartnerSerializer(_Strict):
    events = _events()
    paused = serializers.BooleanField(required=False)
    active = serializers.BooleanField(required=False)


def _actor(request: Request) -> Actor:
    actor: Actor = request.user.as_actor()  # type: ignore[union-attr]
    return actor


def _shown(rows: list[Partner]) -> list[dict[str, Any]]:
    """In the same number of statements however many there are."""
    clinics = Organisation.objects.filter(pk__in={partner.scope_key for partner in rows})
    clients = Client.objects.filter(pk__in={partner.client_id for partner in rows})
    context = {
        "clinics": dict(clinics.values_list("pk", "slug")),
        "scopes": {client.pk: sorted(client.get_scopes()) for client in clients},
        "figures": figures(rows),
    }
    return [dict(PartnerSerializer(partner, context=context).data) for partner in rows]


def _clinic(slug: str, actor: Actor) -> UUID:
    mine: QuerySet[Organisation] = Organisation.objects.filter(
        pk__in=actor.organisations(Role.CA), slug=slug
    )
    clinic = mine.first()
    if clinic is None:
        detail = "This is no clinic that you administer."
        raise Invalid(errors=[FieldError("/clinic", "unknown", detail)])
    return clinic.pk


class PartnersView(APIView):
    permission_classes = [IsPersonInSession]

    @extend_schema(
        operation_id="partners_list", tags=["partners"], summary="Partners of my clinics",
        responses=PartnerListSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Of the clinics that I administer, by their short names."""
        rows = list(partner_systems.visible(by=_actor(request)).order_by("slug")[:PAGE])
        return Response({"results": _shown(rows)})

    @extend_schema(
        operation_id="partners_create", tags=["partners"], summary="Make a partner",
        request=NewPartnerSerializer, responses={201: PartnerCreatedSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """A new partner of a clinic of mine; its secret is in this answer and nowhere else."""
        actor = _actor(request)
        partner_systems.visible(by=actor)
        wanted = NewPartnerSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        partner, secret = partners.create(
            by=actor, door="api", clinic_id=_clinic(data["clinic"], actor), slug=data["slug"],
            name=data["name"], events=data.get("events", []),
            scopes=sorted(data.get("scopes") or partners.SCOPES),
        )  # fmt: skip
        where = request.build_absolute_uri(f"{request.path}{partner.pk}/")
        body = {**_shown([partner])[0], "secret": secret}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": where})


class PartnerView(APIView):
    permission_classes = [IsPersonInSession]

    @extend_schema(
        operation_id="partners_retrieve", tags=["partners"], summary="One partner",
        responses=PartnerSerializer,
    )  # fmt: skip
    def get(self, request: Request, partner_id: UUID) -> Response:
        """One partner of a clinic of mine, with its figures."""
        return Response(_shown([partner_systems.find(partner_id, by=_actor(request))])[0])

    @extend_schema(
        operation_id="partners_change", tags=["partners"], summary="Change a partner",
        request=ChangePartnerSerializer, responses=PartnerSerializer,
    )  # fmt: skip
    def patch(self, request: Request, partner_id: UUID) -> Response:
        """Choose its events, pause it, switch it off; what counts is what happens from now on."""
        actor = _actor(request)
        partner = partner_systems.find(partner_id, by=actor)
        wanted = ChangePartnerSerializer(data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        _change(partner, wanted.validated_data, actor)
        return Response(_shown([partner_systems.find(partner_id, by=actor)])[0])


class PartnerSecretView(APIView):
    permission_classes = [IsPersonInSession]

    @extend_schema(
        operation_id="partners_renew_secret", tags=["partners"], summary="A new secret",
        request=None, responses=PartnerCreatedSerializer,
    )  # fmt: skip
    def post(self, request: Request, partner_id: UUID) -> Response:
        """In this answer and nowhere else; tokens given under the old one end at once."""
        actor = _actor(request)
        partner = partner_systems.find(partner_id, by=actor)
        secret = partners.renew(partner, by=actor, door="api")
        return Response({**_shown([partner])[0], "secret": secret})


def _change(partner: Partner, data: dict[str, Any], actor: Actor) -> None:
    names = {"paused": ("resume", "pause"), "active": ("deactivate", "activate")}
    if unknown := set(data.get("events", [])) - set(registry.registered()):
        detail = f"There is no such event: {len(unknown)} of these."
        raise Invalid(errors=[FieldError("/events", "unknown", detail)])
    for field, acts in names.items():
        if field in data and data[field] != getattr(partner, field):
            partner_systems.switch(partner, acts[data[field]], by=actor, door="api")
    if "events" in data:
        partner_systems.choose_events(partner, data["events"], by=actor, door="api")


# For the API's own list, under api/v1/.
urlpatterns: list[URLPattern] = [
    path("partners/", PartnersView.as_view(), name="api-partners"),
    path("partners/<uuid:partner_id>/", PartnerView.as_view(), name="api-partner"),
    path(
        "partners/<uuid:partner_id>/renew-secret/",
        PartnerSecretView.as_view(),
        name="api-partner-secret",
    ),
]
